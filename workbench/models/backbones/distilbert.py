"""DistilBERT (Sanh et al., 2019) as a backbone: BERT's layers under other names, no token types."""

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from workbench.models.backbones.base import HeadParts
from workbench.models.backbones.post_norm import Names, PostNormBackbone

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


class DistilBert(PostNormBackbone):
    """A stock DistilBERT classifier."""

    model_type = "distilbert"
    title = "DistilBERT"
    stock_name = "DistilBert"
    new_head = ("pre_classifier.", "classifier.")
    names = NAMES
    layer_weights = "distilbert.transformer.layer."

    @property
    def stock_layers(self) -> Iterable[nn.Module]:
        layers: nn.ModuleList = self.encoder.transformer.layer
        return layers

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
