"""MPNet (Song et al., NeurIPS 2020): BERT's layers, and a learnt bias by how far apart tokens stand."""

from collections.abc import Sequence

import torch
from torch import Tensor

from workbench.models.backbones.base import Backbone, HeadParts
from workbench.models.backbones.layer import EncoderLayer
from workbench.models.backbones.post_norm import Names, PostNormLayer
from workbench.models.layouts import Inputs

NAMES = Names(
    query="attention.attn.q",
    key="attention.attn.k",
    value="attention.attn.v",
    attention_dropout="attention.attn.dropout",
    output="attention.attn.o",
    output_dropout="attention.dropout",
    first_norm="attention.LayerNorm",
)


class MPNet(Backbone):
    """A stock MPNet classifier; its positions begin after the padding's id, as RoBERTa's do."""

    model_type = "mpnet"
    title = "MPNet"
    stock_name = "MPNet"
    layer_weights = "mpnet.encoder.layer."

    @property
    def positions(self) -> int:
        return super().positions - self._first_position

    def _layers(self) -> Sequence[EncoderLayer]:
        layers = [
            PostNormLayer(stock, index, self.config.num_attention_heads, NAMES)
            for index, stock in enumerate(self.encoder.encoder.layer)
        ]
        for layer in layers:
            layer.pair_bias = self._pair_bias
        return layers

    def _pair_bias(self, query: Tensor, key: Tensor, places: Tensor, key_places: Tensor) -> Tensor:
        """Return (texts, heads, n, m): the bias of each pair's bucket of distance, in all layers."""
        encoder = self.encoder.encoder
        apart = key_places[:, None, :] - places[:, :, None]
        bias = encoder.relative_attention_bias(encoder.relative_position_bucket(apart))
        return torch.as_tensor(bias.permute(0, 3, 1, 2), dtype=query.dtype)

    def embed(self, inputs: Inputs) -> Tensor:
        hidden: Tensor = self.embeddings(
            input_ids=inputs.input_ids, position_ids=inputs.position_ids + self._first_position
        )
        return hidden

    def head(self, pooled: Tensor) -> Tensor:
        logits: Tensor = self.stock.classifier(pooled[:, None])
        return logits

    @property
    def head_parts(self) -> HeadParts | None:
        head = self.stock.classifier
        return HeadParts(head.dense, torch.tanh, head.out_proj)

    @property
    def _first_position(self) -> int:
        return int(self.embeddings.padding_idx) + 1  # type: ignore[arg-type]
