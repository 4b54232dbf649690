"""DecompX (Modarressi et al., ACL 2023): what each token gives to the logit."""

from typing import Any

import torch
from torch import Tensor

from workbench.attribution.engine.block import Block, linear_part, spread
from workbench.attribution.engine.observers import Observer
from workbench.attribution.engine.task import Task
from workbench.attribution.ops.mixing import CELLS
from workbench.attribution.types import Scored
from workbench.catalog.scorers import register_scorer

SMALLEST = 1e-6
"""Inputs of an activation smaller than this count as this, so that they have a slope."""


@register_scorer(
    name="decompx", title="DecompX", group="decomposition", order=210,
    description="DecompX: share of the logit, biases shared out by their alignment",
    extra_options=("target",), signed=True,
)  # fmt: skip
def decompx_scores(task: Task) -> list[Scored]:
    """Return each token's share of the target's logit, from every layer on; they sum to the logit.

    Every start is a decomposition of its own, over the rest of the layers, and every window runs alone.
    """
    scored = []
    for row in range(len(task.windows)):
        part = task.alone(row)
        starts = [part.observe([Decomposition(part, start)])[0].rows for start in part.layers]
        scored += part.to_scored(torch.cat(starts, dim=1), part.layers)
    return scored


class Decomposition(Observer):
    """Vectors x_{i<-k} (eq. 1): what token k gave to token i's state; over k they sum to it."""

    def __init__(self, task: Task, start: int) -> None:
        self.head, self.start = task.model.bert, start
        self.target = int(task.targets[0])
        self.parts = torch.empty(0)
        """(N, N, H): [i, k]."""

    def see(self, block: Block) -> None:
        if block.index < self.start:
            return
        if block.index == self.start:
            states = block.entered[0]
            self.parts = torch.diag_embed(states.t()).permute(1, 2, 0).contiguous()
        self.parts = through_layer(block, self.parts)

    def rows(self, output: Tensor) -> Tensor:
        # (1, 1, N): contributions to the target's logit; pooler and classifier as in section 3.4.
        with torch.no_grad():
            pooler, classifier = self.head.bert.pooler.dense, self.head.classifier
            parts = with_bias(self.parts[0] @ pooler.weight.t(), pooler.bias)
            parts = parts * slope(torch.tanh, parts.sum(0, keepdim=True))
            weight, bias = classifier.weight[self.target], classifier.bias[self.target]
            return with_bias((parts @ weight)[:, None], bias[None])[None, None, :, 0]


def through_layer(block: Block, parts: Tensor) -> Tensor:
    """Take parts (N, N, H) from a layer's input to its output."""
    parts = _attended(block, parts)
    scale = block.first_spread[0]
    step = max(1, CELLS // (4 * parts[0].numel()))
    blocks = []
    for start in range(0, len(parts), step):
        rows = slice(start, start + step)
        blocks.append(_fed_forward(block, _normed(block.first_norm, parts[rows], scale[rows])))
    return torch.cat(blocks)


def _attended(block: Block, parts: Tensor) -> Tensor:
    """Self-attention with its probabilities as they are (eq. 4), plus the residual.

    The bias is shared out with the residual added, as in the authors' code; in eq. 5 it is without.
    """
    module, output = block.layer.attention.self, block.layer.attention.output.dense
    weight, heads = module.value.weight, module.num_attention_heads
    # (k, heads, j, d): every source's part of the value vectors.
    values = (parts.transpose(0, 1) @ weight.t()).unflatten(-1, (heads, -1)).transpose(1, 2)
    context = (block.probabilities[0] @ values).transpose(1, 2).flatten(2)
    moved = (context @ output.weight.t()).transpose(0, 1)
    # Attention sums to 1, so the value bias reaches every token once.
    return with_bias(moved + parts, module.value.bias @ output.weight.t() + output.bias)


def _fed_forward(block: Block, parts: Tensor) -> Tensor:
    """Feed-forward part with the activation's slope through the origin (eqs. 9 to 12), residual, norm.

    The outer bias is shared out with the residual added, by the authors without it.
    """
    inner, outer = block.layer.intermediate, block.layer.output
    inside = with_bias(parts @ inner.dense.weight.t(), inner.dense.bias)
    inside = inside * slope(inner.intermediate_act_fn, inside.sum(1, keepdim=True))
    left = with_bias(inside @ outer.dense.weight.t() + parts, outer.dense.bias)
    return _normed(outer.LayerNorm, left, spread(outer.LayerNorm, left.sum(1)))


def _normed(norm: Any, parts: Tensor, scale: Tensor) -> Tensor:
    """LayerNorm (eq. 8): linear once its spread (rows,) is known."""
    return with_bias(linear_part(norm, parts) / scale[:, None, None], norm.bias)


def slope(activation: Any, total: Tensor) -> Tensor:
    """Return activation(z) / z (eq. 10): the factor that makes parts of z sum to activation(z)."""
    safe = torch.where(total.abs() < SMALLEST, torch.full_like(total, SMALLEST), total)
    ratio: Tensor = activation(safe) / safe
    return ratio


def with_bias(parts: Tensor, bias: Tensor) -> Tensor:
    """Add a bias (H,) to parts (..., k, H), shared out by |bias . part| (eqs. 5, 6) or equally."""
    sizes = (parts @ bias).abs()
    total = sizes.sum(-1, keepdim=True)
    equal = torch.full_like(sizes, 1 / sizes.shape[-1])
    shares = torch.where(total > 0, sizes / total.clamp_min(torch.finfo(sizes.dtype).tiny), equal)
    return parts + shares[..., None] * bias
