"""Packed tokens whose every number is a tensor's size or entry: what a graph can be traced through.

`Packed` sorts texts and groups them by lengths that the host knows. An exported graph knows none, so
that here all texts lie in the order given and share one call of attention. Dropped tokens are as gone.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.models.layouts.base import NOTHING, Attention, Need, PairBias


@dataclass(frozen=True)
class TracedText:
    """The remaining tokens of one text, in their order: nothing is padded, nothing masked."""

    remaining: int
    """How many; a symbol while a graph is traced."""
    places: Tensor | None = None
    """(T,) int64: each token's place in its text before any was dropped; None: none was."""

    @property
    def position_ids(self) -> Tensor:
        """(1, T) int64: each token's place in its text before any was dropped."""
        return (torch.arange(self.remaining) if self.places is None else self.places)[None]

    @property
    def is_cls(self) -> Tensor:
        """(1, T) bool."""
        return (torch.arange(self.remaining) == 0)[None]

    def count(self) -> Tensor:
        """Return (1, 1) float: the remaining tokens."""
        return torch.scalar_tensor(self.remaining, dtype=torch.float32)[None, None]

    def text_lengths(self) -> Tensor:
        """Return (1,) int64: the same."""
        return torch.scalar_tensor(self.remaining, dtype=torch.int64)[None]

    def softmax(self, logits: Tensor) -> Tensor:
        """Return (1, T) for (1, T), summing to 1."""
        return logits.float().softmax(-1)

    def rank(self, scores: Tensor) -> Tensor:
        """Return (1, T) int64: 0 for the best token after [CLS] (-1), ties to the earlier one."""
        return ranks(scores.masked_fill(self.is_cls, torch.inf)) - 1

    def drop(self, hidden: Tensor, keep: Tensor) -> tuple[Tensor, "TracedText"]:
        """Gather the tokens of `keep` and [CLS]."""
        index = places_of(keep | self.is_cls)
        places = self.position_ids[0].index_select(0, index)
        return hidden.index_select(1, index), TracedText(index.shape[0], places)

    def scatter_to(self, every: Tensor | None, hidden: Tensor) -> Tensor:
        """Put (1, T, H) states at their places before any was dropped into those of all tokens, a copy.

        None: all are there.
        """
        if every is None or self.places is None:
            return hidden
        return put_rows(every, self.places, hidden)

    @property
    def alone(self) -> "TracedText":
        """The layout of [CLS] without other tokens."""
        return TracedText(1)

    def take_cls(self, hidden: Tensor) -> Tensor:
        """Return (1, 1, H) of (1, T, H): [CLS], lying as in `alone`."""
        return hidden[:, :1]

    def cls_states(self, hidden: Tensor) -> Tensor:
        """Return (1, H) of (1, T, H): [CLS]."""
        return hidden[:, 0]

    def mean_states(self, hidden: Tensor) -> Tensor:
        """Return (1, H) of (1, T, H): the mean over the tokens."""
        return hidden.mean(1)

    def attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        scaling: float,
        dropout: float,
        need: Need,
        pair_bias: PairBias | None = None,
    ) -> tuple[Tensor, Attention]:
        """Attend within the text, (1, heads, T, d) each -> (1, T, heads, d).

        Args:
            query, key, value, scaling, need, pair_bias: As of `Padded.attend`.
            dropout: Of training, which no graph is for.
        """
        logits = query * scaling @ key.transpose(2, 3)
        if pair_bias is not None:
            places = self.position_ids
            logits = logits + needed(pair_bias(query, key, places[:, : query.shape[2]], places))
        probabilities = logits.softmax(-1)
        output = (probabilities @ value).transpose(1, 2)
        if need == "nothing":
            return output, NOTHING
        received = probabilities.mean((1, 2))
        to_self = None
        if need == "to-self":
            to_self = probabilities.diagonal(dim1=2, dim2=3).mean(1) / self.count()
        return output, Attention(received, to_self, None)

    def attend_from_cls(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        scaling: float,
        pair_bias: PairBias | None = None,
    ) -> Tensor:
        """Attend from [CLS] to all tokens, (1, heads, 1, d) and (1, heads, T, d) -> (1, 1, heads, d).

        Args:
            query, key, value, scaling, pair_bias: As of `Padded.attend_from_cls`.
        """
        return self.attend(query, key, value, scaling, 0.0, "nothing", pair_bias)[0]


def needed(bias: Tensor | None) -> Tensor:
    """Return the bias, which depends on no number of the example that a graph is traced with."""
    assert bias is not None, "while a graph is traced, every bias is needed"
    return bias


def ranks(values: Tensor) -> Tensor:
    """Return (rows, columns) int64: 0 for a row's highest value, ties to the earlier one."""
    order = values.sort(dim=1, descending=True, stable=True).indices
    places = torch.arange(values.shape[1]).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places)


def put_rows(every: Tensor, columns: Tensor, hidden: Tensor) -> Tensor:
    """Return all tokens' states with those of some put in their places.

    Args:
        every: (1, N, H), left as it is.
        columns: (T,) int64: which of the N.
        hidden: (1, T, H).
    """
    return every[0].index_put((columns,), hidden[0])[None]


def places_of(stay: Tensor) -> Tensor:
    """Return (T',) int64: the columns of (1, T) bool `stay` that are true, at least one."""
    index = torch.nonzero(stay[0]).squeeze(-1)
    torch._check(index.shape[0] >= 1)
    torch._check(index.shape[0] <= stay.shape[1])
    return index
