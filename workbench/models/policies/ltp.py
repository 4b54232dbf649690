"""LTP (Kim et al., KDD 2022): a token stays while it receives attention above a learned threshold."""

from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import BertConfig

from workbench.models.layouts import Layout, Padded
from workbench.models.policies.base import Policy


class LTP(Policy):
    """One absolute threshold for the entry of each layer but the first, where nothing is scored yet.

    Thresholds start on a line that rises with the layer to `last_threshold`, as in the authors' code.
    Scores of a text of n tokens are 1/n on average: what is low for a short text is high for a long one.
    A start at a quarter of 1/n (0.01 at 25 tokens) drops a few tokens before the last layers of a
    fine-tuned BERT and leaves the rest to training. `temperature` is the width of the soft mask in units
    of the score; much below the spread of the scores, too few tokens are near enough to a threshold to
    move it.
    """

    method: ClassVar[str] = "ltp"

    def __init__(
        self, config: BertConfig, *, last_threshold: float = 0.01, temperature: float = 2e-3
    ) -> None:
        super().__init__()
        self.last_threshold, self.temperature = last_threshold, temperature
        cuts = config.num_hidden_layers - 1
        self.thresholds = nn.Parameter(last_threshold * torch.arange(1, cuts + 1) / cuts)

    def settings(self) -> dict[str, Any]:
        return {"last_threshold": self.last_threshold, "temperature": self.temperature}

    def needs_attention(self, layer: int) -> bool:
        return layer < len(self.thresholds)

    def scores(
        self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None
    ) -> Tensor | None:
        """Attention received in the layer before, mean over heads and queries."""
        return received

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
