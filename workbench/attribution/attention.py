"""Scores from attention probabilities: received attention, the [CLS] row, and rollout.

Row l speaks of layer l's own attention. Padding and dropped tokens neither give nor receive any.
"""

from torch import Tensor

from workbench.attribution.block import Block
from workbench.attribution.mixing import received
from workbench.attribution.rollout import Rollout, with_residual
from workbench.attribution.watching import RowByRow


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


class RolledOut(RowByRow):
    """Attention rollout (Abnar and Zuidema, ACL 2020, section 4): the [CLS] row of A'_l ... A'_0.

    In a model that drops tokens, what reaches [CLS] through tokens dropped since is in no token's score:
    a row over the living ones then sums to less than 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flow = Rollout()

    def row(self, block: Block) -> Tensor:
        return self.flow.add(with_residual(block.probabilities))[:, 0]


def one_head(block: Block, head: int | None) -> Tensor:
    """(B, N, N): the head mean, or one head's probabilities."""
    return block.probabilities.mean(1) if head is None else block.probabilities[:, head]
