"""AdapLeR (Modarressi et al., ACL 2022): contribution predictors and adaptive thresholds."""

import math
from dataclasses import replace
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig
from transformers.activations import ACT2FN

from workbench.catalog.settings import Cut
from workbench.models.layouts import Layout, Padded
from workbench.models.policies.base import Policy

LOWEST_EDIT = -1e4
"""Attention bias at which a token counts as gone."""


def soft_removal(scores: Tensor, delta: Tensor, slope: float, beta: float) -> Tensor:
    """Return AdapLeR's soft removal, an attention edit: steep below the threshold, almost flat above it.

    Continuous at `scores == delta`, where it is -beta/slope; as `slope` grows it tends to the hard rule
    (0 at or above the threshold, `LOWEST_EDIT` below). Source: Modarressi et al., 2022, soft-removal
    function. Shapes broadcast; values <= 0.

    Args:
        scores: Contributions, shares of the remaining tokens.
        delta: Threshold.
        slope: The paper's lambda.
        beta: Slope above the threshold.
    """
    below = slope / delta * (scores - delta) - beta / slope
    above = (scores - 1) * (beta / slope) / (1 - delta).clamp_min(1e-9)
    return torch.where(scores < delta, below, above).clamp(LOWEST_EDIT, 0)


def _activation(config: PreTrainedConfig) -> str:
    """Return the activation of the backbone's feed-forward parts."""
    named = (getattr(config, key, None) for key in ("hidden_act", "hidden_activation", "activation"))
    return str(next(name for name in named if name is not None))


class AdapLeR(Policy):
    """A predictor in every layer; a token stays if its share is at least eta / n."""

    method: ClassVar[str] = "adapler"

    def __init__(
        self,
        config: PreTrainedConfig,
        *,
        width: int = 32,
        eta_start: float = 0.25,
        beta: float = 0.1,
        cut: Cut = "entry",
    ) -> None:
        super().__init__()
        layers = config.num_hidden_layers
        self.width, self.eta_start, self.beta, self.cut = width, eta_start, beta, cut
        self.hidden = config.hidden_size
        self.slope = math.inf
        """Steepness of soft removal; the objective sets it for each epoch."""
        self.probe: Tensor | None = None
        """(layers,) ones that [CLS]'s score is multiplied by, for theta's gradient; training only."""
        self.length_gradient = True
        """Whether the soft number of tokens in eta / n has a gradient; training only."""
        self.predictors = nn.ModuleList(
            nn.Sequential(
                nn.Linear(config.hidden_size, width), ACT2FN[_activation(config)], nn.Linear(width, 1)
            )
            for _ in range(layers)
        )
        # BERT's own small initialisation: every token starts near the uniform share, none is dropped.
        for module in self.predictors.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=config.initializer_range)
                nn.init.zeros_(module.bias)
        self.eta = nn.Parameter(torch.full((layers,), eta_start))
        self.theta = nn.Parameter(torch.ones(layers))
        """[CLS]'s factor in the training target; entry 0 is not used."""

    @classmethod
    def from_settings(cls, config: PreTrainedConfig, settings: Any) -> Self:
        width, start = settings.predictor_width, settings.eta_start
        return cls(config, width=width, eta_start=start, beta=settings.beta, cut=settings.cut)

    def settings(self) -> dict[str, Any]:
        return {
            "width": self.width,
            "eta_start": self.eta_start,
            "beta": self.beta,
            "cut": self.cut,
        }

    def predictor_cost(self, layer: int) -> int:
        return self.width * self.hidden + self.width

    def scores(self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None) -> Tensor:
        """Contribution predictor: a share per remaining token, summing to 1."""
        return layout.softmax(self.predictors[layer](hidden).squeeze(-1))

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor:
        return scores >= self.threshold(layer, layout)

    def threshold(self, layer: int, layout: Layout) -> Tensor:
        """The share eta / n of a text with n remaining tokens."""
        return self.eta[layer] / layout.count()

    def soften(
        self, layer: int, hidden: Tensor, scores: Tensor, layout: Layout
    ) -> tuple[Tensor, Layout]:
        assert isinstance(layout, Padded), "soft removal needs the padded layout"
        if self.probe is not None:
            scores = torch.where(layout.is_cls, scores * self.probe[layer], scores)
            scores = scores / scores.sum(1, keepdim=True)
        remaining = layout.soft_count()
        delta = self.eta[layer, None] / (remaining if self.length_gradient else remaining.detach())
        edit = soft_removal(scores, delta, self.slope, self.beta).masked_fill(layout.is_cls, 0.0)
        bias = edit if layout.bias is None else layout.bias + edit
        soft = layout.soft_times(edit.exp())
        return hidden, replace(layout, bias=bias.clamp_min(LOWEST_EDIT), soft=soft)
