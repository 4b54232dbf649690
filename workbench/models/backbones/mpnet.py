"""MPNet (Song et al., NeurIPS 2020): BERT's layers, and a learnt bias by how far apart tokens stand."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from workbench.models.backbones.base import DenseHead
from workbench.models.backbones.layer import EncoderLayer
from workbench.models.backbones.post_norm import Names, PostNormBackbone, PostNormLayer
from workbench.models.layouts import PairBias

NAMES = Names(
    query="attention.attn.q",
    key="attention.attn.k",
    value="attention.attn.v",
    attention_dropout="attention.attn.dropout",
    output="attention.attn.o",
    output_dropout="attention.dropout",
    first_norm="attention.LayerNorm",
)


class MPNet(DenseHead, PostNormBackbone):
    """A stock MPNet classifier; its positions begin after the padding's id, as RoBERTa's do."""

    model_type = "mpnet"
    title = "MPNet"
    stock_name = "MPNet"
    layer_weights = "mpnet.encoder.layer."

    @property
    def first_position(self) -> int:
        return int(self.embeddings.padding_idx) + 1  # type: ignore[arg-type]

    def _layers(self) -> Sequence[EncoderLayer]:
        heads, encoder = self.config.num_attention_heads, self.encoder.encoder
        return [DistanceLayer(stock, heads, encoder) for stock in self.stock_layers]


class DistanceLayer(PostNormLayer):
    """A layer with a bias on attention logits for each bucket of distance, the same in all layers."""

    def __init__(self, stock: nn.Module, heads: int, encoder: Any) -> None:
        """Take the layer apart; `encoder` holds the bias."""
        super().__init__(stock, heads, NAMES)
        self.encoder = encoder

    def pair_bias(self) -> PairBias:
        return self._pair_bias

    def _pair_bias(self, query: Tensor, key: Tensor, places: Tensor, key_places: Tensor) -> Tensor:
        """Return (texts, heads, n, m)."""
        apart = key_places[:, None, :] - places[:, :, None]
        bias = self.encoder.relative_attention_bias(self.encoder.relative_position_bucket(apart))
        return torch.as_tensor(bias.permute(0, 3, 1, 2), dtype=query.dtype)
