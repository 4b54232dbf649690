"""Scores from attention probabilities: received attention, the [CLS] row, and rollout.

Row l speaks of layer l's own attention. Padding and dropped tokens neither give nor receive any.
"""

from torch import Tensor

from workbench.attribution.engine.block import Block
from workbench.attribution.engine.observers import RolledOutRow, RowByRow
from workbench.attribution.ops.mixing import received
from workbench.attribution.ops.rollout import with_residual
from workbench.catalog.scorers import register_scorer


@register_scorer(
    name="attention", title="attention", group="attention", order=110,
    description="attention received, mean over heads and queries",
    by_head=True, colour="#E69F00",
)  # fmt: skip
class Received(RowByRow):
    """Attention received: the column mean over living queries, of one head or the mean over all."""

    def __init__(self, head: int | None = None) -> None:
        super().__init__()
        self.head = head

    def row(self, block: Block) -> Tensor:
        return received(one_head(block, self.head), block.alive)


@register_scorer(
    name="attention-cls", title="attention of [CLS]", group="attention", order=120,
    description="attention of [CLS], head mean",
    by_head=True,
)  # fmt: skip
class FromCls(RowByRow):
    """The attention of [CLS] itself (its query row), of one head or the mean over all."""

    def __init__(self, head: int | None = None) -> None:
        super().__init__()
        self.head = head

    def row(self, block: Block) -> Tensor:
        return one_head(block, self.head)[:, 0]


@register_scorer(
    name="rollout", title="attention rollout", group="attention", order=130,
    description="attention rollout, [CLS] row, head mean",
    colour="#CC79A7",
)  # fmt: skip
class RolledOut(RolledOutRow):
    """Attention rollout (Abnar and Zuidema, ACL 2020, section 3): the [CLS] row of A'_l ... A'_0."""

    def mixing(self, block: Block) -> Tensor:
        return with_residual(block.probabilities)


def one_head(block: Block, head: int | None) -> Tensor:
    """(B, N, N): the head mean, or one head's probabilities."""
    return block.probabilities.mean(1) if head is None else block.probabilities[:, head]
