"""The policy, and an objective that trains with tokens really gone."""

from typing import Any, ClassVar

from torch import Tensor
from transformers import BertConfig

from workbench.models.layouts import Layout
from workbench.models.policies.base import Policy
from workbench.training.objectives.base import Objective


class FixedRatio(Policy):
    """Attention received in the layer before ranks the tokens; the share `keep_ratio` stays."""

    method: ClassVar[str] = "fixedratio"

    def __init__(self, config: BertConfig, *, keep_ratio: float = 0.8) -> None:
        super().__init__()
        self.layers, self.keep_ratio = config.num_hidden_layers, keep_ratio

    def settings(self) -> dict[str, Any]:
        return {"keep_ratio": self.keep_ratio}

    def needs_attention(self, layer: int) -> bool:
        return layer < self.layers - 1

    def scores(
        self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None
    ) -> Tensor | None:
        return received

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor:
        return layout.rank(scores) < ((layout.count() - 1) * self.keep_ratio).ceil()


class FixedRatioObjective(Objective):
    """The task's loss on packed batches, as the dense model's."""

    policy_class = FixedRatio
