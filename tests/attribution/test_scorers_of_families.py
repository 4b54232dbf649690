"""What scorers see of every family is what the stock model computes; what they cannot see is refused."""

import numpy as np
import pytest
import torch

from tests.helpers.families import FAMILIES, VARIANTS, tiny_model
from tests.helpers.toys import adapler, texts, toy_tokenizer
from workbench.attribution.engine.block import Block
from workbench.attribution.engine.observers import Observer
from workbench.attribution.engine.task import Task
from workbench.attribution.options import Options
from workbench.attribution.registry import check_scorers, refused_because
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import CONTROLS, SCORERS
from workbench.errors import InputError
from workbench.models.backbones import backbone_class, backbone_of
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy

WINDOWS = texts([9, 14])
CLOSE = {"atol": 1e-5, "rtol": 1e-4}


def dense(variant: str) -> PruningClassifier:
    return PruningClassifier(tiny_model(variant), Policy()).eval()


def scores(model: PruningClassifier, name: str, **options) -> list[np.ndarray]:
    found = score_windows([name], model, toy_tokenizer(), WINDOWS, Options(**options))
    return [record.scores for record in sorted(found, key=lambda record: record.text_id)]


class Watcher(Observer):
    """Keeps what each layer shows."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def see(self, block: Block) -> None:
        self.blocks.append(block)

    def rows(self, output: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(WINDOWS), len(self.blocks), 14)


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_a_block_taken_apart_adds_up_to_the_stock_layers_states(variant: str) -> None:
    model, watcher = dense(variant), Watcher()
    Task(model, toy_tokenizer(), WINDOWS).observe([watcher])
    for block in watcher.blocks:
        brought = torch.einsum("bhij,bjhm->bim", block.probabilities, block.vectors)
        bias = 0 if block.layer.output.bias is None else block.layer.output.bias
        whole = brought + bias + block.entered
        norm = block.layer.first_norm
        attended = whole if norm is None else norm(whole)
        alive = block.alive
        torch.testing.assert_close(attended[alive], block.attended[alive], **CLOSE)
        torch.testing.assert_close(block.before_norm[alive], whole[alive], **CLOSE)


@pytest.mark.parametrize("variant", VARIANTS)
def test_attention_is_the_stock_models(variant: str) -> None:
    stock = tiny_model(variant, attn_implementation="eager")
    found = scores(PruningClassifier(stock, Policy()).eval(), "attention")
    for window, mine in zip(WINDOWS, found, strict=True):
        inputs = backbone_of(stock).padded_inputs([window])
        with torch.no_grad():
            theirs = stock(**inputs, output_attentions=True).attentions
        expected = torch.stack([layer[0].mean((0, 1)) for layer in theirs])
        np.testing.assert_allclose(mine, expected, atol=1e-5)


@pytest.mark.parametrize("variant", [name for name in VARIANTS if "modernbert" not in name])
def test_decompx_adds_up_to_the_stock_models_logit(variant: str) -> None:
    model = dense(variant)
    with torch.no_grad():
        logits = [model.stock(**model.backbone.padded_inputs([w])).logits[0] for w in WINDOWS]
    for name in ("decompx", "decompx-paper"):
        for rows, expected in zip(scores(model, name, target="pos"), logits, strict=True):
            np.testing.assert_allclose(rows.sum(1), [expected[1]] * 4, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("pruned", [False, True])
def test_every_scorer_scores_every_family_or_says_why_not(family: str, pruned: bool) -> None:
    stock = tiny_model(family)
    policy = adapler(stock.config) if pruned else Policy()
    model = PruningClassifier(stock, policy).eval()
    names = [name for name, spec in SCORERS.items() if spec.method is None and name not in CONTROLS]
    for name in names:
        spec = SCORERS[name]
        few = {"steps": 2, "samples": 12}
        few = {key: value for key, value in few.items() if key in spec.supported_options}
        if refused_because(spec, backbone_class(family)):
            with pytest.raises(InputError, match="normalise first"):
                check_scorers([name], model, Options())
            continue
        for rows, window in zip(scores(model, name, **few), WINDOWS, strict=True):
            assert np.isfinite(rows[0][window.word_index >= 0]).all() or pruned, name
            present = rows[0][np.isfinite(rows[0])]
            assert len(present) > 1, name
            # LIME's few samples may leave every coefficient at 0.
            assert present.std() > 0 or spec.takes == "switches", name


@pytest.mark.parametrize("name", ["rollout", "alti", "value-zeroing-rollout", "globenc-normalised"])
def test_where_the_head_reads_the_mean_so_do_rolled_out_scores(name: str) -> None:
    """The sum over tokens of a mean of rows of shares is 1, as that of one row; the scores differ."""
    mean, cls = (scores(dense(variant), name) for variant in ("modernbert", "modernbert, [CLS]"))
    for one, other in zip(mean, cls, strict=True):
        np.testing.assert_allclose(one.sum(1), 1, atol=1e-5)
        assert np.abs(one - other).max() > 1e-3
