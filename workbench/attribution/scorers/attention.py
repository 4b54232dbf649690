"""Scores from attention probabilities: received attention, the [CLS] row, and rollout.

Row l speaks of layer l's own attention. Padding and dropped tokens neither give nor receive any.
"""

from torch import Tensor

from workbench.attribution.engine.block import Block
from workbench.attribution.engine.observers import RolledOutRow, RowByRow
from workbench.attribution.ops.mixing import received
from workbench.attribution.ops.rollout import with_residual


class Received(RowByRow):
    """Attention received: the column mean over living queries, of one head or the mean over all."""

    def __init__(self, head: int | None = None) -> None:
        super().__init__()
        self.head = head

    def row(self, block: Block) -> Tensor:
        return received(one_head(block, self.head), block.alive)


class FromCls(RowByRow):
    """The attention of [CLS] itself (its query row), of one head or the mean over all."""

    def __init__(self, head: int | None = None) -> None:
        super().__init__()
        self.head = head

    def row(self, block: Block) -> Tensor:
        return one_head(block, self.head)[:, 0]


class RolledOut(RolledOutRow):
    """Attention rollout (Abnar and Zuidema, ACL 2020, section 3): the [CLS] row of A'_l ... A'_0."""

    def mixing(self, block: Block) -> Tensor:
        return with_residual(block.probabilities)


def one_head(block: Block, head: int | None) -> Tensor:
    """(B, N, N): the head mean, or one head's probabilities."""
    return block.probabilities.mean(1) if head is None else block.probabilities[:, head]
