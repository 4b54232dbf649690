"""Replay decisions that were made before, such as a pruned model's own on changed hidden states."""

from typing import ClassVar

from torch import Tensor

from workbench.catalog.settings import Cut
from workbench.models.layouts import Layout
from workbench.models.policies.base import Policy


class ReplayPolicy(Policy):
    """In each layer the tokens of a mask stay. Made for one batch; nothing to train or to save."""

    method: ClassVar[str] = "given"

    def __init__(self, alive: Tensor, *, cut: Cut = "entry") -> None:
        """Take the tokens that pass each layer's cut, at its entry or after its self-attention: `alive`
        (B, layers, N) bool by original position."""
        super().__init__()
        self.alive, self.cut = alive, cut

    def scores(self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None) -> Tensor:
        """Return 1 for the tokens that stay."""
        return layout.gather_rows(self.alive[:, layer]).to(hidden.dtype)

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor:
        """Return the tokens of the mask."""
        return scores > 0
