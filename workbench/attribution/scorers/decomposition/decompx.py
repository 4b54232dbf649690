"""DecompX (Modarressi et al., ACL 2023): what each token gives to the logit.

The authors' code shares the biases of self-attention out in another way than their equations do.
`decompx` follows the code, whose numbers it can be compared with; `decompx-paper` follows the equations.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from workbench.attribution.engine.block import Block, linear_part, spread
from workbench.attribution.engine.observers import Observer
from workbench.attribution.engine.task import Task
from workbench.attribution.ops.mixing import CELLS
from workbench.attribution.types import Scored
from workbench.catalog.scorers import register_scorer
from workbench.models.backbones.post_norm import PostNormLayer

SMALLEST = 1e-6
"""Inputs of an activation smaller than this count as this, so that they have a slope."""


class BiasRule(NamedTuple):
    """How the biases of self-attention are shared out among the parts."""

    with_residual: bool
    """The residual belongs to the parts that a bias is aligned with."""
    value_stays: bool
    """In the layer where a decomposition starts, a token's value vector keeps its bias, which then goes
    where attention takes it; later it is shared out like any other."""


AUTHORS_CODE = BiasRule(with_residual=True, value_stays=True)
EQUATIONS = BiasRule(with_residual=False, value_stays=False)
"""Eqs. 5 and 6."""


@register_scorer(
    name="decompx", title="DecompX", group="decomposition", order=210, revision=2,
    description="DecompX: share of the logit, biases shared out as in the authors' code",
    extra_options=("target",), signed=True, needs_post_norm=True,
)  # fmt: skip
def decompx_scores(task: Task) -> list[Scored]:
    """Return each token's share of the target's logit, from every layer on; they sum to the logit.

    Every start is a decomposition of its own, over the rest of the layers, and every window runs alone.
    """
    return _scores(task, AUTHORS_CODE)


@register_scorer(
    name="decompx-paper", title="DecompX by its equations", group="decomposition", order=211,
    description="DecompX: share of the logit, biases shared out as in the paper's equations",
    extra_options=("target",), signed=True, needs_post_norm=True,
)  # fmt: skip
def decompx_by_equations(task: Task) -> list[Scored]:
    """Return the same with the biases of self-attention shared out as in eqs. 5 and 6."""
    return _scores(task, EQUATIONS)


def _scores(task: Task, rule: BiasRule) -> list[Scored]:
    scored = []
    for row in range(len(task.windows)):
        part = task.alone(row)
        starts = [part.observe([Decomposition(part, start, rule)])[0].rows for start in part.layers]
        scored += part.to_scored(torch.cat(starts, dim=1), part.layers)
    return scored


class Decomposition(Observer):
    """Vectors x_{i<-k} (eq. 1): what token k gave to token i's state; over k they sum to it."""

    def __init__(self, task: Task, start: int, rule: BiasRule) -> None:
        self.backbone, self.start, self.rule = task.model.backbone, start, rule
        self.explained = task.explained
        self.parts = torch.empty(0)
        """(N, N, H): [i, k]."""

    def see(self, block: Block) -> None:
        if block.index < self.start:
            return
        if block.index == self.start:
            states = block.entered[0]
            self.parts = torch.diag_embed(states.t()).permute(1, 2, 0).contiguous()
        later = self.rule._replace(value_stays=False)
        left = through_layer(block, self.parts, self.rule if block.index == self.start else later)
        # Where every token has an output, one that is gone keeps its last state.
        moved = block.kept
        self.parts = left if moved is None else torch.where(moved[0, :, None, None], left, self.parts)

    def rows(self, output: Tensor) -> Tensor:
        """Return (1, 1, N): contributions to the logit that is explained.

        Pooler and classifier as in section 3.4. A bias is aligned with whole vectors, that of the
        classifier with the logits of all classes.
        """
        with torch.no_grad():
            logits = self._of_text() if self.backbone.reads == "sequence" else self._of_tokens()
            return self.explained.of(logits)[None, None]

    def _of_text(self) -> Tensor:
        """(N, classes): every token's part of the logits."""
        head = self.backbone.head_parts
        assert head is not None, "refused before"
        parts = with_bias(self.parts[0] @ head.inner.weight.t(), head.inner.bias)
        parts = parts * slope(head.activation, parts.sum(0, keepdim=True))
        return with_bias(parts @ head.outer.weight.t(), head.outer.bias)

    def _of_tokens(self) -> Tensor:
        """(N, N, outputs): [k, i] is token k's part of token i's logits."""
        head = self.backbone.token_outputs
        return with_bias(self.parts @ head.weight.t(), head.bias).transpose(0, 1)


def through_layer(block: Block, parts: Tensor, rule: BiasRule) -> Tensor:
    """Take parts from a layer's input to its output.

    Args:
        block: The layer.
        parts: (N, N, H).
        rule: For the biases of self-attention, in this layer.
    """
    layer = block.layer
    assert isinstance(layer, PostNormLayer), "refused before"
    parts = _attended(block, layer, parts, rule)
    scale = block.first_spread[0]
    step = max(1, CELLS // (4 * parts[0].numel()))
    blocks = []
    for start in range(0, len(parts), step):
        rows = slice(start, start + step)
        blocks.append(_fed_forward(layer, _normed(layer.first_norm, parts[rows], scale[rows])))
    return torch.cat(blocks)


def _attended(block: Block, layer: PostNormLayer, parts: Tensor, rule: BiasRule) -> Tensor:
    """Self-attention with its probabilities as they are (eq. 4), plus the residual."""
    output = layer.output
    # (k, j, H): every source's part of the value vectors.
    values = parts.transpose(0, 1) @ layer.value.weight.t()
    bias: Tensor = output.bias
    if rule.value_stays:
        values.diagonal().add_(layer.value.bias[:, None])
    else:
        # Attention sums to 1, so the value bias reaches every token once.
        bias = bias + layer.value.bias @ output.weight.t()
    by_head = values.unflatten(-1, (layer.heads, -1)).transpose(1, 2)
    context = (block.probabilities[0] @ by_head).transpose(1, 2).flatten(2)
    moved = (context @ output.weight.t()).transpose(0, 1)
    return with_bias(moved + parts, bias) if rule.with_residual else with_bias(moved, bias) + parts


def _fed_forward(layer: PostNormLayer, parts: Tensor) -> Tensor:
    """Feed-forward part, its activation a slope through the origin (eqs. 9 to 12), residual, norm."""
    inside = with_bias(parts @ layer.inner.weight.t(), layer.inner.bias)
    inside = inside * slope(layer.activation, inside.sum(1, keepdim=True))
    left = with_bias(inside @ layer.outer.weight.t(), layer.outer.bias) + parts
    return _normed(layer.second_norm, left, spread(layer.second_norm, left.sum(1)))


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
