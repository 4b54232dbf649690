"""Dropped tokens are really gone: the remaining ones of all texts lie end to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from workbench.core.documents import Window
from workbench.models.kernels.varlen import attend_varlen, suits
from workbench.models.layouts.base import NOTHING, Attention, Inputs, Need, PairBias
from workbench.models.layouts.buckets import (
    Bucket,
    BucketBias,
    attend_from_first,
    attend_in,
    make_buckets,
)


@dataclass(frozen=True)
class Packed:
    """Remaining tokens of all texts end to end, texts ordered by length.

    Keeping texts sorted by length makes texts of similar length neighbours, so attention runs over
    few groups of them, and dropping tokens is one gather.
    """

    lengths: tuple[int, ...]
    """Remaining tokens of each text, ascending."""
    sizes: Tensor
    """(B,) int64: the same on the device."""
    order: Tensor
    """(B,) int64: which text of the batch lies at each place."""
    place_of: Tensor
    """(T,) int64: which place (text, in packed order) each token belongs to."""
    positions: Tensor
    """(T,) int64: each token's place in its text before any was dropped."""
    full_lengths: Tensor
    """(B,) int64 in the order of the batch."""

    @classmethod
    def from_windows(
        cls, windows: Sequence[Window], device: torch.device | str = "cpu"
    ) -> tuple["Packed", Inputs]:
        """Lay windows end to end, shortest first."""
        full = [len(window.input_ids) for window in windows]
        order = sorted(range(len(windows)), key=full.__getitem__)
        placed = [windows[index] for index in order]
        ids = torch.cat([torch.from_numpy(window.input_ids) for window in placed])
        types = torch.cat([torch.from_numpy(window.token_type_ids) for window in placed])
        sizes = torch.tensor([full[index] for index in order])
        places = torch.arange(len(order)).repeat_interleave(sizes)
        positions = torch.arange(len(ids)) - (sizes.cumsum(0) - sizes)[places]
        layout = cls(
            tuple(sizes.tolist()),
            sizes.to(device),
            torch.tensor(order, device=device),
            places.to(device),
            positions.to(device),
            torch.tensor(full, device=device),
        )
        shaped = (ids[None].to(device), types[None].to(device), layout.positions[None])
        return layout, Inputs(*shaped)

    @cached_property
    def starts(self) -> Tensor:
        """Return (B,) int64: column of each place's [CLS]."""
        return self.sizes.cumsum(0) - self.sizes

    @cached_property
    def bounds(self) -> Tensor:
        """Return (B + 1,) int32: where each text starts, and the number of tokens."""
        return torch.cat([self.sizes.new_zeros(1), self.sizes.cumsum(0)]).int()

    @cached_property
    def is_cls(self) -> Tensor:
        """(1, T) bool."""
        return (self.positions == 0)[None]

    @property
    def position_ids(self) -> Tensor:
        """(1, T) int64: `positions`, as token values lie."""
        return self.positions[None]

    @cached_property
    def buckets(self) -> tuple[Bucket, ...]:
        """Return which texts share one call of attention."""
        return make_buckets(self.lengths, self.sizes)

    def count(self) -> Tensor:
        """Return (1, T) float: remaining tokens of the text each token belongs to."""
        return self.sizes.float()[self.place_of][None]

    def text_lengths(self) -> Tensor:
        """Return (B,) int64: remaining tokens of each text, in the order of the batch."""
        return torch.empty_like(self.sizes).scatter_(0, self.order, self.sizes)

    def softmax(self, logits: Tensor) -> Tensor:
        """Return (1, T) for (1, T), summing to 1 over each text."""
        values, place = logits[0].float(), self.place_of
        top = values.new_full((len(self.lengths),), -torch.inf)
        top = top.scatter_reduce(0, place, values, "amax")
        weights = (values - top[place]).exp()
        total = weights.new_zeros(len(self.lengths)).index_add(0, place, weights)
        return (weights / total[place])[None]

    def rank(self, scores: Tensor) -> Tensor:
        """Return (1, T) int64: 0 for a text's best token after [CLS] (-1), ties to the earlier one."""
        values = scores[0].masked_fill(self.is_cls[0], torch.inf)
        by_score = values.argsort(descending=True, stable=True)
        by_text = by_score[self.place_of[by_score].argsort(stable=True)]
        columns = torch.arange(len(values), device=values.device) - self.starts[self.place_of]
        return (torch.empty_like(by_text).scatter_(0, by_text, columns) - 1)[None]

    def drop(self, hidden: Tensor, keep: Tensor) -> tuple[Tensor, "Packed"]:
        """Gather the tokens of `keep` (and every [CLS]), texts sorted by their new length.

        Waits for the device once: the host has to know the new lengths.
        """
        stay = (keep | self.is_cls)[0]
        until = stay.cumsum(0)
        """Tokens that stay up to and including each token."""
        ends = until[self.starts + self.sizes - 1]
        before = torch.cat([ends.new_zeros(1), ends[:-1]])
        sizes, order = (ends - before).sort(stable=True)
        lengths = tuple(sizes.tolist())
        total = sum(lengths)
        if total == len(stay):
            return hidden, self
        new_starts = sizes.cumsum(0) - sizes
        shift = torch.empty_like(before).scatter_(0, order, new_starts) - before
        target = (until - 1 + shift[self.place_of]).masked_fill(~stay, total)
        """Each staying token's new column; all others share one place after the end."""
        columns = torch.arange(len(stay), device=stay.device)
        index = torch.empty(total + 1, dtype=columns.dtype, device=stay.device)
        index = index.scatter_(0, target, columns)[:total]
        places = torch.arange(len(order), device=order.device)
        new_place = torch.empty_like(order).scatter_(0, order, places)
        layout = Packed(
            lengths,
            sizes,
            self.order[order],
            new_place[self.place_of[index]],
            self.positions[index],
            self.full_lengths,
        )
        return hidden[:, index], layout

    def to_padded(self, values: Tensor, fill: float) -> Tensor:
        """Return token values (1, T) as (B, N) at their original position, `fill` where dropped."""
        width = int(self.full_lengths.max())
        placed = values.new_full((len(self.lengths), width), fill)
        placed[self.order[self.place_of], self.positions] = values[0]
        return placed

    def gather_rows(self, rows: Tensor) -> Tensor:
        """Return values (B, N) by original position as (1, T): those of the remaining tokens."""
        return rows[self.order[self.place_of], self.positions][None]

    @cached_property
    def alone(self) -> "Packed":
        """The layout of every text's [CLS] without other tokens."""
        places = torch.arange(len(self.lengths), device=self.order.device)
        ones, zeros = torch.ones_like(places), torch.zeros_like(places)
        return Packed((1,) * len(places), ones, self.order, places, zeros, self.full_lengths)

    def take_cls(self, hidden: Tensor) -> Tensor:
        """Return (1, B, H) of (1, T, H): each text's [CLS], lying as in `alone`."""
        return hidden[:, self.starts]

    def cls_states(self, hidden: Tensor) -> Tensor:
        """Return (B, H) of (1, T, H): [CLS] of each text, in the order of the batch."""
        cls = self.take_cls(hidden)[0]
        return torch.empty_like(cls).index_copy(0, self.order, cls)

    def scatter_to(self, padded: Tensor | None, hidden: Tensor) -> Tensor:
        """Return (B, N, H) by original position: the remaining tokens' states (1, T, H), and for the
        others `padded`, by default zeros."""
        if padded is None:
            padded = hidden.new_zeros(len(self.lengths), int(self.full_lengths.max()), hidden.shape[-1])
        # Under autocast projected embeddings are of another precision than what norms give.
        both = torch.promote_types(padded.dtype, hidden.dtype)
        places = (self.order[self.place_of], self.positions)
        return padded.to(both).index_put(places, hidden[0].to(both))

    def mean_states(self, hidden: Tensor) -> Tensor:
        """Return (B, H) of (1, T, H): the mean over the remaining tokens of each text."""
        sums = hidden.new_zeros(len(self.lengths), hidden.shape[-1]).index_add(
            0, self.place_of, hidden[0]
        )
        means = sums / self.sizes[:, None]
        return torch.empty_like(means).index_copy(0, self.order, means)

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
            query, key, value, scaling, dropout, need, pair_bias: As of `Padded.attend`.
        """
        if need == "probabilities":
            raise ValueError("attention probabilities need the padded layout (masked execution)")
        if need == "nothing" and pair_bias is None and suits(query):
            longest = self.lengths[-1]
            output = attend_varlen(query, key, value, self.bounds, longest, scaling, dropout)
            return output, NOTHING
        parts = [
            attend_in(bucket, query, key, value, scaling, dropout, need, self._bias(pair_bias))
            for bucket in self.buckets
        ]
        output = torch.cat([part.output for part in parts])[None]
        received = _joined([part.received for part in parts])
        return output, Attention(received, _joined([part.to_self for part in parts]), None)

    def _bias(self, pair_bias: PairBias | None) -> BucketBias | None:
        return None if pair_bias is None else BucketBias(pair_bias, self.positions)

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
        if pair_bias is None and suits(query):
            ends = self.alone.bounds
            return attend_varlen(
                query, key, value, self.bounds, self.lengths[-1], scaling, 0.0, query_bounds=ends
            )
        queries = query[0].transpose(0, 1).split([bucket.texts for bucket in self.buckets])
        parts = (
            attend_from_first(bucket, rows, key, value, scaling, self._bias(pair_bias))
            for bucket, rows in zip(self.buckets, queries, strict=True)
        )
        return torch.cat(list(parts))[None]


def _joined(parts: Sequence[Tensor | None]) -> Tensor | None:
    """Return (1, T) of (tokens,) of each bucket; None where it was not asked for."""
    present = [part for part in parts if part is not None]
    return torch.cat(present)[None] if present else None
