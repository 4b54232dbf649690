"""DeBERTa-v2 and v3 (He et al., ICLR 2021 and 2023): content and relative position attend apart."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers.activations import ACT2FN
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

from workbench.metrics.efficiency.flops import Shape
from workbench.models.backbones.base import HeadParts
from workbench.models.backbones.layer import EncoderLayer
from workbench.models.backbones.post_norm import Names, PostNormBackbone, PostNormLayer
from workbench.models.layouts import PairBias

NAMES = Names(
    query="attention.self.query_proj", key="attention.self.key_proj", value="attention.self.value_proj"
)


class DebertaV2(PostNormBackbone):
    """A stock DeBERTa-v2 classifier; v3 has the same model type."""

    model_type = "deberta-v2"
    title = "DeBERTa-v2/v3"
    stock_name = "DebertaV2"
    new_head = ("classifier.", "pooler.")
    layer_weights = "deberta.encoder.layer."

    @classmethod
    def check(cls, config: Any) -> None:
        if getattr(config, "conv_kernel_size", 0) > 0:
            raise ValueError(
                "has a convolution after its first layer, which mixes neighbouring tokens; the "
                "workbench runs DeBERTa without one, such as v3"
            )

    def _layers(self) -> Sequence[EncoderLayer]:
        heads, encoder = self.config.num_attention_heads, self.encoder.encoder
        return [DisentangledLayer(stock, heads, encoder) for stock in self.stock_layers]

    def head(self, pooled: Tensor) -> Tensor:
        stock = self.stock
        logits: Tensor = stock.classifier(stock.dropout(stock.pooler(pooled[:, None])))
        return logits

    @property
    def head_parts(self) -> HeadParts | None:
        activation = ACT2FN[self.config.pooler_hidden_act]
        return HeadParts(self.stock.pooler.dense, activation, self.stock.classifier)

    def shape(self, classes: int) -> Shape:
        config = self.config
        width = config.hidden_size
        narrow = self.embeddings.embed_proj is not None
        first = self.layers[0]
        assert isinstance(first, DisentangledLayer)
        return replace(
            super().shape(classes),
            embedding_products=self.embeddings.embedding_size * width if narrow else 0,
            position_products=first.relative_terms * 2 * first.span * width,
            query_position_products=first.content_to_position * 2 * first.span * width,
        )


class DisentangledLayer(PostNormLayer):
    """A layer whose attention logits have up to three terms: content with content, content with the
    relative position, and the relative position with content (section 3.1)."""

    def __init__(self, stock: nn.Module, heads: int, encoder: Any) -> None:
        """Take the layer apart; `encoder` holds the embeddings of relative positions for all layers."""
        super().__init__(stock, heads, NAMES)
        self.encoder = encoder
        attention = self._attention
        kinds = attention.pos_att_type if attention.relative_attention else ()
        self.content_to_position, self.position_to_content = "c2p" in kinds, "p2c" in kinds
        # The scale counts the terms that are named, whether or not there are relative positions.
        terms = 1 + sum(kind in attention.pos_att_type for kind in ("c2p", "p2c"))
        self.scaling = (attention.attention_head_size * terms) ** -0.5

    @property
    def relative_terms(self) -> int:
        """How many terms with a relative position the logits have."""
        return self.content_to_position + self.position_to_content

    @property
    def span(self) -> int:
        """Relative positions, or buckets of them, in each direction."""
        return int(self._attention.pos_ebd_size) if self.relative_terms else 0

    @property
    def _attention(self) -> Any:
        return self.stock.attention.self  # type: ignore[union-attr]

    def pair_bias(self) -> PairBias | None:
        """Return both terms with a relative position, whose keys and queries are projected here."""
        if not self.relative_terms:
            return None
        attention, keys, queries = self._attention, None, None
        embedded = attention.pos_dropout(self.encoder.get_rel_embedding()[: 2 * self.span])
        if self.content_to_position:
            make = attention.key_proj if attention.share_att_key else attention.pos_key_proj
            keys = self.split(make(embedded)[None])
        if self.position_to_content:
            make = attention.query_proj if attention.share_att_key else attention.pos_query_proj
            queries = self.split(make(embedded)[None])
        return partial(self._terms, keys, queries)

    def _terms(
        self,
        keys: Tensor | None,
        queries: Tensor | None,
        query: Tensor,
        key: Tensor,
        places: Tensor,
        key_places: Tensor,
    ) -> Tensor:
        """Return (texts, heads, n, m): both terms, scaled as the first is.

        Args:
            keys, queries: (1, heads, 2 span, d) of the relative positions; None: the term is not used.
            query, key, places, key_places: As of `PairBias`.
        """
        index = self._buckets(places[:, :, None] - key_places[:, None, :])[:, None]
        index = index.expand(*query.shape[:3], key.shape[2])
        terms = []
        if keys is not None:
            terms.append((query @ keys.transpose(2, 3)).gather(3, index))
        if queries is not None:
            terms.append((key @ queries.transpose(2, 3)).transpose(2, 3).gather(2, index))
        return sum(terms[1:], terms[0]) * self.scaling

    def _buckets(self, apart: Tensor) -> Tensor:
        """Return which embedding stands for query place - key place, both int64."""
        attention = self._attention
        if attention.position_buckets > 0:
            apart = make_log_bucket_position(
                apart, attention.position_buckets, attention.max_relative_positions
            )
        return (apart.to(torch.int64) + self.span).clamp(0, 2 * self.span - 1)
