"""Packed attention: neighbouring texts that share one call, padded to each other where that is cheap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from workbench.models.layouts.base import Need, PairBias

CALL_PAIRS = 1500
"""Query-key pairs that cost as much time as one more call on two CPU cores (docs/performance.md)."""
BLOCK_CELLS = 2**21
"""Probabilities (texts x heads x queries x keys) held at a time where they are needed: 8 MB."""
GPU_BLOCK_CELLS = 2**27
"""The same on a GPU, which wants few calls: half a gigabyte."""


@dataclass(frozen=True)
class Bucket:
    """Columns `start` to `end` of the packed matrix: `texts` texts of at most `longest` tokens."""

    start: int
    end: int
    texts: int
    longest: int
    columns: Tensor | None = None
    """(texts * longest,) int64: the packed column behind each padded one; padding repeats a text's
    last token. None where all texts are equally long: then the bucket is a view."""
    is_token: Tensor | None = None
    """(texts, longest) bool: what is not padding."""
    slots: Tensor | None = None
    """(end - start,) int64: each token's place in the padded bucket."""


class Attended(NamedTuple):
    """One bucket's attention."""

    output: Tensor
    """(tokens, heads, d)."""
    received: Tensor | None
    """(tokens,): attention received, mean over heads and queries."""
    to_self: Tensor | None
    """(tokens,): the part of it that comes from the token itself."""


class BucketBias(NamedTuple):
    """What is added to attention logits by pairs of tokens."""

    of_pairs: PairBias
    positions: Tensor
    """(T,) int64: each packed token's place in its text before any was dropped."""

    def of_keys(self, bucket: Bucket, q: Tensor, k: Tensor, rows: slice = slice(None)) -> Tensor | None:
        """Return the bias of some of the bucket's texts, for all queries or the first of each.

        Args:
            bucket: Whose texts.
            q: (texts, heads, n, d).
            k: (texts, heads, longest, d).
            rows: Which texts.
        """
        places = _texts(bucket, self.positions)[rows]
        return self.of_pairs(q, k, places[:, : q.shape[2]], places)


def make_buckets(lengths: Sequence[int], sizes: Tensor) -> tuple[Bucket, ...]:
    """Cut texts of ascending `lengths` into buckets; `sizes` (B,) int64 is the same on the device.

    A longer text joins the bucket before it when padding that bucket to its length costs less than a
    call. On a GPU, where a call costs more than any padding, all texts share one bucket.
    """
    firsts = [0]
    for index in range(1, len(lengths)):
        added = (index - firsts[-1]) * (lengths[index] ** 2 - lengths[index - 1] ** 2)
        if sizes.device.type == "cpu" and added > CALL_PAIRS:
            firsts.append(index)
    buckets, start = [], 0
    for first, last in zip(firsts, [*firsts[1:], len(lengths)], strict=True):
        buckets.append(_bucket(lengths[first:last], sizes[first:last], start))
        start = buckets[-1].end
    return tuple(buckets)


def _bucket(lengths: Sequence[int], sizes: Tensor, start: int) -> Bucket:
    """Make a bucket where `sizes` lie: nothing is sent to a GPU, or waited for."""
    texts, longest, end = len(lengths), lengths[-1], start + sum(lengths)
    if lengths[0] == longest:
        return Bucket(start, end, texts, longest)
    within = torch.arange(longest, device=sizes.device)
    starts = sizes.cumsum(0) - sizes
    columns = start + starts[:, None] + torch.minimum(within, sizes[:, None] - 1)
    is_token = within < sizes[:, None]
    # A token's place: behind it, the padding of all texts before its own.
    padding = torch.arange(texts, device=sizes.device) * longest - starts
    slots = torch.arange(end - start, device=sizes.device) + padding.repeat_interleave(
        sizes, output_size=end - start
    )
    return Bucket(start, end, texts, longest, columns.flatten(), is_token, slots)


def attend_in(
    bucket: Bucket,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    scaling: float,
    dropout: float,
    need: Need,
    bias: BucketBias | None = None,
) -> Attended:
    """Attend within each of the bucket's texts.

    Args:
        bucket: Which columns to attend in.
        query: (1, heads, T, d), the whole packed matrix.
        key: Likewise.
        value: Likewise.
        scaling: Factor on the attention logits.
        dropout: Probability with which an attention probability is zeroed.
        need: What to tell besides the output.
        bias: Added to the attention logits; None: nothing.
    """
    q, k, v = (_rows(bucket, part) for part in (query, key, value))
    if need == "nothing":
        output = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=_mask(bucket, q, k, bias), dropout_p=dropout, scale=scaling
        )
        received = to_self = None
    else:
        output, received, to_self = _in_blocks(
            bucket, q, k, v, scaling, dropout, need == "to-self", bias
        )
    shares = (None if part is None else _unpadded(bucket, part) for part in (received, to_self))
    return Attended(_unpadded(bucket, output.transpose(1, 2)), *shares)


