"""One layer of an encoder, as the loop, the methods and the scorers see it."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from workbench.models.layouts import Attention, Layout, Need, PairBias


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

    def __init__(self, stock: nn.Module) -> None:
        """Take a layer of the stock model."""
        self.stock = stock

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

    def pair_bias(self) -> PairBias | None:
        """Return what is added to attention logits by pairs of tokens; None: nothing.

        It is made once for all calls of attention in this layer.
        """
        return None

    @abstractmethod
    def after_attention(self, context: Tensor, hidden: Tensor) -> Tensor:
        """Return the states after the self-attention block.

        Args:
            context: (rows, columns, H): each head's weighted values, side by side.
            hidden: What entered the layer.
        """

    @abstractmethod
    def fed(self, attended: Tensor) -> Tensor:
        """Return what the feed-forward part adds to the states after self-attention, before the
        dropout that closes it."""

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
            query, key, value, self.scaling, dropout, need, self.pair_bias()
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
        context = layout.attend_from_cls(*parts, self.scaling, self.pair_bias())
        return self.after_attention(context.flatten(2), layout.take_cls(hidden))
