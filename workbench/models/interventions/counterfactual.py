"""What if: a method's own decisions with other thresholds, a budget, and single tokens forced."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import torch
from torch import Tensor

from workbench.models.layouts import Layout, Packed
from workbench.models.policies.base import Policy


@dataclass(frozen=True)
class ScaledRanks(Packed):
    """The same tokens, whose ranks count `factor` times."""

    factor: float = 1.0

    @classmethod
    def of(cls, layout: Layout, factor: float) -> "ScaledRanks":
        """ValueError for anything but the packed layout."""
        if not isinstance(layout, Packed):
            raise ValueError("altered decisions run in the packed layout only")
        return cls(**{f.name: getattr(layout, f.name) for f in fields(Packed)}, factor=factor)

    def rank(self, scores: Tensor) -> Tensor:
        """(1, T) float: `factor` times what `Packed.rank` says."""
        return super().rank(scores) * self.factor


class CounterfactualPolicy(Policy):
    """Asks another policy and changes what it sees or says; packed layout, one batch, nothing to train.

    A method that compares scores with a threshold is shown scores divided by the layer's `scale`, which
    is the threshold times `scale`; one that cuts by rank is shown ranks times `scale`: ToP's gates and
    PoWER-BERT's count then close at a rank that much smaller. Where a layer has a budget, it keeps
    the best of its own scores instead. A layer that the method does not score keeps what enters.
    """

    method: ClassVar[str] = "altered"

    def __init__(
        self,
        own: Policy,
        *,
        scale: Sequence[float],
        budget: Sequence[float | None],
        kept: Tensor,
        dropped: Tensor,
        drop_layer: int = 0,
    ) -> None:
        """`scale` and `budget`, a share of a text's full length, have an entry per layer; `kept` and
        `dropped` (B, N) bool, by original position, stay in all layers and go at `drop_layer`."""
        super().__init__()
        self.own = own
        self.cuts_after_attention = own.cuts_after_attention
        self.reference = own.reference
        self.scale, self.budget, self.drop_layer = scale, budget, drop_layer
        self.kept, self.dropped = kept, dropped
        self.forces, self.drops = bool(kept.any()), bool(dropped.any())

    def needs_attention(self, layer: int) -> bool:
        return self.own.needs_attention(layer)

    def predictor_cost(self, layer: int) -> int:
        return self.own.predictor_cost(layer)

    def threshold(self, layer: int, layout: Layout) -> Tensor | float | None:
        """The method's own times `scale`; None under a budget."""
        own = self.own.threshold(layer, layout)
        return None if own is None or self.budget[layer] is not None else own * self.scale[layer]

    def scores(
        self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None
    ) -> Tensor | None:
        """The method's own; NaN where it has none but tokens are forced out."""
        own = self.own.scores(layer, hidden, layout, received)
        if own is None and self.drops and layer == self.drop_layer:
            return hidden.new_full(hidden.shape[:2], torch.nan)
        return own

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor | None:
        if self.drops and layer == self.drop_layer:
            gone = layout.gather_rows(self.dropped)
            stays = None if bool(scores.isnan().any()) else self._chosen(layer, scores, layout, gone)
            return ~gone if stays is None else stays & ~gone
        return self._chosen(layer, scores, layout, None)

    def _chosen(self, layer: int, scores: Tensor, layout: Layout, gone: Tensor | None) -> Tensor | None:
        """Who stays before anyone is forced out; those `gone` take no place of a budget."""
        share, factor = self.budget[layer], self.scale[layer]
        held = layout.gather_rows(self.kept)
        if share is not None:
            ranked = scores.masked_fill(held, torch.inf)
            ranked = ranked if gone is None else ranked.masked_fill(gone, -torch.inf)
            # Less a little: 0.3 of 10 tokens are 3, whatever float32 makes of it.
            allowed = (layout.full_lengths * share - 1e-4).ceil().long()[:, None].expand_as(self.kept)
            return (layout.rank(ranked) < layout.gather_rows(allowed) - 1) | held
        if factor == 1:
            stays = self.own.keep(layer, scores, layout)
        else:
            stays = self.own.keep(layer, scores / factor, ScaledRanks.of(layout, factor))
        return stays if stays is None or not self.forces else stays | held