def attend_from_first(
    bucket: Bucket,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    scaling: float,
    bias: BucketBias | None = None,
) -> Tensor:
    """Attend from the first token of each of the bucket's texts, without dropout.

    Args:
        bucket: Which columns to attend to.
        query: (texts, heads, d), those of the bucket's texts.
        key: (1, heads, T, d), the whole packed matrix.
        value: Likewise.
        scaling: Factor on the attention logits.
        bias: Added to the attention logits; None: nothing.

    Returns:
        (texts, heads, d).
    """
    k, v = (_rows(bucket, part) for part in (key, value))
    q = query[:, :, None]
    output = functional.scaled_dot_product_attention(
        q, k, v, attn_mask=_mask(bucket, q, k, bias), scale=scaling
    )
    return output[:, :, 0]


def _mask(bucket: Bucket, q: Tensor, k: Tensor, bias: BucketBias | None) -> Tensor | None:
    """Return what broadcasts to (texts, heads, queries, longest): a bool of the keys, or a float to be
    added to the attention logits; None where nothing is masked."""
    added = None if bias is None else bias.of_keys(bucket, q, k)
    if bucket.is_token is None:
        return added
    is_token = bucket.is_token[:, None, None, :]
    return is_token if added is None else added.masked_fill(~is_token, -torch.inf)


def _unpadded(bucket: Bucket, values: Tensor) -> Tensor:
    """Return (tokens, ...) of (texts, longest, ...): without the padding."""
    flat = values.flatten(0, 1)
    return flat if bucket.slots is None else flat.index_select(0, bucket.slots)


def _rows(bucket: Bucket, values: Tensor) -> Tensor:
    """Return (texts, heads, longest, d) of (1, heads, T, d)."""
    # In memory a token's heads lie side by side: taking whole tokens copies rows.
    return _texts(bucket, values[0].transpose(0, 1)).transpose(1, 2)


def _texts(bucket: Bucket, tokens: Tensor) -> Tensor:
    """Return (texts, longest, ...) of (T, ...); padding repeats a text's last token."""
    if bucket.columns is None:
        part = tokens[bucket.start : bucket.end]
    else:
        part = tokens.index_select(0, bucket.columns)
    return part.unflatten(0, (bucket.texts, bucket.longest))


def _in_blocks(
    bucket: Bucket,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    scaling: float,
    dropout: float,
    with_self: bool,
    bias: BucketBias | None,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return output (texts, heads, n, d), attention received and, `with_self`, its part from the token
    itself (texts, n), a few texts at a time: only their probabilities exist if no gradient is taken."""
    cells = BLOCK_CELLS if q.device.type == "cpu" else GPU_BLOCK_CELLS
    size = max(1, cells // (q.shape[1] * bucket.longest**2))
    outputs, received, to_self = [], [], []
    for first in range(0, bucket.texts, size):
        block = slice(first, first + size)
        logits = (q[block] * scaling) @ k[block].transpose(2, 3)
        added = None if bias is None else bias.of_keys(bucket, q[block], k[block], block)
        if added is not None:
            logits = logits + added
        if bucket.is_token is None:
            probabilities = logits.softmax(-1)
            received.append(probabilities.mean((1, 2)))
            queries: Tensor | float = 1 / (q.shape[1] * bucket.longest)
        else:
            is_token = bucket.is_token[block]
            probabilities = logits.masked_fill(~is_token[:, None, None, :], -torch.inf).softmax(-1)
            queries = is_token.to(logits.dtype) / (is_token.sum(1, keepdim=True) * q.shape[1])
            received.append(torch.einsum("bhqk,bq->bk", probabilities, queries))
        if with_self:
            to_self.append(probabilities.diagonal(dim1=2, dim2=3).sum(1) * queries)
        outputs.append(functional.dropout(probabilities, dropout, training=dropout > 0) @ v[block])
    return torch.cat(outputs), torch.cat(received), torch.cat(to_self) if to_self else None
