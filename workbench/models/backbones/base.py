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
from workbench.models.layouts import Attention, Inputs, Layout, Need, Padded, PairBias


class EncoderLayer(ABC):
    """One stock layer, taken apart where tokens are read and dropped; its modules compute.

    Hidden states are (rows, columns, H) in a layout; queries, keys and values (rows, heads, columns, d).
    """

    first_norm: nn.LayerNorm | None = None
    """After self-attention and its residual; None where norms come first."""
    second_norm: nn.LayerNorm | None = None
    """After the feed-forward part and its residual; None likewise."""
    heads: int
    scaling: float
    """Factor on the products of queries and keys."""
    pair_bias: PairBias | None = None
    """What is added to attention logits by pairs of tokens."""

    def __init__(self, stock: nn.Module, index: int) -> None:
        """Take a layer of the stock model; `index` counts the layers that are run."""
        self.stock, self.index = stock, index

    @property
    @abstractmethod
    def attention_dropout(self) -> float:
        """Probability with which an attention probability is zeroed in training; can be set."""

    @attention_dropout.setter
    @abstractmethod
    def attention_dropout(self, probability: float) -> None: ...

    def entering(self, hidden: Tensor) -> Tensor:
        """Return what queries, keys and values are made from: the states, where no norm comes first."""
        return hidden

    @abstractmethod
    def project(self, states: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values.

        Args:
            states: What `entering` returns.
            places: (rows, columns) int64, each token's place in its text.
        """

    @abstractmethod
    def project_from_cls(
        self, states: Tensor, places: Tensor, cls: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries of [CLS] alone, keys and values of all tokens.

        Args:
            states, places: As of `project`.
            cls: The states of each text's [CLS], as `Layout.take_cls` lays them.
        """

    @abstractmethod
    def values(self, states: Tensor) -> Tensor:
        """Return the value vectors alone; argument as of `project`."""

    @property
    @abstractmethod
    def output(self) -> nn.Linear:
        """From the heads' weighted values, side by side, to hidden states."""

    @abstractmethod
    def after_attention(self, context: Tensor, hidden: Tensor) -> Tensor:
        """Return the states after the self-attention block.

        Args:
            context: (rows, columns, H): each head's weighted values, side by side.
            hidden: What entered the layer.
        """

    @abstractmethod
    def fed(self, attended: Tensor) -> Tensor:
        """Return what the feed-forward part adds to the states after self-attention, without dropout."""

    @abstractmethod
    def feed_forward(self, attended: Tensor) -> Tensor:
        """Return the layer's output of the states after self-attention, token by token."""

    def join_products(self) -> None:
        """Make queries, keys and values by one product from now on, where the stock layer does not."""
        return  # It does, unless a kind of layer says otherwise.

    @property
    @abstractmethod
    def activation(self) -> nn.Module:
        """The module in the middle of the feed-forward part."""

    def attend(self, hidden: Tensor, layout: Layout, need: Need) -> tuple[Tensor, Attention]:
        """Return the states after the self-attention block, and what attention tells.

        Args:
            hidden: What enters the layer.
            layout: How its tokens lie.
            need: The least that attention tells.
        """
        query, key, value = self.project(self.entering(hidden), layout.position_ids)
        dropout = self.attention_dropout if self.stock.training else 0.0
        context, attention = layout.attend(
            query, key, value, self.scaling, dropout, need, self.pair_bias
        )
        return self.after_attention(context.flatten(2), hidden), attention

    def attend_from_cls(self, hidden: Tensor, layout: Layout) -> Tensor:
        """Return [CLS] after the self-attention block, lying as in `layout.alone`, without dropout.

        Args:
            hidden: What enters the layer.
            layout: How its tokens lie.
        """
        states = self.entering(hidden)
        parts = self.project_from_cls(states, layout.position_ids, layout.take_cls(states))
        context = layout.attend_from_cls(*parts, self.scaling, self.pair_bias)
        return self.after_attention(context.flatten(2), layout.take_cls(hidden))


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
    def encoder(self) -> Any:
        """The stock model without its head."""
        return self.stock.base_model

    @property
    def embeddings(self) -> nn.Module:
        """The stock embeddings."""
        embeddings: nn.Module = self.encoder.embeddings
        return embeddings

    @property
    def positions(self) -> int:
        """Tokens of the longest text."""
        return int(self.config.max_position_embeddings)

    @cached_property
    def layers(self) -> Sequence[EncoderLayer]:
        """The layers, in the order in which they run."""
        return self._layers()

    @abstractmethod
    def _layers(self) -> Sequence[EncoderLayer]: ...

    @abstractmethod
    def embed(self, inputs: Inputs) -> Tensor:
        """Return what enters the first layer, (rows, columns, H)."""

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
            laid["token_type_ids"] = text_types(inputs, self.token_kinds)
        return laid

    def token_head(self, states: Tensor) -> Tensor:
        """Return (B, N, outputs) logits of all tokens' last states (B, N, H)."""
        stock = self.stock
        if hasattr(stock, "qa_outputs"):
            logits: Tensor = stock.qa_outputs(states)
        else:
            logits = stock.classifier(stock.dropout(states))
        return logits

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
        parts = self.head_parts
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
        )

    layer_weights: ClassVar[str] = ""
    """How the names of a layer's weights begin, before its number; empty where layers share weights."""

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


def text_types(inputs: Inputs, kinds: int) -> Tensor:
    """Return token types for a family that knows so many: with less than two, all are 0."""
    return inputs.token_type_ids if kinds > 1 else torch.zeros_like(inputs.token_type_ids)
