"""Keep a given number of tokens in each layer, in a given order of priority."""

from typing import ClassVar

from torch import Tensor

from workbench.models.layouts import Layout
from workbench.models.policies.base import Policy


class Budget(Policy):
    """In each layer the tokens of highest priority stay, as many as the budget says.

    A token has one priority for all layers, and budgets do not grow, so dropped tokens never come
    back. [CLS] stays and counts. Made for one batch; there is nothing to train or to save.
    """

    method: ClassVar[str] = "budget"

    def __init__(self, priorities: Tensor, budgets: Tensor, *, cuts_after_attention: bool) -> None:
        """Take one batch's decisions.

        Args:
            priorities: (B, N) float by original position.
            budgets: (B, layers) int64: tokens that stay at each layer's cut.
            cuts_after_attention: Whether the cut lies after the layer's self-attention.
        """
        super().__init__()
        self.priorities, self.budgets = priorities, budgets
        self.cuts_after_attention = cuts_after_attention

    def scores(self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None) -> Tensor:
        """Return the priorities of the remaining tokens."""
        return layout.gather_rows(self.priorities)

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor:
        """Return which tokens rank within the layer's budget."""
        allowed = self.budgets[:, layer, None].expand_as(self.priorities)
        return layout.rank(scores) < layout.gather_rows(allowed) - 1
