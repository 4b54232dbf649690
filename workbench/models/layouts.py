"""Where the tokens of a batch lie: padded to a rectangle (masked execution) or end to end (packed).

Both layouts answer the same questions for every living token of every text, so that a policy is
written once. Token values have shape (rows, columns): (B, N) when padded, (1, T) when packed, with
B texts, N the longest length and T the number of living tokens in the batch. Column 0 of a padded
row, and the first token of each packed text, is [CLS].
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from workbench.data.documents import Window

Need = Literal["nothing", "received", "probabilities"]


class Attention(NamedTuple):
    """What a layer's self-attention tells besides its output."""

    received: Tensor | None
    """(rows, columns): attention each token receives, mean over heads and living queries."""
    probabilities: Tensor | None
    """(B, heads, N, N); only from the padded layout."""


@dataclass(frozen=True)
class Inputs:
    """Embedding inputs in a layout's shape, each (rows, columns) int64."""

    input_ids: Tensor
    token_type_ids: Tensor
    position_ids: Tensor


@dataclass(frozen=True)
class Padded:
    """Fixed shapes: dropped tokens stay in place and are masked out of attention."""

    alive: Tensor
    """(B, N) bool."""
    full_lengths: Tensor
    """(B,) int64: tokens of each text before any was dropped."""
    bias: Tensor | None = None
    """(B, N) float <= 0, added to attention logits of these keys: soft removal in training."""
    soft: Tensor | None = None
    """(B, N) float in [0, 1]: soft keep-mask in training; None means `alive`."""

    @classmethod
    def from_windows(
        cls, windows: Sequence[Window], device: torch.device | str = "cpu"
    ) -> tuple["Padded", Inputs]:
        """Lay windows out row by row; padding has id 0 and is not alive."""
        lengths = torch.tensor([len(window.input_ids) for window in windows])
        columns = torch.arange(int(lengths.max()))
        alive = columns < lengths[:, None]
        values = torch.zeros(2, *alive.shape, dtype=torch.int64)
        for row, window in enumerate(windows):
            values[0, row, : lengths[row]] = torch.from_numpy(window.input_ids)
            values[1, row, : lengths[row]] = torch.from_numpy(window.token_type_ids)
        positions = columns.expand_as(alive)
        inputs = Inputs(values[0].to(device), values[1].to(device), positions.to(device))
        return cls(alive.to(device), lengths.to(device)), inputs

    @cached_property
    def is_cls(self) -> Tensor:
        """(B, N) bool."""
        mask = torch.zeros_like(self.alive)
        mask[:, 0] = True
        return mask

    def count(self) -> Tensor:
        """(B, 1) float: living tokens of each text, the soft number in training; no gradient."""
        return (self.alive if self.soft is None else self.soft.detach()).sum(1, keepdim=True).float()

    def counts(self) -> Tensor:
        """(B,) int64: living tokens of each text, in the order of the batch."""
        return self.alive.sum(1)

    def softmax(self, logits: Tensor) -> Tensor:
        """(B, N) -> (B, N), summing to 1 over the living tokens of each text, 0 elsewhere."""
        if self.bias is not None:
            logits = logits + self.bias
        return logits.masked_fill(~self.alive, -torch.inf).softmax(-1)

    def rank(self, scores: Tensor) -> Tensor:
        """(B, N) int64: 0 for the best living token after [CLS], ties to the earlier token.

        [CLS] is not ranked (-1); tokens that are not alive come behind all living ones.
        """
        scores = scores.masked_fill(~self.alive, -torch.inf).masked_fill(self.is_cls, torch.inf)
        order = scores.argsort(dim=1, descending=True, stable=True)
        columns = torch.arange(scores.shape[1], device=scores.device).expand_as(order)
        return torch.empty_like(order).scatter_(1, order, columns) - 1

    def drop(self, hidden: Tensor, keep: Tensor) -> tuple[Tensor, "Padded"]:
        """Mark tokens outside `keep` as gone; [CLS] stays whatever `keep` says."""
        return hidden, replace(self, alive=self.alive & (keep | self.is_cls))

    def place(self, values: Tensor, fill: float) -> Tensor:
        """(B, N) token values -> (B, N) at their original position, `fill` where not alive."""
        return values.masked_fill(~self.alive, fill)

    def first(self, hidden: Tensor) -> Tensor:
        """(B, N, H) -> (B, H): [CLS] of each text."""
        return hidden[:, 0]

    @cached_property
    def attention_bias(self) -> Tensor | None:
        """(B, 1, 1, N) float for the keys, or None where nothing is masked."""
        if self.bias is None and bool(self.alive.all()):
            return None
        dtype = torch.float32 if self.bias is None else self.bias.dtype
        mask = torch.zeros(self.alive.shape, dtype=dtype, device=self.alive.device)
        mask = mask.masked_fill(~self.alive, torch.finfo(dtype).min)
        return (mask if self.bias is None else mask + self.bias)[:, None, None, :]

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, scaling: float, dropout: float, need: Need
    ) -> tuple[Tensor, Attention]:
        """(B, heads, N, d) each -> output (B, N, heads, d) and what `need` asks for."""
        bias = self.attention_bias
        if bias is not None:
            bias = bias.to(query.dtype)
        if need == "nothing":
            output = functional.scaled_dot_product_attention(
                query, key, value, attn_mask=bias, dropout_p=dropout, scale=scaling
            )
            return output.transpose(1, 2), Attention(None, None)
        logits = query @ key.transpose(2, 3) * scaling
        probabilities = (logits if bias is None else logits + bias).softmax(-1)
        output = functional.dropout(probabilities, dropout, training=dropout > 0) @ value
        queries = self.alive.to(probabilities.dtype) / self.alive.sum(1, keepdim=True)
        received = torch.einsum("bhqk,bq->bk", probabilities, queries) / query.shape[1]
        shown = probabilities if need == "probabilities" else None
        return output.transpose(1, 2), Attention(received, shown)


