"""The closed form against a hand calculation and against torch's own counter."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertConfig, BertForSequenceClassification

from workbench.metrics.efficiency.flops import (
    Shape,
    dense_flops,
    padded_flops,
    speedup_unpadded,
    text_flops,
)

TOY = Shape(layers=2, hidden=4, intermediate=8, classes=2)
PREDICTOR = 4 * 3 + 3
"""Multiply-adds per token of Linear(4, 3), Linear(3, 1)."""
HEAD = 2 * (4 * 4 + 4 * 2)


def layer(n: int) -> int:
    """One toy layer, written out: projections, scores and context, feed-forward."""
    return 2 * (4 * n * 16 + n * n * 4 + n * n * 4 + n * 4 * 8 + n * 8 * 4)


def counted(run: nn.Module, *inputs: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run(*inputs)
    return counter.get_total_flops()


@pytest.mark.parametrize("length", [3, 10, 31])
@pytest.mark.parametrize("batch", [1, 4])
def test_dense_cost_equals_torchs_counter(length: int, batch: int) -> None:
    config = BertConfig(
        vocab_size=40, hidden_size=24, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=56, num_labels=3, attn_implementation="eager",
    )  # fmt: skip
    torch.manual_seed(0)
    model = BertForSequenceClassification(config).eval()
    shape = Shape(layers=3, hidden=24, intermediate=56, classes=3)
    ours = dense_flops(np.full(batch, length), shape)
    ids = torch.randint(0, 40, (batch, length))
    assert ours.shape == (batch,)
    assert ours.sum() == counted(model, ids)


def test_predictor_cost_equals_torchs_counter() -> None:
    predictor = nn.Sequential(nn.Linear(24, 7), nn.GELU(), nn.Linear(7, 1))
    shape = Shape(layers=1, hidden=24, intermediate=56, classes=2)
    tokens, lengths = np.array([[5]]), np.array([9])
    with_predictor = text_flops(tokens, shape, predictors=24 * 7 + 7, lengths=lengths)
    extra = with_predictor - text_flops(tokens, shape)
    assert extra[0] == counted(predictor, torch.randn(1, 9, 24))


def test_toy_by_hand() -> None:
    flops = text_flops(np.array([[5, 3], [2, 2]]), TOY)
    assert flops.tolist() == [layer(5) + layer(3) + HEAD, layer(2) + layer(2) + HEAD]


def test_toy_with_predictors_reads_what_enters() -> None:
    tokens, lengths = np.array([[5, 3]]), np.array([7])
    plain = text_flops(tokens, TOY)[0]
    both = text_flops(tokens, TOY, predictors=PREDICTOR, lengths=lengths)[0]
    second = text_flops(tokens, TOY, predictors=np.array([0, PREDICTOR]), lengths=lengths)[0]
    assert both - plain == 2 * (7 + 5) * PREDICTOR
    assert second - plain == 2 * 5 * PREDICTOR


def test_toy_cut_between_attention_and_feed_forward() -> None:
    flops = text_flops(np.array([[5, 3]]), TOY, tokens_ffn=np.array([[3, 2]]))[0]
    attention = sum(2 * (4 * n * 16 + 2 * n * n * 4) for n in (5, 3))
    assert flops == attention + sum(2 * 2 * n * 4 * 8 for n in (3, 2)) + HEAD


def test_without_pooler() -> None:
    shape = Shape(layers=2, hidden=4, intermediate=8, classes=2, pooler=False)
    assert text_flops(np.array([[1, 1]]), shape)[0] == 2 * layer(1) + 2 * 4 * 2


def test_padded_batches_keep_the_order_and_the_last_partial_one() -> None:
    costs = padded_flops(np.array([2, 5, 3]), 2, TOY)
    assert costs.tolist() == [2 * (2 * layer(5) + HEAD), 2 * layer(3) + HEAD]
    assert padded_flops(np.array([]), 2, TOY).tolist() == []


def test_bert_base_has_the_well_known_size() -> None:
    base = Shape(layers=12, hidden=768, intermediate=3072, classes=2)
    assert dense_flops(np.array([512]), base)[0] == pytest.approx(2 * 48.3e9, rel=2e-3)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="not \\(texts, 2 layers\\)"):
        text_flops(np.ones((1, 3)), TOY)
    with pytest.raises(ValueError, match="full lengths"):
        text_flops(np.ones((1, 2)), TOY, predictors=PREDICTOR)
    with pytest.raises(ValueError, match="do not fit"):
        text_flops(np.ones((1, 2)), TOY, predictors=PREDICTOR, lengths=np.array([3, 4]))
    with pytest.raises(ValueError, match="differ"):
        text_flops(np.ones((1, 2)), TOY, tokens_ffn=np.ones((2, 2)))
    with pytest.raises(ValueError, match="batch size"):
        padded_flops(np.array([3]), 0, TOY)
    with pytest.raises(ValueError, match="texts"):
        speedup_unpadded(np.array([1.0]), np.array([1.0, 2.0]))
