"""ALBERT (Lan et al., ICLR 2020): all layers of a group share one set of weights."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from workbench.errors import InputError
from workbench.metrics.efficiency.flops import Shape
from workbench.models.backbones.base import HeadParts
from workbench.models.backbones.post_norm import Names, PostNormBackbone
from workbench.models.layouts import Inputs

NAMES = Names(
    query="attention.query",
    key="attention.key",
    value="attention.value",
    attention_dropout="attention.attention_dropout",
    output="attention.dense",
    output_dropout="attention.output_dropout",
    first_norm="attention.LayerNorm",
    inner="ffn",
    activation="activation",
    outer="ffn_output",
    outer_dropout=None,
    second_norm="full_layer_layer_norm",
)


class Albert(PostNormBackbone):
    """A stock ALBERT classifier."""

    model_type = "albert"
    title = "ALBERT"
    stock_name = "Albert"
    new_head = ("classifier.", "albert.pooler.")
    names = NAMES

    @classmethod
    def check(cls, config: Any) -> None:
        if config.inner_group_num != 1:
            raise ValueError(
                f"has inner_group_num {config.inner_group_num}; the workbench runs ALBERT with 1, as "
                "all published ones have"
            )

    @property
    def stock_layers(self) -> Iterable[nn.Module]:
        groups, depth = self.encoder.encoder.albert_layer_groups, self.config.num_hidden_layers
        return [groups[index * len(groups) // depth].albert_layers[0] for index in range(depth)]

    def embed(self, inputs: Inputs) -> Tensor:
        hidden: Tensor = self.encoder.encoder.embedding_hidden_mapping_in(super().embed(inputs))
        return hidden

    def head(self, pooled: Tensor) -> Tensor:
        stock, encoder = self.stock, self.encoder
        logits: Tensor = stock.classifier(
            stock.dropout(encoder.pooler_activation(encoder.pooler(pooled)))
        )
        return logits

    @property
    def head_parts(self) -> HeadParts | None:
        encoder = self.encoder
        return HeadParts(encoder.pooler, encoder.pooler_activation, self.stock.classifier)

    def weights_of_layers(self, chosen: Sequence[int]) -> dict[str, Tensor]:
        """Return all weights: every layer has the same. InputError where there are several groups."""
        groups = self.config.num_hidden_groups
        if groups > 1:
            raise InputError(
                f"distilbert cannot take every other layer of an ALBERT whose layers share weights in "
                f"{groups} groups"
            )
        weights: dict[str, Tensor] = self.stock.state_dict()
        return weights

    def shape(self, classes: int) -> Shape:
        embedding = self.config.embedding_size * self.config.hidden_size
        return replace(super().shape(classes), embedding_products=embedding)
