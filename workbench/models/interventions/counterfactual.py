"""Change a method's decisions: other thresholds, a budget, single tokens forced to stay or go."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import torch
from torch import Tensor

from workbench.models.layouts import Layout, Packed
from workbench.models.policies.base import Policy


@dataclass(frozen=True)
class ScaledRanks(Packed):
    """The packed layout with ranks that count `factor` times."""

    factor: float = 1.0

    @classmethod
    def of(cls, layout: Layout, factor: float) -> "ScaledRanks":
        """Return the layout so; ValueError for anything but the packed one."""
        if not isinstance(layout, Packed):
            raise ValueError("altered decisions run in the packed layout only")
        return cls(**{f.name: getattr(layout, f.name) for f in fields(Packed)}, factor=factor)

    def rank(self, scores: Tensor) -> Tensor:
        """Return (1, T) float: `factor` times what `Packed.rank` says."""
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
        policy: Policy,
        *,
        scale: Sequence[float],
        budget: Sequence[float | None],
        kept: Tensor,
        dropped: Tensor,
        drop_layer: int = 0,
    ) -> None:
        """Change `policy` for one batch.

        Args:
            policy: The method's own.
            scale: Per layer the factor on its threshold.
            budget: Per layer the share of a text's full length that stays instead, or None.
            kept: (B, N) bool by original position: tokens that stay in all layers.
            dropped: (B, N) bool by original position: tokens that go at `drop_layer`.
            drop_layer: The layer at which they go.
        """
        super().__init__()
        self.policy = policy
        self.cut = policy.cut
        self.ignores_own_attention = policy.ignores_own_attention
        self.reference = policy.reference
        self.scale, self.budget, self.drop_layer = scale, budget, drop_layer
        self.kept, self.dropped = kept, dropped
        self.forces, self.drops = bool(kept.any()), bool(dropped.any())

    def needs_attention(self, layer: int) -> bool:
        return self.policy.needs_attention(layer)

    def predictor_cost(self, layer: int) -> int:
        return self.policy.predictor_cost(layer)

    def threshold(self, layer: int, layout: Layout) -> Tensor | float | None:
        threshold = self.policy.threshold(layer, layout)
        if threshold is None or self.budget[layer] is not None:
            return None
        return threshold * self.scale[layer]

    def scores(
        self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None
    ) -> Tensor | None:
        """Return the method's own; NaN where it has none but tokens are forced out."""
        scores = self.policy.scores(layer, hidden, layout, received)
        if scores is None and self.drops and layer == self.drop_layer:
            return hidden.new_full(hidden.shape[:2], torch.nan)
        return scores

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor | None:
        """Return the method's choice, changed; None where every token stays."""
        if not self.drops or layer != self.drop_layer:
            return self._chosen(layer, scores, layout, None)
        gone = layout.gather_rows(self.dropped)
        stays = None if bool(scores.isnan().any()) else self._chosen(layer, scores, layout, gone)
        return ~gone if stays is None else stays & ~gone

    def _chosen(self, layer: int, scores: Tensor, layout: Layout, gone: Tensor | None) -> Tensor | None:
        """Return what stays before tokens are forced out; the `gone` take no place of a budget."""
        share, factor = self.budget[layer], self.scale[layer]
        held = layout.gather_rows(self.kept)
        if share is not None:
            ranked = scores.masked_fill(held, torch.inf)
            ranked = ranked if gone is None else ranked.masked_fill(gone, -torch.inf)
            # Less a little: 0.3 of 10 tokens are 3, whatever float32 makes of it.
            allowed = (layout.full_lengths * share - 1e-4).ceil().long()[:, None].expand_as(self.kept)
            return (layout.rank(ranked) < layout.gather_rows(allowed) - 1) | held
        if factor == 1:
            stays = self.policy.keep(layer, scores, layout)
        else:
            stays = self.policy.keep(layer, scores / factor, ScaledRanks.of(layout, factor))
        return stays if stays is None or not self.forces else stays | held
