"""ToP (Li et al., KDD 2023): attention received ranks the tokens, hard-concrete gates cut the ranks."""

from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import BertConfig

from workbench.models.layouts import Layout, Padded
from workbench.models.policies import hard_concrete
from workbench.models.policies.base import Policy


class ToP(Policy):
    """Per prunable layer: one coarse gate (cut here at all?) and `bins` fine gates over relative rank.

    A token's bin is its rank over the number of remaining tokens, [CLS] left out of both.
    """

    method: ClassVar[str] = "top"

    def __init__(
        self,
        config: BertConfig,
        *,
        bins: int = 25,
        first_layer: int = 2,
        fine_start: float = 4.6,
        coarse_start: float = -4.6,
    ) -> None:
        super().__init__()
        prunable = config.num_hidden_layers - first_layer
        if first_layer < 1 or prunable < 1:
            raise ValueError(
                f"first_layer {first_layer} leaves no layer of {config.num_hidden_layers} to cut"
            )
        self.bins, self.first_layer = bins, first_layer
        self.starts = fine_start, coarse_start
        self.layers = config.num_hidden_layers
        self.fine = nn.Parameter(
            torch.full((prunable, bins), fine_start) + 0.01 * torch.randn(prunable, bins)
        )
        self.coarse = nn.Parameter(torch.full((prunable,), coarse_start) + 0.01 * torch.randn(prunable))

    def settings(self) -> dict[str, Any]:
        fine, coarse = self.starts
        return {
            "bins": self.bins,
            "first_layer": self.first_layer,
            "fine_start": fine,
            "coarse_start": coarse,
        }

    def needs_attention(self, layer: int) -> bool:
        return self.first_layer - 1 <= layer < self.layers - 1

    def scores(
        self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None
    ) -> Tensor | None:
        """Attention received in the layer before; soft-dropped tokens weigh less."""
        if received is None:
            return None
        if isinstance(layout, Padded) and layout.soft is not None:
            return received * layout.soft
        return received

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor | None:
        gates = self.open_gates(layer)
        return None if gates is None else gates[self.bin_of(scores, layout)]

    def soften(
        self, layer: int, hidden: Tensor, scores: Tensor, layout: Layout
    ) -> tuple[Tensor, Layout]:
        """Sampled gates multiply the hidden states; a token's mask is a product over layers."""
        assert isinstance(layout, Padded), "gates are trained in the padded layout"
        row = layer - self.first_layer
        if row < 0:
            return hidden, layout
        coarse = hard_concrete.sample_binary(self.coarse[row])
        gate = 1 - (1 - hard_concrete.sample(self.fine[row])) * coarse
        soft = layout.soft_times(gate[self.bin_of(scores, layout)])
        return hidden * soft[..., None], replace(layout, soft=soft)

    def bin_of(self, scores: Tensor, layout: Layout) -> Tensor:
        """(rows, columns) int64: each token's bin of relative rank, 0 = most important."""
        ranked = (layout.count() - 1).clamp_min(1)
        return (layout.rank(scores) * self.bins / ranked).long().clamp(0, self.bins - 1)

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
        return (place < count) | (self.coarse[row] < 0)

    def expected_keep(self, layer: int) -> Tensor | None:
        """(bins,): probability that a token of each bin passes this layer, with gradient."""
        row = layer - self.first_layer
        if row < 0:
            return None
        closed = 1 - hard_concrete.probability_open(self.fine[row])
        return 1 - closed * hard_concrete.probability_on(self.coarse[row])

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring every log-alpha back to where its gate can still move (ln 0.01 .. ln 100)."""
        for gate in (self.fine, self.coarse):
            gate.clamp_(*hard_concrete.LOG_ALPHA_RANGE)
