"""PoWER-BERT (Goyal et al., ICML 2020): a fixed number of tokens passes each layer's self-attention."""

from itertools import accumulate
from typing import Any, ClassVar

import torch
from pydantic import BaseModel
from torch import Tensor, nn
from transformers import PreTrainedConfig

from workbench.catalog.settings import Cut
from workbench.models.layouts import Layout
from workbench.models.policies.base import Policy

ROUNDING = 1e-3
"""A sum of retention weights this close below a whole number is that number."""


class PowerBert(Policy):
    """Per layer one retention weight for each rank of significance; their sum is how many stay.

    The count is the task's, not the text's: a text with fewer tokens loses none. [CLS] is not ranked,
    its weight is 1. A layer that retains everything cuts no longer text either.
    """

    method: ClassVar[str] = "powerbert"
    cut: Cut = "middle"
    ignores_own_attention: bool = True

    def __init__(self, config: PreTrainedConfig, *, length: int) -> None:
        """`length` is that of the longest training window; ValueError for less than 2 tokens."""
        super().__init__()
        if length < 2:
            raise ValueError(f"a window has at least 2 tokens, not {length}")
        self.length = length
        self.retention = nn.Parameter(torch.ones(config.num_hidden_layers, length - 1))
        """(layers, length - 1) in [0, 1]: weight of each rank after [CLS], most significant first."""

    @classmethod
    def check_settings(cls, settings: type[BaseModel]) -> None:
        """Accept any: the objective builds the policy."""

    def settings(self) -> dict[str, Any]:
        return {"length": self.length}

    def needs_attention(self, layer: int) -> bool:
        return True

    def scores(self, layer: int, hidden: Tensor, layout: Layout, received: Tensor | None) -> Tensor:
        """Significance of a word-vector: the column sum of the head mean, without the diagonal."""
        if received is None:
            raise ValueError("significance needs the attention received from the other tokens")
        return received * layout.count()

    def keep(self, layer: int, scores: Tensor, layout: Layout) -> Tensor:
        others = self._others()[layer]
        return (layout.rank(scores) < others) | (others >= self.length - 1)

    def soften(
        self, layer: int, hidden: Tensor, scores: Tensor, layout: Layout
    ) -> tuple[Tensor, Layout]:
        """Soft-extract layer (configuration search): hidden states times the weight of their rank."""
        rank = layout.rank(scores).clamp(0, self.length - 2)
        weights = self.retention[layer][rank].masked_fill(layout.is_cls, 1.0)
        return hidden * weights[..., None], layout

    def counts(self) -> list[int]:
        """Tokens that stay in each layer, [CLS] among them.

        The whole part of the layer's sum of weights, but never more than the layer before keeps.
        """
        return [1 + int(count) for count in self._others().tolist()]

    def _others(self) -> Tensor:
        """(layers,): how many stay besides [CLS]."""
        sums = (self.retention.detach().sum(1) + ROUNDING).floor()
        # Not `cummin`, which no ONNX graph can have.
        return torch.stack([*accumulate(sums, torch.minimum)])
