"""Layers as in the original Transformer: each half adds its residual, then normalises."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from workbench.models.backbones.base import Backbone
from workbench.models.backbones.layer import EncoderLayer


@dataclass(frozen=True)
class Names:
    """What a family calls the parts of a layer, from the layer on; by default as BERT does."""

    query: str = "attention.self.query"
    key: str = "attention.self.key"
    value: str = "attention.self.value"
    attention_dropout: str = "attention.self.dropout"
    output: str = "attention.output.dense"
    output_dropout: str | None = "attention.output.dropout"
    first_norm: str = "attention.output.LayerNorm"
    inner: str = "intermediate.dense"
    activation: str = "intermediate.intermediate_act_fn"
    outer: str = "output.dense"
    outer_dropout: str | None = "output.dropout"
    second_norm: str = "output.LayerNorm"


def _part(name: str) -> Any:
    """Return a property that looks a part up when it is asked for: modules may be exchanged."""

    def get(layer: "PostNormLayer") -> Any:
        path = getattr(layer.names, name)
        return None if path is None else attrgetter(path)(layer.stock)

    return property(get)


class PostNormLayer(EncoderLayer):
    """Self-attention, residual, norm; two linear layers, residual, norm."""

    query: nn.Linear = _part("query")
    key: nn.Linear = _part("key")
    value: nn.Linear = _part("value")
    output: nn.Linear = _part("output")
    """From the heads' context vectors to hidden states."""
    first_norm: nn.LayerNorm = _part("first_norm")
    inner: nn.Linear = _part("inner")
    outer: nn.Linear = _part("outer")
    second_norm: nn.LayerNorm = _part("second_norm")
    activation: nn.Module = _part("activation")

    def __init__(self, stock: nn.Module, heads: int, names: Names) -> None:
        """Take the layer apart.

        Args:
            stock: As of `EncoderLayer`.
            heads: Attention heads.
            names: Where its parts are.
        """
        super().__init__(stock)
        self.heads, self.names = heads, names
        self.joined = False
        self.scaling = (self.query.out_features // heads) ** -0.5

    @property
    def attention_dropout(self) -> float:
        return float(attrgetter(self.names.attention_dropout)(self.stock).p)

    @attention_dropout.setter
    def attention_dropout(self, probability: float) -> None:
        attrgetter(self.names.attention_dropout)(self.stock).p = probability

    def join_products(self) -> None:
        parts = (self.query, self.key, self.value)
        joined = nn.Linear(parts[0].in_features, sum(part.out_features for part in parts))
        with torch.no_grad():
            joined.weight.copy_(torch.cat([part.weight for part in parts]))
            joined.bias.copy_(torch.cat([part.bias for part in parts]))
        self.stock.joined = joined
        self.joined = True

    def project(self, states: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if self.joined:
            parts = self.stock.joined(states).unflatten(-1, (3, self.heads, -1))  # type: ignore[operator]
            query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
            return query, key, value
        return self.split(self.query(states)), self.split(self.key(states)), self.values(states)

    def project_from_cls(
        self, states: Tensor, places: Tensor, cls: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        return self.split(self.query(cls)), self.split(self.key(states)), self.values(states)

    def values(self, states: Tensor) -> Tensor:
        """Return value vectors (rows, heads, columns, d)."""
        return self.split(self.value(states))

    def split(self, projected: Tensor) -> Tensor:
        """Return (rows, heads, columns, d) of (rows, columns, H)."""
        return projected.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def after_attention(self, context: Tensor, hidden: Tensor) -> Tensor:
        return self._closed(self.output(context), hidden, self.names.output_dropout, self.first_norm)

    def fed(self, attended: Tensor) -> Tensor:
        left: Tensor = self.outer(self.activation(self.inner(attended)))
        return left

    def feed_forward(self, attended: Tensor) -> Tensor:
        fed = self.fed(attended)
        return self._closed(fed, attended, self.names.outer_dropout, self.second_norm)

    def _closed(
        self, states: Tensor, residual: Tensor, dropout: str | None, norm: Callable[[Tensor], Tensor]
    ) -> Tensor:
        dropped = states if dropout is None else attrgetter(dropout)(self.stock)(states)
        return norm(dropped + residual)


class PostNormBackbone(Backbone):
    """A family of such layers."""

    names: ClassVar[Names] = Names()

    @property
    def stock_layers(self) -> Iterable[nn.Module]:
        """The stock layers, in the order in which they run."""
        layers: nn.ModuleList = self.encoder.encoder.layer
        return layers

    def _layers(self) -> Sequence[EncoderLayer]:
        heads = self.config.num_attention_heads
        return [PostNormLayer(stock, heads, self.names) for stock in self.stock_layers]
