"""Several texts, packed, that a graph can be traced through: see `traced`."""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import torch
from torch import Tensor

from workbench.models.layouts.base import NOTHING, Attention, Need, PairBias
from workbench.models.layouts.traced import needed, places_of, put_rows, ranks


@dataclass(frozen=True)
class TracedTexts:
    """The remaining tokens of all texts, end to end in the order of the batch."""

    sizes: Tensor
    """(B,) int64: remaining tokens of each text."""
    text_of: Tensor
    """(T,) int64: the text that each token belongs to."""
    places: Tensor | None = None
    """(T,) int64: each token's place in its text before any was dropped; None: none was."""
    first_starts: Tensor | None = None
    """(B,) int64: column of each text's [CLS] before any token was dropped; None: none was."""

    @classmethod
    def of_sizes(cls, sizes: Tensor, tokens: int) -> "TracedTexts":
        """Lay texts of these (B,) sizes end to end; `tokens` is their sum, known from other inputs."""
        ends = sizes.cumsum(0)
        # A token lies behind as many texts' ends as there are texts before its own.
        return cls(sizes, (torch.arange(tokens)[:, None] >= ends).sum(1))

    @cached_property
    def longest(self) -> int:
        """Tokens of the longest text."""
        longest = cast(int, self.sizes.max().item())
        torch._check(longest >= 1)
        torch._check(longest <= self.text_of.shape[0])
        return longest

    @cached_property
    def starts(self) -> Tensor:
        """(B,) int64: column of each text's [CLS]."""
        return self.sizes.cumsum(0) - self.sizes

    @cached_property
    def columns(self) -> Tensor:
        """(T,) int64: each token's place in its text."""
        return torch.arange(self.text_of.shape[0]) - self.starts.index_select(0, self.text_of)

    @property
    def position_ids(self) -> Tensor:
        """(1, T) int64: each token's place in its text before any was dropped."""
        return (self.columns if self.places is None else self.places)[None]

    @cached_property
    def is_cls(self) -> Tensor:
        """(1, T) bool."""
        return (self.columns == 0)[None]

    @cached_property
    def _is_token(self) -> Tensor:
        """(B, N) bool: what is not padding, where texts are padded to the longest."""
        return torch.arange(self.longest) < self.sizes[:, None]

    @cached_property
    def _bias(self) -> Tensor:
        """(B, N) float, 0 or minus infinity, to be added: engines add faster than they choose."""
        return torch.zeros(()).masked_fill(~self._is_token, -torch.inf)

    @cached_property
    def _padded_from(self) -> Tensor:
        """(B, N) int64: the packed column behind each padded one; padding repeats the last token."""
        within = torch.minimum(torch.arange(self.longest), self.sizes[:, None] - 1)
        return self.starts[:, None] + within

    @cached_property
    def _packed_from(self) -> Tensor:
        """(T,) int64: each token's place among the B * N padded ones."""
        return self.text_of * self.longest + self.columns

    def _padded(self, packed: Tensor) -> Tensor:
        """Return (B, N, ...) of (T, ...), padding filled with a text's last token."""
        rows = packed.index_select(0, self._padded_from.flatten())
        return rows.unflatten(0, (self.sizes.shape[0], self.longest))

    def _packed(self, padded: Tensor) -> Tensor:
        """Return (T, ...) of (B, N, ...)."""
        return padded.flatten(0, 1).index_select(0, self._packed_from)

    def count(self) -> Tensor:
        """Return (1, T) float: remaining tokens of the text each token belongs to."""
        return self.sizes.float().index_select(0, self.text_of)[None]

    def text_lengths(self) -> Tensor:
        """Return (B,) int64: remaining tokens of each text."""
        return self.sizes

    def softmax(self, logits: Tensor) -> Tensor:
        """Return (1, T) for (1, T), summing to 1 over each text."""
        padded = self._padded(logits[0].float()).masked_fill(~self._is_token, -torch.inf)
        return self._packed(padded.softmax(-1))[None]

    def rank(self, scores: Tensor) -> Tensor:
        """Return (1, T) int64: 0 for a text's best token after [CLS] (-1), ties to the earlier one."""
        values = self._padded(scores.masked_fill(self.is_cls, torch.inf)[0])
        return self._packed(ranks(values.masked_fill(~self._is_token, -torch.inf)) - 1)[None]

    def drop(self, hidden: Tensor, keep: Tensor) -> tuple[Tensor, "TracedTexts"]:
        """Gather the tokens of `keep` and every [CLS]."""
        stay = keep | self.is_cls
        sizes = (self._padded(stay[0]) & self._is_token).sum(1)
        index = places_of(stay)
        text_of, places = (part.index_select(0, index) for part in (self.text_of, self.position_ids[0]))
        first_starts = self.starts if self.first_starts is None else self.first_starts
        return hidden.index_select(1, index), TracedTexts(sizes, text_of, places, first_starts)

    def scatter_to(self, every: Tensor | None, hidden: Tensor) -> Tensor:
        """Put states back, as of `TracedText.scatter_to`; all texts lie end to end."""
        if every is None or self.places is None or self.first_starts is None:
            return hidden
        return put_rows(every, self.first_starts.index_select(0, self.text_of) + self.places, hidden)

    @property
    def alone(self) -> "TracedTexts":
        """The layout of every text's [CLS] without other tokens."""
        return TracedTexts(torch.ones_like(self.sizes), torch.arange(self.sizes.shape[0]))

    def take_cls(self, hidden: Tensor) -> Tensor:
        """Return (1, B, H) of (1, T, H): each text's [CLS], lying as in `alone`."""
        return hidden.index_select(1, self.starts)

    def cls_states(self, hidden: Tensor) -> Tensor:
        """Return (B, H) of (1, T, H): [CLS] of each text."""
        return self.take_cls(hidden)[0]

    def mean_states(self, hidden: Tensor) -> Tensor:
        """Return (B, H) of (1, T, H): the mean over the remaining tokens of each text."""
        padded = self._padded(hidden[0]).masked_fill(~self._is_token[..., None], 0.0)
        return padded.sum(1) / self.sizes[:, None]

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
        """Attend within each text, (1, heads, T, d) each -> (1, T, heads, d).

        Args:
            query, key, value, scaling, dropout, need, pair_bias: As of `TracedText.attend`.
        """
        q, k, v = (self._texts(part) for part in (query, key, value))
        probabilities = self._probabilities(q, k, scaling, pair_bias)
        output = self._packed((probabilities @ v).transpose(1, 2))[None]
        if need == "nothing":
            return output, NOTHING
        queries = self._is_token.float() / self.sizes[:, None]
        received = (queries[:, None, None] @ probabilities).mean((1, 2))
        to_self = None
        if need == "to-self":
            own = probabilities.diagonal(dim1=2, dim2=3).mean(1) / self.sizes[:, None]
            to_self = self._packed(own)[None]
        return output, Attention(self._packed(received)[None], to_self, None)

    def attend_from_cls(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        scaling: float,
        pair_bias: PairBias | None = None,
    ) -> Tensor:
        """Attend from each text's [CLS] to its tokens, (1, heads, B, d) and (1, heads, T, d) each
        -> (1, B, heads, d).

        Args:
            query, key, value, scaling, pair_bias: As of `Padded.attend_from_cls`.
        """
        probabilities = self._probabilities(query.transpose(0, 2), self._texts(key), scaling, pair_bias)
        return (probabilities @ self._texts(value)).permute(2, 0, 1, 3)

    def _texts(self, packed: Tensor) -> Tensor:
        """Return (B, heads, N, d) of (1, heads, T, d)."""
        return self._padded(packed[0].transpose(0, 1)).transpose(1, 2)

    def _probabilities(
        self, query: Tensor, key: Tensor, scaling: float, pair_bias: PairBias | None
    ) -> Tensor:
        """Return (B, heads, queries, N) of (B, heads, queries, d) and (B, heads, N, d)."""
        logits = query * scaling @ key.transpose(2, 3)
        if pair_bias is not None:
            places = self._padded(self.position_ids[0])
            logits = logits + needed(pair_bias(query, key, places[:, : query.shape[2]], places))
        return (logits + self._bias[:, None, None]).softmax(-1)
