"""ModernBERT (Warner et al., 2024): norms first, rotary positions, a gated feed-forward part, and local
attention in most layers. A token that stays keeps its place, and the window around it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.models.modernbert.modeling_modernbert import apply_rotary_pos_emb

from workbench.metrics.efficiency.flops import Shape
from workbench.models.backbones.base import Backbone
from workbench.models.backbones.layer import EncoderLayer
from workbench.models.layouts import Inputs, Layout, PairBias


class ModernBert(Backbone):
    """A stock ModernBERT classifier."""

    model_type = "modernbert"
    title = "ModernBERT"
    stock_name = "ModernBert"
    new_head = ("classifier.", "head.")
    layer_weights = "model.layers."
    post_norm = False

    def __init__(self, stock: Any) -> None:
        super().__init__(stock)
        self.pools_cls = self.config.classifier_pooling == "cls"

    def token_shape(self, outputs: int) -> Shape:
        shape = super().token_shape(outputs)
        return replace(shape, token_head=shape.token_head + shape.hidden**2)

    def _layers(self) -> Sequence[EncoderLayer]:
        rotary = self.encoder.rotary_emb
        return [ModernBertLayer(stock, rotary) for stock in self.encoder.layers]

    def embed(self, inputs: Inputs) -> Tensor:
        hidden: Tensor = self.embeddings(input_ids=inputs.input_ids)
        return hidden

    def pool(self, hidden: Tensor, layout: Layout) -> Tensor:
        if self.pools_cls:
            return self.encoder.final_norm(layout.cls_states(hidden))
        return layout.mean_states(self.encoder.final_norm(hidden))

    def head(self, pooled: Tensor) -> Tensor:
        stock = self.stock
        logits: Tensor = stock.classifier(stock.drop(stock.head(pooled)))
        return logits

    def token_head(self, states: Tensor) -> Tensor:
        return self.head(self.encoder.final_norm(states))

    @property
    def activations(self) -> list[nn.Module]:
        return [*super().activations, self.stock.head.act]

    def shape(self, classes: int) -> Shape:
        return replace(super().shape(classes), feed_forward_products=3)

    def config_of_layers(self, chosen: Sequence[int]) -> dict[str, Any]:
        kinds = [self.config.layer_types[index] for index in chosen]
        return {"num_hidden_layers": len(chosen), "layer_types": kinds}


class ModernBertLayer(EncoderLayer):
    """Norm, self-attention, residual; norm, gated feed-forward part, residual."""

    stock: Any

    def __init__(self, stock: nn.Module, rotary: nn.Module) -> None:
        """Take the layer apart; `rotary` makes the angles of the places."""
        super().__init__(stock)
        attention = self.stock.attn
        self.rotary = rotary
        self.heads = attention.config.num_attention_heads
        self.scaling = attention.head_dim**-0.5
        # The stock module counts one more, as one of its kernels wants it.
        self.window = None if attention.sliding_window is None else attention.sliding_window - 1

    @property
    def attention_dropout(self) -> float:
        return float(self.stock.attn.attention_dropout)

    @attention_dropout.setter
    def attention_dropout(self, probability: float) -> None:
        self.stock.attn.attention_dropout = probability

    @property
    def activation(self) -> nn.Module:
        activation: nn.Module = self.stock.mlp.act
        return activation

    def entering(self, hidden: Tensor) -> Tensor:
        states: Tensor = self.stock.attn_norm(hidden)
        return states

    def project(self, states: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        parts = self.stock.attn.Wqkv(states).unflatten(-1, (3, self.heads, -1))
        query, key, value = (part.transpose(1, 2) for part in parts.unbind(-3))
        cos, sin = self.rotary(states, places, self.stock.attention_type)
        return *apply_rotary_pos_emb(query, key, cos, sin), value

    def project_from_cls(
        self, states: Tensor, places: Tensor, cls: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        width = states.shape[-1]
        # [CLS] stands at place 0, where the rotation is none.
        query = self._product(cls, slice(0, width)).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        parts = self._product(states, slice(width, 3 * width)).unflatten(-1, (2, self.heads, -1))
        key, value = (part.transpose(1, 2) for part in parts.unbind(-3))
        cos, sin = self.rotary(states, places, self.stock.attention_type)
        return query, apply_rotary_pos_emb(key, key, cos, sin)[1], value

    def values(self, states: Tensor) -> Tensor:
        """Return value vectors (rows, heads, columns, d)."""
        width = states.shape[-1]
        product = self._product(states, slice(2 * width, 3 * width))
        return product.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def _product(self, states: Tensor, rows: slice) -> Tensor:
        """Multiply by some rows of the joined weights of queries, keys and values."""
        joined = self.stock.attn.Wqkv
        bias = None if joined.bias is None else joined.bias[rows]
        return functional.linear(states, joined.weight[rows], bias)

    @property
    def output(self) -> nn.Linear:
        linear: nn.Linear = self.stock.attn.Wo
        return linear

    def after_attention(self, context: Tensor, hidden: Tensor) -> Tensor:
        attended: Tensor = hidden + self.stock.attn.out_drop(self.output(context))
        return attended

    def fed(self, attended: Tensor) -> Tensor:
        added: Tensor = self.stock.mlp(self.stock.mlp_norm(attended))
        return added

    def feed_forward(self, attended: Tensor) -> Tensor:
        return attended + self.fed(attended)

    def pair_bias(self) -> PairBias | None:
        return None if self.window is None else self._pair_bias

    def _pair_bias(
        self, query: Tensor, key: Tensor, places: Tensor, key_places: Tensor
    ) -> Tensor | None:
        """Return (texts, 1, n, m): minus infinity for keys outside of the window around a query."""
        assert self.window is not None
        readable = places.device.type == "cpu" and not torch.compiler.is_exporting()
        if readable and int(key_places.max()) <= self.window:
            return None
        outside = (places[:, :, None] - key_places[:, None, :]).abs() > self.window
        nothing = torch.zeros((), dtype=query.dtype, device=query.device)
        return nothing.masked_fill(outside, -torch.inf)[:, None]
