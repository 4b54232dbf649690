"""LTP (Kim et al., KDD 2022): a token stays while it receives attention above a learned threshold."""

from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig

from workbench.catalog.settings import Cut
from workbench.models.layouts import Layout, Padded
from workbench.models.policies.base import Policy


class LTP(Policy):
    """One threshold for each layer but the first, which cuts nothing.

    In the middle of a layer the attention that its own self-attention gave is held against it, at its
    entry that of the layer before. It is the sum over a text's n tokens divided by `padded_length`, so
    that the mean score is 1 / `padded_length` whatever n is; None divides by n: what is low for a short
    text is then high for a long one. Thresholds start on a line that rises with the layer to
    `last_threshold`. `temperature` is the width of the soft mask in units of the score; much below the
    spread of the scores, too few tokens are near enough to a threshold to move it.
    """

    method: ClassVar[str] = "ltp"

    def __init__(
        self,
        config: PreTrainedConfig,
        *,
        last_threshold: float = 0.01,
        temperature: float = 2e-3,
        padded_length: int | None = None,
        cut: Cut = "entry",
    ) -> None:
        super().__init__()
        self.last_threshold, self.temperature = last_threshold, temperature
        self.padded_length, self.cut = padded_length, cut
        cuts = config.num_hidden_layers - 1
        self.thresholds = nn.Parameter(last_threshold * torch.arange(1, cuts + 1) / cuts)

    def settings(self) -> dict[str, Any]:
        return {
            "last_threshold": self.last_threshold,
            "temperature": self.temperature,
            "padded_length": self.padded_length,
            "cut": self.cut,
        }

    def needs_attention(self, layer: int) -> bool:
        return layer > 0 if self.cuts_after_attention else layer < len(self.thresholds)

    def scores(
        self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None
    ) -> Tensor | None:
        """Attention received, mean over heads, and over `padded_length` queries or all there are."""
        if received is None or layer == 0:
            return None
        return received if self.padded_length is None else received * layout.count() / self.padded_length

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor:
        return scores >= self.thresholds[layer - 1]

    def threshold(self, layer: int, layout: Layout) -> Tensor | None:
        """The learned one; none at the first layer."""
        return self.thresholds[layer - 1] if layer else None

    def soften(
        self, layer: int, hidden: Tensor, scores: Tensor, layout: Layout
    ) -> tuple[Tensor, Layout]:
        """sigmoid((score - threshold) / T), a product over layers, scales the hidden states (3.4)."""
        assert isinstance(layout, Padded), "thresholds are trained in the padded layout"
        stays = torch.sigmoid((scores - self.thresholds[layer - 1]) / self.temperature)
        soft = layout.soft_times(stays)
        return hidden * soft[..., None], replace(layout, soft=soft)

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring every threshold back to where scores can be."""
        self.thresholds.clamp_(0, 1)
