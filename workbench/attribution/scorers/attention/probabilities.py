"""Scores from attention probabilities: received attention, the [CLS] row, and rollout.

The scores of a layer are of its own attention. Padding and dropped tokens neither give nor receive any.
"""

from torch import Tensor

from workbench.attribution.engine.block import Block
from workbench.attribution.engine.observers import RolledOutRow, RowByRow
from workbench.attribution.ops.mixing import received
from workbench.attribution.ops.rollout import with_residual
from workbench.catalog.scorers import register_scorer


class HeadRow(RowByRow):
    """Scores from the probabilities of one head, or from their mean over all."""

    def __init__(self, head: int | None = None) -> None:
        super().__init__()
        self.head = head

    def attention(self, block: Block) -> Tensor:
        """Return (B, N, N)."""
        return block.probabilities.mean(1) if self.head is None else block.probabilities[:, self.head]


@register_scorer(
    name="attention", title="attention", group="attention", order=110, by_head=True, colour="#E69F00",
    description="attention received, mean over heads and queries",
)  # fmt: skip
class Received(HeadRow):
    """Attention received: the column mean over the remaining queries."""

    def row(self, block: Block) -> Tensor:
        return received(self.attention(block), block.alive)


@register_scorer(
    name="attention-cls", title="attention of [CLS]", group="attention", order=120, by_head=True,
    description="attention of [CLS], head mean",
    cls_row=True,
)  # fmt: skip
class FromCls(HeadRow):
    """The attention of [CLS] itself, its query row; of an answer the mean of the rows of its first and
    last token, 0 for one that has left."""

    def row(self, block: Block) -> Tensor:
        attention = self.attention(block)
        if block.kept is None:
            return attention[:, 0]
        return block.pooled(attention * block.kept[:, :, None])


@register_scorer(
    name="rollout", title="attention rollout", group="attention", order=130, colour="#CC79A7",
    description="attention rollout, [CLS] row, head mean",
    cls_row=True,
)  # fmt: skip
class RolledOut(RolledOutRow):
    """Attention rollout (Abnar and Zuidema, ACL 2020, section 3): the [CLS] row of A'_l ... A'_0."""

    def mixing(self, block: Block) -> Tensor:
        return with_residual(block.probabilities)
