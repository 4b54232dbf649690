"""ToP (Li et al., KDD 2023): attention received ranks the tokens, hard-concrete gates cut the ranks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig

from workbench.catalog.methods.top import CoarseGate, GateActsOn, RankedAmong
from workbench.catalog.settings import Cut
from workbench.models.layouts import Layout, Padded
from workbench.models.policies import hard_concrete
from workbench.models.policies.base import Policy


@dataclass(frozen=True)
class SoftStage:
    """What gates do while they are sampled; nothing of it is left at inference."""

    acts_on: GateActsOn = "attention"
    ranked_among: RankedAmong = "remaining"
    shared: bool = False
    """Whether all texts of a batch share one sample of the gates."""


class ToP(Policy):
    """Per prunable layer: one coarse gate (cut here at all?) and `bins` fine gates over relative rank.

    A token's bin is its rank over the number of remaining tokens, [CLS] left out of both. With the cut
    in the middle of a layer its own self-attention ranks, at its entry that of the layer before.
    """

    method: ClassVar[str] = "top"

    def __init__(
        self,
        config: PreTrainedConfig,
        *,
        bins: int = 25,
        first_layer: int | None = 2,
        cut: Cut = "entry",
        coarse_gate: CoarseGate = "half",
        fine_start: float = 4.6,
        coarse_start: float = -4.6,
    ) -> None:
        """Have gates in the layers from `first_layer` on; None: the first sixth of them cuts nothing, at
        least one. ValueError where that leaves none."""
        super().__init__()
        self.layers = config.num_hidden_layers
        if first_layer is None:
            first_layer = max(1, self.layers // 6) + (cut == "entry")
        prunable = self.layers - first_layer
        if first_layer < 1 or prunable < 1:
            raise ValueError(f"first_layer {first_layer} leaves no layer of {self.layers} to cut")
        self.bins, self.first_layer, self.cut, self.coarse_gate = bins, first_layer, cut, coarse_gate
        self.starts = fine_start, coarse_start
        self.soft_stage = SoftStage()
        self.probe: Tensor | None = None
        """See `probed`."""
        self.fine = nn.Parameter(
            torch.full((prunable, bins), fine_start) + 0.01 * torch.randn(prunable, bins)
        )
        self.coarse = nn.Parameter(torch.full((prunable,), coarse_start) + 0.01 * torch.randn(prunable))

    def settings(self) -> dict[str, Any]:
        fine, coarse = self.starts
        return {
            "bins": self.bins,
            "first_layer": self.first_layer,
            "cut": self.cut,
            "coarse_gate": self.coarse_gate,
            "fine_start": fine,
            "coarse_start": coarse,
        }

    def needs_attention(self, layer: int) -> bool:
        last = self.layers if self.cuts_after_attention else self.layers - 1
        return self.first_layer - (not self.cuts_after_attention) <= layer < last

    def scores(
        self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None
    ) -> Tensor | None:
        """Attention received, in the layers that may cut."""
        if self.cuts_after_attention and layer < self.first_layer:
            return None
        if received is None or not isinstance(layout, Padded) or layout.soft is None:
            return received
        return received * layout.soft if self.soft_stage.ranked_among == "soft" else received

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor | None:
        gates = self.open_gates(layer)
        return None if gates is None else gates[self.bin_of(scores, layout)]

    def soften(
        self, layer: int, hidden: Tensor, scores: Tensor, layout: Layout
    ) -> tuple[Tensor, Layout]:
        """Sampled gates scale attention or states, as `soft_stage` says."""
        assert isinstance(layout, Padded), "gates are trained in the padded layout"
        row = layer - self.first_layer
        if row < 0:
            return hidden, layout
        gates = self._sample(row, len(scores)) if self.probe is None else self.probe[:, row]
        stays = gates.gather(1, self.bin_of(scores, layout))
        soft = layout.soft_times(stays)
        if self.soft_stage.acts_on == "attention" or self.probe is not None:
            return hidden, replace(layout, soft=soft, gated=True)
        if self.soft_stage.acts_on == "states":
            soft = layout.without_zeros().alive * stays.masked_fill(layout.is_cls, 1.0)
        return hidden * soft[..., None], replace(layout, soft=soft)

    @contextmanager
    def probed(self, probe: Tensor) -> Iterator[None]:
        """Have `probe`, (B, prunable layers, bins), in the place of the sampled gates inside, acting on
        attention: for the derivative by a single text's gates."""
        self.probe = probe
        try:
            yield
        finally:
            self.probe = None

    def _sample(self, row: int, texts: int) -> Tensor:
        """(texts, bins): each gate's value."""
        draws = 1 if self.soft_stage.shared else texts
        coarse = hard_concrete.sample_binary(self.coarse[row].expand(draws, 1), self.coarse_above)
        closed = 1 - hard_concrete.sample(self.fine[row].expand(draws, -1))
        return (1 - closed * coarse).expand(texts, -1)

    @property
    def coarse_above(self) -> float:
        """Above which value a coarse gate's sample is on."""
        return 0.5 if self.coarse_gate == "half" else 0.0

    def bin_of(self, scores: Tensor, layout: Layout) -> Tensor:
        """(rows, columns) int64: each token's bin of relative rank, 0 = most important."""
        if isinstance(layout, Padded) and self.soft_stage.ranked_among == "soft":
            count = layout.soft_count().detach()
        else:
            layout = layout.without_zeros() if isinstance(layout, Padded) else layout
            count = layout.count()
        return self.bins_of_ranks(layout.rank(scores), (count - 1).clamp_min(1))

    def bins_of_ranks(self, ranks: Tensor, ranked: Tensor) -> Tensor:
        """Return the bins of ranks, 0 being the best, among `ranked` tokens; int64, shapes broadcast."""
        return (ranks * self.bins / ranked).long().clamp(0, self.bins - 1)

    def open_gates(self, layer: int) -> Tensor | None:
        """(bins,) bool: the bins that stay at inference; None before the first layer that may cut.

        A layer cuts when its coarse gate is more likely on than off; as many fine gates are open as
        are expected to be non-zero, the likeliest ones.
        """
        row = layer - self.first_layer
        if row < 0:
            return None
        count = hard_concrete.probability_open(self.fine[row]).sum().round()
        place = self.fine[row].argsort(descending=True, stable=True).argsort()
        return (place < count) | (self._probability_on(row) < 0.5)

    def expected_keep(self, layer: int) -> Tensor | None:
        """(bins,): probability that a token of each bin passes this layer, with gradient."""
        row = layer - self.first_layer
        if row < 0:
            return None
        closed = 1 - hard_concrete.probability_open(self.fine[row])
        return 1 - closed * self._probability_on(row)

    def _probability_on(self, row: int) -> Tensor:
        return hard_concrete.probability_above(self.coarse[row], self.coarse_above)

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring every log-alpha back to where its gate can still move (ln 0.01 .. ln 100)."""
        for gate in (self.fine, self.coarse):
            gate.clamp_(*hard_concrete.LOG_ALPHA_RANGE)