@dataclass(frozen=True)
class Packed:
    """Tokens really gone: living tokens of all texts end to end, texts ordered by length.

    Keeping texts sorted by length makes texts of equal length neighbours, so attention over a group
    of them is a view of the packed matrix, and dropping tokens is one gather.
    """

    lengths: tuple[int, ...]
    """Living tokens of each text, ascending."""
    order: Tensor
    """(B,) int64: which text of the batch lies at each place."""
    positions: Tensor
    """(T,) int64: each token's place in its text before any was dropped."""
    full_lengths: Tensor
    """(B,) int64 in the order of the batch."""

    @classmethod
    def from_windows(
        cls, windows: Sequence[Window], device: torch.device | str = "cpu"
    ) -> tuple["Packed", Inputs]:
        """Lay windows end to end, shortest first."""
        sizes = [len(window.input_ids) for window in windows]
        order = sorted(range(len(windows)), key=sizes.__getitem__)
        placed = [windows[index] for index in order]
        ids = torch.cat([torch.from_numpy(window.input_ids) for window in placed])
        types = torch.cat([torch.from_numpy(window.token_type_ids) for window in placed])
        positions = torch.cat([torch.arange(sizes[index]) for index in order])
        layout = cls(
            tuple(sizes[index] for index in order),
            torch.tensor(order, device=device),
            positions.to(device),
            torch.tensor(sizes, device=device),
        )
        shaped = (ids[None].to(device), types[None].to(device), layout.positions[None])
        return layout, Inputs(*shaped)

    @cached_property
    def place_of(self) -> Tensor:
        """(T,) int64: which place (text, in packed order) each token belongs to."""
        sizes = torch.tensor(self.lengths, device=self.positions.device)
        places = torch.arange(len(self.lengths), device=self.positions.device)
        return places.repeat_interleave(sizes, output_size=len(self.positions))

    @cached_property
    def starts(self) -> Tensor:
        """(B,) int64: column of each place's [CLS]."""
        sizes = torch.tensor((0, *self.lengths[:-1]), device=self.positions.device)
        return sizes.cumsum(0)

    @cached_property
    def is_cls(self) -> Tensor:
        """(1, T) bool."""
        return (self.positions == 0)[None]

    def count(self) -> Tensor:
        """(1, T) float: living tokens of the text each token belongs to."""
        sizes = torch.tensor(self.lengths, device=self.positions.device, dtype=torch.float32)
        return sizes[self.place_of][None]

    def counts(self) -> Tensor:
        """(B,) int64: living tokens of each text, in the order of the batch."""
        sizes = torch.tensor(self.lengths, device=self.order.device)
        return torch.empty_like(sizes).scatter_(0, self.order, sizes)

    def softmax(self, logits: Tensor) -> Tensor:
        """(1, T) -> (1, T), summing to 1 over each text."""
        values, place = logits[0].float(), self.place_of
        top = values.new_full((len(self.lengths),), -torch.inf)
        top = top.scatter_reduce(0, place, values, "amax")
        weights = (values - top[place]).exp()
        total = weights.new_zeros(len(self.lengths)).index_add(0, place, weights)
        return (weights / total[place])[None]

    def rank(self, scores: Tensor) -> Tensor:
        """(1, T) int64: 0 for the best token of a text after [CLS] (-1), ties to the earlier one."""
        values = scores[0].masked_fill(self.is_cls[0], torch.inf)
        by_score = values.argsort(descending=True, stable=True)
        by_text = by_score[self.place_of[by_score].argsort(stable=True)]
        columns = torch.arange(len(values), device=values.device) - self.starts[self.place_of]
        return (torch.empty_like(by_text).scatter_(0, by_text, columns) - 1)[None]

    def drop(self, hidden: Tensor, keep: Tensor) -> tuple[Tensor, "Packed"]:
        """Gather the tokens of `keep` (and every [CLS]), texts sorted by their new length."""
        stay = (keep | self.is_cls)[0]
        sizes = torch.zeros(len(self.lengths), dtype=torch.int64, device=stay.device)
        sizes = sizes.index_add(0, self.place_of, stay.long())
        sizes, order = sizes.sort(stable=True)
        new_place = torch.empty_like(order).scatter_(
            0, order, torch.arange(len(order), device=order.device)
        )
        living = stay.nonzero()[:, 0]
        index = living[new_place[self.place_of[living]].argsort(stable=True)]
        layout = Packed(
            tuple(sizes.tolist()), self.order[order], self.positions[index], self.full_lengths
        )
        return hidden[:, index], layout

    def place(self, values: Tensor, fill: float) -> Tensor:
        """(1, T) token values -> (B, N) at their original position, `fill` where dropped."""
        width = int(self.full_lengths.max())
        placed = values.new_full((len(self.lengths), width), fill)
        placed[self.order[self.place_of], self.positions] = values[0]
        return placed

    def first(self, hidden: Tensor) -> Tensor:
        """(1, T, H) -> (B, H): [CLS] of each text, in the order of the batch."""
        cls = hidden[0, self.starts]
        return torch.empty_like(cls).index_copy(0, self.order, cls)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, scaling: float, dropout: float, need: Need
    ) -> tuple[Tensor, Attention]:
        """(1, heads, T, d) each -> output (1, T, heads, d) and what `need` asks for."""
        if need == "probabilities":
            raise ValueError("attention probabilities need the padded layout (masked execution)")
        outputs, received, start = [], [], 0
        for length, group in groupby(self.lengths):
            end = start + length * len(list(group))
            q, k, v = (_texts(part, start, end, length) for part in (query, key, value))
            if need == "nothing":
                output = functional.scaled_dot_product_attention(
                    q, k, v, dropout_p=dropout, scale=scaling
                )
            else:
                probabilities = (q @ k.transpose(2, 3) * scaling).softmax(-1)
                received.append(probabilities.mean((1, 2)).flatten())
                output = functional.dropout(probabilities, dropout, training=dropout > 0) @ v
            outputs.append(output.transpose(1, 2).flatten(0, 1))
            start = end
        seen = torch.cat(received)[None] if received else None
        return torch.cat(outputs)[None], Attention(seen, None)


def _texts(values: Tensor, start: int, end: int, length: int) -> Tensor:
    """(1, heads, T, d) -> (texts, heads, length, d): a view of neighbouring texts of equal length."""
    return values[0, :, start:end].unflatten(1, (-1, length)).transpose(0, 1)


Layout = Padded | Packed
