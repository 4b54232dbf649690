"""What a family of encoders answers, so that the encoder loop, methods and scorers are written once."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

import torch
import transformers
from torch import Tensor, nn

from workbench.core.documents import Window
from workbench.metrics.efficiency.flops import Shape
from workbench.models.backbones.layer import EncoderLayer
from workbench.models.layouts import Inputs, Layout, Padded

Head = Literal["sequence", "answers", "tokens"]
"""What the stock model says: something of the text, where an answer begins and ends, something of each
token."""
STOCK_NAMES: Mapping[Head, str] = {
    "sequence": "ForSequenceClassification",
    "answers": "ForQuestionAnswering",
    "tokens": "ForTokenClassification",
}
"""How the stock class's name ends."""


class HeadParts(NamedTuple):
    """A head taken apart."""

    inner: nn.Linear
    activation: Callable[[Tensor], Tensor]
    outer: nn.Linear


class Backbone(ABC):
    """A stock model of one family with a head.

    Args:
        stock: The model, as transformers makes it. Its modules are looked up when they are used.
    """

    model_type: ClassVar[str]
    """What its config.json calls the family."""
    title: ClassVar[str]
    stock_name: ClassVar[str]
    """How the names of its stock classes in transformers begin."""
    new_head: ClassVar[tuple[str, ...]] = ("classifier.",)
    """Beginnings of the names of weights that a pre-trained encoder may lack."""
    layer_weights: ClassVar[str] = ""
    """How the names of a layer's weights begin, before its number; empty where layers share weights."""
    post_norm: ClassVar[bool] = True
    """Whether each half of a layer adds its residual and then normalises, with two products in the
    feed-forward part, and the head is two linear layers: what some scorers' mathematics is made for."""
    pools_cls: bool = True
    """Whether the head reads [CLS] alone."""

    def __init__(self, stock: Any) -> None:
        self.stock = stock

    @classmethod
    def check(cls, config: Any) -> None:
        """Raise ValueError, with the reason, for a configuration of the family that cannot be pruned."""
        return

    @classmethod
    def stock_class(cls, head: Head = "sequence") -> Any:
        """Return the stock class of models with such a head."""
        return getattr(transformers, cls.stock_name + STOCK_NAMES[head])

    @classmethod
    def may_lack(cls, head: Head = "sequence") -> tuple[str, ...]:
        """Return how the names of weights begin that a pre-trained encoder may lack."""
        return cls.new_head if head == "sequence" else (*cls.new_head, "qa_outputs.")

    @property
    def config(self) -> Any:
        return self.stock.config

    @property
    def reads(self) -> Head:
        """Return what kind of head the stock model has.

        By its class, not by the head's own name: ModernBERT calls all of them the same.
        """
        name = type(self.stock).__name__
        return next(head for head, ending in STOCK_NAMES.items() if name.endswith(ending))

    @property
    def encoder(self) -> Any:
        """The stock model without its head."""
        return self.stock.base_model

    @property
    def embeddings(self) -> nn.Module:
        """The stock embeddings."""
        embeddings: nn.Module = self.encoder.embeddings
        return embeddings

    @property
    def first_position(self) -> int:
        """The position of a text's first token."""
        return 0

    @property
    def positions(self) -> int:
        """Tokens of the longest text."""
        return int(self.config.max_position_embeddings) - self.first_position

    @cached_property
    def layers(self) -> Sequence[EncoderLayer]:
        """The layers, in the order in which they run."""
        return self._layers()

    @abstractmethod
    def _layers(self) -> Sequence[EncoderLayer]: ...

    def embed(self, inputs: Inputs) -> Tensor:
        """Return what enters the first layer, (rows, columns, H)."""
        types = {"token_type_ids": self._types(inputs)} if self.token_kinds else {}
        positions = inputs.position_ids
        if self.first_position:
            positions = positions + self.first_position
        hidden: Tensor = self.embeddings(input_ids=inputs.input_ids, position_ids=positions, **types)
        return hidden

    @abstractmethod
    def head(self, pooled: Tensor) -> Tensor:
        """Return (B, classes) logits of the pooled states (B, H) after the last layer."""

    @property
    def token_kinds(self) -> int:
        """How many token types there are; 0 where the stock model takes none."""
        return int(getattr(self.config, "type_vocab_size", 0))

    def padded_inputs(self, windows: Sequence[Window]) -> dict[str, Tensor]:
        """Lay a batch out as any user of transformers does, by the stock model's arguments."""
        layout, inputs = Padded.from_windows(windows, self.stock.device)
        padding = self.config.pad_token_id
        ids = inputs.input_ids.masked_fill(~layout.alive, 0 if padding is None else padding)
        laid = {"input_ids": ids, "attention_mask": layout.alive.long()}
        if self.token_kinds:
            laid["token_type_ids"] = self._types(inputs)
        return laid

    @staticmethod
    def logits_of(output: Any) -> Tensor:
        """Return the logits in the stock model's output: (B, classes), or (B, N, outputs) of tokens."""
        if "start_logits" in output:
            return torch.stack([output.start_logits, output.end_logits], dim=-1)
        logits: Tensor = output.logits
        return logits

    def _types(self, inputs: Inputs) -> Tensor:
        """Return token types: with less than two kinds, all are 0."""
        types = inputs.token_type_ids
        return types if self.token_kinds > 1 else torch.zeros_like(types)

    def token_head(self, states: Tensor) -> Tensor:
        """Return (B, N, outputs) logits of all tokens' last states (B, N, H)."""
        # Heads that answer are trained without dropout, as most stock ones are.
        if self.reads == "tokens":
            states = self.stock.dropout(states)
        logits: Tensor = self.token_outputs(states)
        return logits

    @property
    def token_outputs(self) -> nn.Linear:
        """The linear layer that ends a head on all tokens; the only one, in post-norm families."""
        last: nn.Linear = getattr(self.stock, "qa_outputs", None) or self.stock.classifier
        return last

    def pool(self, hidden: Tensor, layout: Layout) -> Tensor:
        """Return (B, H): what the head reads of the last layer's states, [CLS] by default."""
        return layout.cls_states(hidden)

    @property
    def head_parts(self) -> HeadParts | None:
        """The head, if all that it computes is two linear layers and an activation between them."""
        return None

    @property
    def activations(self) -> list[nn.Module]:
        """The modules between the linear layers of feed-forward parts and head."""
        found = [layer.activation for layer in self.layers]
        parts = self.head_parts if self.reads == "sequence" else None
        if parts is not None and isinstance(parts.activation, nn.Module):
            found.append(parts.activation)
        return list(dict.fromkeys(found))

    @property
    def intermediate_size(self) -> int:
        """Width inside the feed-forward part."""
        return int(self.config.intermediate_size)

    def token_shape(self, outputs: int) -> Shape:
        """Return what FLOPs are counted from where the head gives each token so many outputs."""
        shape = self.shape(outputs)
        return replace(shape, pools_cls=False, token_head=shape.hidden * outputs)

    def shape(self, classes: int) -> Shape:
        """Return what FLOPs are counted from; `classes` are the head's outputs."""
        return Shape(
            layers=self.config.num_hidden_layers,
            hidden=self.config.hidden_size,
            intermediate=self.intermediate_size,
            classes=classes,
            pools_cls=self.pools_cls,
        )

    def config_of_layers(self, chosen: Sequence[int]) -> dict[str, Any]:
        """Return what the configuration of an encoder of some of the layers says differently."""
        return {"num_hidden_layers": len(chosen)}

    def weights_of_layers(self, chosen: Sequence[int]) -> dict[str, Tensor]:
        """Return the weights of some of the layers, numbered anew, and all that belong to no layer."""
        kept = {}
        for name, value in self.stock.state_dict().items():
            prefix, begins, rest = name.partition(self.layer_weights)
            if prefix or not begins:
                kept[name] = value
                continue
            number, _, part = rest.partition(".")
            if int(number) in chosen:
                kept[f"{self.layer_weights}{chosen.index(int(number))}.{part}"] = value
        return kept


class DenseHead(Backbone):
    """A family whose head is one module of two linear layers, `dense` and `out_proj`."""

    def head(self, pooled: Tensor) -> Tensor:
        logits: Tensor = self.stock.classifier(pooled[:, None])
        return logits

    @property
    def head_parts(self) -> HeadParts | None:
        head = self.stock.classifier
        return HeadParts(head.dense, getattr(head, "activation", torch.tanh), head.out_proj)
