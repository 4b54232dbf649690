"""Value zeroing (Mohebbi et al., "Quantifying Context Mixing in Transformers", EACL 2023)."""

import torch
from torch import Tensor
from torch.nn import functional

from workbench.attribution.engine.block import Block
from workbench.attribution.engine.observers import RolledOutRow, RowByRow
from workbench.attribution.ops.mixing import CELLS, received, shares
from workbench.catalog.scorers import register_scorer


@register_scorer(
    name="value-zeroing", title="value zeroing", group="decomposition", order=190,
    description="value zeroing: change of the layer's output, mean over queries",
)  # fmt: skip
class ValueZeroing(RowByRow):
    """How much tokens' representations change without j's value vector, mean over queries."""

    def row(self, block: Block) -> Tensor:
        return received(block.once(zeroing), block.alive)


@register_scorer(
    name="value-zeroing-rollout", title="value zeroing rollout", group="decomposition", order=200,
    description="value zeroing, rolled out, [CLS] row",
    cls_row=True,
)  # fmt: skip
class RolledOutZeroing(RolledOutRow):
    """The [CLS] row of the same, rolled out over the layers as the authors do it: no identity added."""

    def mixing(self, block: Block) -> Tensor:
        return block.once(zeroing)


WIDTH = 6
"""Tensors of a block's size that the feed-forward part holds at once, its inner 4H among them."""


def zeroing(block: Block) -> Tensor:
    """Return shares (B, N, N) of 1 - cos(x_i, x_i without v_j) after the layer, rows summing to 1.

    The paper's context mixing score, by cosine distance. Every one of the N layers' outputs needs the
    feed-forward part: N times a plain pass.
    """
    return shares(_changes(block), block.alive)


def _changes(block: Block) -> Tensor:
    # 1 - cos of nearly equal vectors loses all its digits; half the square of their difference does not.
    plain = functional.normalize(block.left, dim=-1)[:, None]
    batch, tokens, hidden = block.entered.shape
    step = max(1, CELLS // (batch * tokens * hidden * WIDTH))
    parts = []
    for start in range(0, tokens, step):
        keys = slice(start, start + step)
        # (B, keys, queries, H): what each key brought, taken away before the first LayerNorm.
        brought = block.probabilities.permute(0, 3, 2, 1)[:, keys] @ block.vectors[:, keys]
        without = block.before_norm[:, None] - brought
        if block.layer.first_norm is not None:
            without = block.layer.first_norm(without)
        changed = block.layer.feed_forward(without.flatten(0, 1)).unflatten(0, without.shape[:2])
        apart = functional.normalize(changed, dim=-1) - plain
        parts.append(apart.square().sum(-1) / 2)
    return torch.cat(parts, dim=1).transpose(1, 2)
