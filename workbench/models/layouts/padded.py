"""Fixed shapes: a rectangle of texts, and a mask of the tokens that remain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from workbench.core.documents import Window
from workbench.models.layouts.base import NOTHING, Attention, Inputs, Need, PairBias


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
    gated: bool = False
    """Whether attention to a key is weighed by `soft` and renormalised: 0 is gone, with a gradient."""

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

    @cached_property
    def position_ids(self) -> Tensor:
        """(B, N) int64: each token's place in its text before any was dropped."""
        columns = torch.arange(self.alive.shape[1], device=self.alive.device)
        return columns.expand_as(self.alive)

    def count(self) -> Tensor:
        """Return (B, 1) float: tokens left of each text, whatever their soft mask."""
        return self.alive.sum(1, keepdim=True).float()

    def soft_count(self) -> Tensor:
        """Return (B, 1) float: the sum of each text's soft mask, with its gradient."""
        return self.count() if self.soft is None else self.soft.sum(1, keepdim=True)

    def without_zeros(self) -> "Padded":
        """Return the layout in which tokens are gone whose soft mask is exactly 0."""
        return self if self.soft is None else replace(self, alive=self.alive & (self.soft > 0))

    def text_lengths(self) -> Tensor:
        """Return (B,) int64: remaining tokens of each text, in the order of the batch."""
        return self.alive.sum(1)

    def softmax(self, logits: Tensor) -> Tensor:
        """Return (B, N) for (B, N), summing to 1 over the remaining tokens of each text, 0 elsewhere."""
        if self.bias is not None:
            logits = logits + self.bias
        return logits.masked_fill(~self.alive, -torch.inf).softmax(-1)

    def rank(self, scores: Tensor) -> Tensor:
        """Return (B, N) int64: 0 for the best remaining token after [CLS] (-1), ties to the earlier one;
        tokens that are gone come last."""
        scores = scores.masked_fill(~self.alive, -torch.inf).masked_fill(self.is_cls, torch.inf)
        order = scores.argsort(dim=1, descending=True, stable=True)
        columns = torch.arange(scores.shape[1], device=scores.device).expand_as(order)
        return torch.empty_like(order).scatter_(1, order, columns) - 1

    def drop(self, hidden: Tensor, keep: Tensor) -> tuple[Tensor, "Padded"]:
        """Mark tokens outside `keep` as gone; [CLS] stays whatever `keep` says."""
        return hidden, replace(self, alive=self.alive & (keep | self.is_cls))

    def soft_times(self, stays: Tensor) -> Tensor:
        """Return (B, N): the soft keep-mask times `stays` (B, N); [CLS] stays whatever that says."""
        soft = self.alive.to(stays.dtype) if self.soft is None else self.soft
        return soft * stays.masked_fill(self.is_cls, 1.0)

    def to_padded(self, values: Tensor, fill: float) -> Tensor:
        """Return token values (B, N) at their original position, `fill` where a token is gone."""
        return values.masked_fill(~self.alive, fill)

    def gather_rows(self, rows: Tensor) -> Tensor:
        """Return values (B, N) by original position as they are: every token is still in its place."""
        return rows

    @cached_property
    def alone(self) -> "Padded":
        """The layout of every text's [CLS] without other tokens."""
        return Padded(self.alive[:, :1], self.full_lengths)

    def take_cls(self, hidden: Tensor) -> Tensor:
        """Return (B, 1, H) of (B, N, H): [CLS], lying as in `alone`."""
        return hidden[:, :1]

    def cls_states(self, hidden: Tensor) -> Tensor:
        """Return (B, H) of (B, N, H): [CLS] of each text."""
        return hidden[:, 0]

    def scatter_to(self, padded: Tensor | None, hidden: Tensor) -> Tensor:
        """Return (B, N, H) by original position: the remaining tokens' states (B, N, H), and for the
        others `padded`, by default zeros."""
        others = torch.zeros_like(hidden) if padded is None else padded
        return torch.where(self.alive[..., None], hidden, others)

    def mean_states(self, hidden: Tensor) -> Tensor:
        """Return (B, H) of (B, N, H): the mean over the remaining tokens of each text."""
        weights = self.alive.to(hidden.dtype)
        if self.soft is not None:
            weights = self.soft.to(hidden.dtype)
        return (hidden * weights[..., None]).sum(1) / weights.sum(1, keepdim=True)

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
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        scaling: float,
        dropout: float,
        need: Need,
        pair_bias: PairBias | None = None,
    ) -> tuple[Tensor, Attention]:
        """Attend within each text.

        Args:
            query: (B, heads, N, d).
            key: The same shape.
            value: The same shape.
            scaling: Factor on the attention logits.
            dropout: Probability with which an attention probability is zeroed.
            need: What to tell besides the output (B, N, heads, d).
            pair_bias: Added to the attention logits; None: nothing.
        """
        bias = self._bias(query, key, self.position_ids, pair_bias)
        if need == "nothing" and not self.gated:
            output = functional.scaled_dot_product_attention(
                query, key, value, attn_mask=bias, dropout_p=dropout, scale=scaling
            )
            return output.transpose(1, 2), NOTHING
        logits = query @ key.transpose(2, 3) * scaling
        probabilities = (logits if bias is None else logits + bias).softmax(-1)
        if self.gated and self.soft is not None:
            weighed = probabilities * self.soft[:, None, None, :]
            # A token that is gone may see none that is left, where attention is local.
            seen = weighed.sum(-1, keepdim=True).clamp_min(torch.finfo(weighed.dtype).tiny)
            probabilities = weighed / seen
        output = functional.dropout(probabilities, dropout, training=dropout > 0) @ value
        queries = self.alive.to(probabilities.dtype)
        if self.gated and self.soft is not None:
            queries = queries * self.soft.detach()
        queries = queries / queries.sum(1, keepdim=True)
        received = torch.einsum("bhqk,bq->bk", probabilities, queries) / query.shape[1]
        to_self = None
        if need in ("to-self", "probabilities"):
            to_self = probabilities.diagonal(dim1=2, dim2=3).mean(1) * queries
        shown = probabilities if need == "probabilities" else None
        return output.transpose(1, 2), Attention(received, to_self, shown)

    def _bias(
        self, query: Tensor, key: Tensor, places: Tensor, pair_bias: PairBias | None
    ) -> Tensor | None:
        """Return what is added to attention logits, for queries at these (B, n) places."""
        bias = None if self.attention_bias is None else self.attention_bias.to(query.dtype)
        pairs = None if pair_bias is None else pair_bias(query, key, places, self.position_ids)
        if bias is None or pairs is None:
            return pairs if bias is None else bias
        # In half precision both are minus infinity: a row of nothing else would have no softmax.
        return (bias + pairs).clamp_min(torch.finfo(query.dtype).min)

    def attend_from_cls(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        scaling: float,
        pair_bias: PairBias | None = None,
    ) -> Tensor:
        """Attend from each text's [CLS] to its tokens, without dropout or soft removal.

        Args:
            query: (B, heads, 1, d).
            key: (B, heads, N, d).
            value: The same shape.
            scaling: Factor on the attention logits.
            pair_bias: As of `attend`.

        Returns:
            (B, 1, heads, d).
        """
        bias = self._bias(query, key, self.position_ids[:, :1], pair_bias)
        output = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias, scale=scaling
        )
        return output.transpose(1, 2)
