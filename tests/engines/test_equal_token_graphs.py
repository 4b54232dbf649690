"""Graphs in which dropped tokens rejoin answer what torch's packed model does: all methods."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.families import tiny_model
from tests.helpers.toys import KEEP_ALL, RAGGED, policy_of, texts, toy_tokenizer
from workbench.engines.classifier import EngineClassifier
from workbench.engines.token_classifier import EngineTokenClassifier
from workbench.errors import InputError
from workbench.models.student import half_depth
from workbench.models.token_classifier import PruningTokenClassifier
from workbench.pipeline.export_graphs import write_graphs

pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
pytest.importorskip("onnxscript", reason="needs the extra [onnx]")
DIFFERENT = ("dense", "adapler", "adapler@middle", "top", "powerbert", "trbert", "transkimmer")
"""LTP cuts as ToP does, DistilBERT nowhere; as classifiers test_equal_graphs.py has them too."""
LAYERS = 3
"""A first, a last and one between; exporting a layer takes seconds."""
LENGTHS = st.lists(st.integers(2, 40), min_size=1, max_size=6)

Exported = tuple[PruningTokenClassifier, Path]


def model_of(method: str, family: str = "bert", head: str = "answers") -> PruningTokenClassifier:
    # TR-BERT needs four.
    stock = tiny_model(family, head=head, layers=LAYERS + (method == "trbert"))
    if method == "distilbert":
        stock = half_depth(stock)
    return PruningTokenClassifier(stock, policy_of(method, stock.config)).eval()


@pytest.fixture(scope="module", params=DIFFERENT)
def exported(request, tmp_path_factory) -> Exported:
    """A method's tiny model that answers questions, and the folder of its graphs."""
    model, folder = model_of(request.param), tmp_path_factory.mktemp("graphs") / "model"
    write_graphs(model, toy_tokenizer(), folder, batched=True)
    return model, folder


@pytest.fixture(scope="module")
def engine(exported: Exported) -> EngineTokenClassifier:
    return EngineTokenClassifier(exported[1], "onnxruntime", threads=1)


def assert_equal(found, expected) -> None:
    np.testing.assert_array_equal(found.tokens, expected.tokens)
    np.testing.assert_array_equal(found.tokens_ffn, expected.tokens_ffn)
    for mine, theirs in zip(found.logits, expected.logits, strict=True):
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(lengths=LENGTHS, seed=st.integers(0, 1000), batch_size=st.integers(1, 6))
def test_a_graph_answers_as_torch_does(exported, engine, lengths, seed, batch_size) -> None:
    windows = texts(lengths, seed)
    assert_equal(engine.infer_tokens(windows, batch_size), exported[0].infer_tokens(windows))


def test_who_else_is_in_the_batch_does_not_matter(exported, engine) -> None:
    windows = texts(RAGGED)
    together, alone = engine.infer_tokens(windows, len(windows)), engine.infer_tokens(windows, 1)
    assert_equal(together, alone)
    dropped = alone.tokens_ffn[:, -1].sum() < sum(RAGGED)
    assert dropped == (exported[0].method not in KEEP_ALL)
    assert [len(row) for row in alone.logits] == list(RAGGED)


def test_openvino_answers_as_torch_does(exported) -> None:
    pytest.importorskip("openvino", reason="needs the extra [openvino]")
    windows = texts(RAGGED)
    other = EngineTokenClassifier(exported[1], "openvino", threads=1)
    for batch_size in (1, len(RAGGED)):
        assert_equal(other.infer_tokens(windows, batch_size), exported[0].infer_tokens(windows))


@pytest.mark.parametrize(
    ("family", "method", "head"),
    [
        ("bert", "adapler", "tokens"), ("roberta", "adapler", "answers"),
        ("distilbert", "top", "answers"), ("albert", "adapler", "tokens"),
        ("deberta-v2", "top", "answers"), ("modernbert", "adapler", "tokens"),
    ],
)  # fmt: skip
def test_graphs_of_families_and_heads(tmp_path, family: str, method: str, head: str) -> None:
    model = model_of(method, family, head)
    write_graphs(model, toy_tokenizer(), tmp_path / "graphs", batched=True)
    engine = EngineTokenClassifier(tmp_path / "graphs", "onnxruntime", threads=1)
    assert engine.manifest.task == head
    windows = texts((*RAGGED, 33))
    expected = model.infer_tokens(windows)
    assert expected.tokens_ffn[:, -1].sum() < sum(RAGGED)
    for batch_size in (1, len(windows)):
        assert_equal(engine.infer_tokens(windows, batch_size), expected)


def test_int8_stays_near(tmp_path) -> None:
    model, windows = model_of("dense"), texts(RAGGED)
    write_graphs(model, toy_tokenizer(), tmp_path, precision="int8", batched=True)
    found = EngineTokenClassifier(tmp_path, "onnxruntime").infer_tokens(windows)
    expected = np.concatenate(model.infer_tokens(windows).logits)
    difference = np.abs(np.concatenate(found.logits) - expected).max()
    assert 1e-4 < difference < 0.5 * np.abs(expected).max()


def test_one_kind_of_task_is_not_taken_for_the_other(make_model, tmp_path) -> None:
    for name, model in (("answers", model_of("dense")), ("classes", make_model("dense"))):
        write_graphs(model, toy_tokenizer(), tmp_path / name)
    with pytest.raises(InputError, match=r"says something of each token \(answers\)"):
        EngineClassifier(tmp_path / "answers", "onnxruntime")
    with pytest.raises(InputError, match="its model classifies whole texts"):
        EngineTokenClassifier(tmp_path / "classes", "onnxruntime")
