"""DistilBERT (Sanh et al., 2019) as a backbone: BERT's layers under other names, no token types."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional

from workbench.models.backbones.base import Backbone, HeadParts
from workbench.models.backbones.layer import EncoderLayer
from workbench.models.backbones.post_norm import Names, PostNormLayer
from workbench.models.layouts import Inputs

NAMES = Names(
    query="attention.q_lin",
    key="attention.k_lin",
    value="attention.v_lin",
    attention_dropout="attention.dropout",
    output="attention.out_lin",
    output_dropout=None,
    first_norm="sa_layer_norm",
    inner="ffn.lin1",
    activation="ffn.activation",
    outer="ffn.lin2",
    outer_dropout="ffn.dropout",
    second_norm="output_layer_norm",
)


class DistilBert(Backbone):
    """A stock DistilBERT classifier."""

    model_type = "distilbert"
    title = "DistilBERT"
    stock_name = "DistilBert"
    new_head = ("pre_classifier.", "classifier.")
    layer_weights = "distilbert.transformer.layer."

    def _layers(self) -> Sequence[EncoderLayer]:
        heads = self.config.num_attention_heads
        return [
            PostNormLayer(stock, index, heads, NAMES)
            for index, stock in enumerate(self.encoder.transformer.layer)
        ]

    def embed(self, inputs: Inputs) -> Tensor:
        hidden: Tensor = self.embeddings(input_ids=inputs.input_ids, position_ids=inputs.position_ids)
        return hidden

    def head(self, pooled: Tensor) -> Tensor:
        stock = self.stock
        inner = functional.relu(stock.pre_classifier(pooled))
        logits: Tensor = stock.classifier(stock.dropout(inner))
        return logits

    def token_head(self, states: Tensor) -> Tensor:
        # Its head for answers has a dropout too.
        dropped = self.stock.dropout(states) if hasattr(self.stock, "qa_outputs") else states
        return super().token_head(dropped)

    @property
    def head_parts(self) -> HeadParts | None:
        return HeadParts(self.stock.pre_classifier, functional.relu, self.stock.classifier)

    @property
    def intermediate_size(self) -> int:
        return int(self.config.hidden_dim)

    def config_of_layers(self, chosen: Sequence[int]) -> dict[str, Any]:
        return {"n_layers": len(chosen)}
