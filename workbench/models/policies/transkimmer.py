"""Transkimmer (Guan et al., ACL 2022): a predictor before every layer says keep or skim."""

from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig

from workbench.catalog.settings import Cut
from workbench.models.kernels.onednn import use_onednn
from workbench.models.layouts import Layout, Padded
from workbench.models.policies import hard_concrete
from workbench.models.policies.base import Policy

SKIM, KEEP = 0, 1


class Transkimmer(Policy):
    """LayerNorm, Linear(H, H), LayerNorm, GELU, Linear(H, 2) in every layer: the skim predictor.

    A token stays where the keep logit is the larger one. Where texts are classified, skimmed tokens
    never come back; where every token has an output, their states are forwarded to it as in the paper.
    `keep_bias`
    is the last bias at the start, with a plus for keep and a minus for skim: everything is kept.
    """

    method: ClassVar[str] = "transkimmer"
    rejoin = "gated"

    def __init__(
        self,
        config: PreTrainedConfig,
        *,
        keep_bias: float = 5.0,
        temperature: float = 1.0,
        cut: Cut = "entry",
    ) -> None:
        super().__init__()
        self.keep_bias, self.temperature, self.cut = keep_bias, temperature, cut
        self.hidden = config.hidden_size
        self.predictors = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(self.hidden),
                nn.Linear(self.hidden, self.hidden),
                nn.LayerNorm(self.hidden),
                nn.GELU(),
                _keeping(nn.Linear(self.hidden, 2), keep_bias),
            )
            for _ in range(config.num_hidden_layers)
        )
        use_onednn(self.predictors)

    def settings(self) -> dict[str, Any]:
        return {"keep_bias": self.keep_bias, "temperature": self.temperature, "cut": self.cut}

    def predictor_cost(self, layer: int) -> int:
        return self.hidden**2 + 2 * self.hidden

    def scores(self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None) -> Tensor:
        """Probability of being kept."""
        logits = self.predictors[layer](hidden).float()
        return torch.sigmoid(logits[..., KEEP] - logits[..., SKIM])

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor:
        return scores > 0.5

    def threshold(self, layer: int, layout: Layout) -> float:
        """Where keeping is as likely as skimming."""
        return 0.5

    def soften(
        self, layer: int, hidden: Tensor, scores: Tensor, layout: Layout
    ) -> tuple[Tensor, Layout]:
        """Hard Gumbel-softmax: the sampled mask is 0 or 1, its gradient that of the soft sample (3.3).

        A skimmed token gets no attention, yet the gradient knows what it would have given.
        """
        assert isinstance(layout, Padded), "predictors are trained in the padded layout"
        log_odds = torch.logit(scores, hard_concrete.EPSILON)
        sampled = hard_concrete.relaxed(log_odds, self.temperature)
        soft = layout.soft_times(hard_concrete.straight_through(sampled))
        return hidden, replace(layout, soft=soft, gated=True)


def _keeping(last: nn.Linear, bias: float) -> nn.Linear:
    with torch.no_grad():
        last.bias[SKIM], last.bias[KEEP] = -bias, bias
    return last
