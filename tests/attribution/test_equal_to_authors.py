"""Scores against what the authors' own programs answered, for a random BERT of 4 layers and four texts.

`parity/` has the model and the answers, no code: Kobayashi's norms, GlobEnc's layer matrices and
rollout, ALTI, value zeroing and DecompX. Theirs ran text by text in single precision; ours run as one
padded batch. Differences are relative to the largest number of an array: theirs of value zeroing, 1 -
cos in single precision, are good to some 4e-5.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertForSequenceClassification

from tests.helpers.toys import toy_tokenizer, window
from workbench.attribution.engine.block import Block
from workbench.attribution.engine.observers import Observer
from workbench.attribution.engine.task import Task
from workbench.attribution.options import Options
from workbench.attribution.run import score_windows
from workbench.attribution.scorers.decomposition.alti import Alti
from workbench.attribution.scorers.decomposition.attention_norms import ResidualNorms, ValueNorms
from workbench.attribution.scorers.decomposition.globenc import encoder_norms
from workbench.attribution.scorers.decomposition.value_zeroing import zeroing
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy

FOLDER = Path(__file__).parent / "parity"
CLASSES = ("LABEL_0", "LABEL_1", "LABEL_2")
LAYERS, TEXTS = range(4), range(4)
MATRICES: dict[str, Callable[[Block], torch.Tensor]] = {
    "value_norms": ValueNorms().norms, "residual_norms": ResidualNorms().norms,
    "encoder_norms": encoder_norms, "alti": Alti().mixing, "vz": zeroing,
}  # fmt: skip


@cache
def authors() -> dict[str, np.ndarray]:
    with np.load(FOLDER / "expected.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def of_text(name: str, text: int) -> np.ndarray:
    """(layers, N, N), however the file has it."""
    arrays = authors()
    if f"{name}_{text}" in arrays:
        return arrays[f"{name}_{text}"]
    return np.stack([arrays[f"{name}_{text}_{layer}"] for layer in LAYERS])


def assert_equal(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def their_model() -> PruningClassifier:
    # The folder has no vocabulary, so it is no folder of the workbench's.
    bert = BertForSequenceClassification.from_pretrained(FOLDER)
    return PruningClassifier(bert, Policy()).eval()


@pytest.fixture(scope="module")
def model() -> PruningClassifier:
    return their_model()


@pytest.fixture(scope="module")
def windows() -> list:
    return [window(authors()[f"input_ids_{text}"], f"t{text}") for text in TEXTS]


@pytest.fixture(scope="module")
def matrices(model, windows) -> dict[str, list[torch.Tensor]]:
    """By name a matrix (texts, N, N) per layer."""
    seen: dict[str, list[torch.Tensor]] = {name: [] for name in MATRICES}

    class Keeping(Observer):
        def see(self, block: Block) -> None:
            for name, matrix in MATRICES.items():
                seen[name].append(matrix(block))

        def rows(self, output: torch.Tensor) -> torch.Tensor:
            return output

    Task(model, toy_tokenizer(), windows).observe([Keeping()])
    return seen


def scores(model, windows, name: str, **options) -> list[np.ndarray]:
    """(layers, n) of each text, in their order."""
    found = score_windows([name], model, toy_tokenizer(), windows, Options(**options))
    by_text = {record.text_id: record.scores for record in found}
    return [by_text[window.text_id] for window in windows]


def test_the_model_gives_their_logits(model, windows) -> None:
    with torch.no_grad():
        found = model(windows).logits.numpy()
    for text in TEXTS:
        assert_equal(found[text], authors()[f"logits_{text}"])


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", MATRICES)
def test_the_matrices_of_every_layer(matrices, name: str, text: int) -> None:
    expected = of_text(name, text)
    n = expected.shape[-1]
    assert_equal(np.stack([layer[text, :n, :n].numpy() for layer in matrices[name]]), expected)


def received(name: str, text: int) -> np.ndarray:
    return of_text(name, text).mean(1)


def rolled_out(name: str, text: int) -> np.ndarray:
    """Their [CLS] row, of every layer."""
    return of_text(name, text)[:, 0]


def product(name: str, text: int, *, sum_to_one: bool = False) -> np.ndarray:
    """The [CLS] row of their layers' matrices multiplied."""
    layers = of_text(name, text)
    layers = layers / layers.sum(-1, keepdims=True) if sum_to_one else layers
    flow = [layers[0]]
    for layer in layers[1:]:
        flow.append(layer @ flow[-1])
    return np.stack(flow)[:, 0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("value-norms", lambda text: received("value_norms", text)),
        ("residual-norms", lambda text: received("residual_norms", text)),
        ("globenc", lambda text: product("encoder_norms", text)),
        ("globenc-normalised", lambda text: product("encoder_norms", text, sum_to_one=True)),
        ("alti", lambda text: rolled_out("altiroll", text)),
        ("value-zeroing", lambda text: received("vz", text)),
        ("value-zeroing-rollout", lambda text: rolled_out("vzroll", text)),
    ],
)
def test_scores_of_every_layer(model, windows, name: str, expected) -> None:
    for text, found in enumerate(scores(model, windows, name)):
        assert_equal(found, expected(text))


def test_globenc_after_the_last_layer_is_their_rollout(model, windows) -> None:
    for text, found in enumerate(scores(model, windows, "globenc")):
        assert_equal(found[-1], authors()[f"globenc_{text}"][0])


@pytest.mark.parametrize("target", CLASSES)
def test_decompx_is_that_of_their_code(model, windows, target: str) -> None:
    index = CLASSES.index(target)
    for text, found in enumerate(scores(model, windows, "decompx", target=target)):
        assert_equal(found[0], authors()[f"decompx_{text}"][0, :, index])


def test_decompx_by_its_equations_differs_by_the_biases_of_self_attention(model, windows) -> None:
    """The sums are the same; without those biases, so is every number."""
    by_code, by_equations = (scores(model, windows, name) for name in ("decompx", "decompx-paper"))
    for one, other in zip(by_code, by_equations, strict=True):
        np.testing.assert_allclose(one.sum(1), other.sum(1), rtol=1e-4)
        assert np.abs(one - other).max() > 0.01 * np.abs(one).max()
    bare = their_model()
    with torch.no_grad():
        for layer in bare.backbone.layers:
            layer.value.bias.zero_()
            layer.output.bias.zero_()
    by_code, by_equations = (scores(bare, windows, name) for name in ("decompx", "decompx-paper"))
    for one, other in zip(by_code, by_equations, strict=True):
        assert_equal(one, other)
