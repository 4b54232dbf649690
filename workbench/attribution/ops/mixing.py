"""Token-to-token mixing as plain array mathematics: shares, and sizes of summed vectors."""

import torch
from torch import Tensor

CELLS = 2**21
"""Numbers in the largest block of (queries, tokens, H) vectors: 8 MB, near the processor's caches."""


def shares(mixing: Tensor, alive: Tensor) -> Tensor:
    """Return contributions (B, N, N) >= 0 as rows (queries) that sum to 1 over the remaining tokens.

    `alive` (B, N) bool. The row of a token that is not alive, or to which no token contributes, is the
    token itself.
    """
    kept = mixing.masked_fill(~alive[:, None, :], 0.0)
    total = kept.sum(-1, keepdim=True)
    itself = torch.eye(mixing.shape[-1], dtype=mixing.dtype, device=mixing.device)
    nothing = (~alive[:, :, None]) | (total == 0)
    return torch.where(nothing, itself, kept / total.masked_fill(nothing, 1.0))


def received(matrix: Tensor, alive: Tensor) -> Tensor:
    """Return the mean over the rows of remaining queries: (B, ..., N, N) -> (B, ..., N)."""
    queries = alive.to(matrix.dtype) / alive.sum(1, keepdim=True)
    return torch.einsum("b...qk,bq->b...k", matrix, queries)


def pooled_row(
    matrix: Tensor, alive: Tensor, *, pools_cls: bool, answer: Tensor | None = None
) -> Tensor:
    """Return the row of (B, N, N) that a model's head reads, (B, N).

    Args:
        matrix: Rows = queries.
        alive: (B, N) bool.
        pools_cls: Whether the head reads [CLS]; else the mean over the remaining tokens.
        answer: (B, 2): where a head reads every token, the mean of these two tokens' rows.
    """
    if answer is not None:
        rows = answer[..., None].expand(-1, -1, matrix.shape[-1])
        return matrix.gather(1, rows).mean(1)
    return matrix[:, 0] if pools_cls else received(matrix, alive)


def at_rest(mixing: Tensor, moving: Tensor) -> Tensor:
    """Return (B, N, N) in which a token (row) that is not in `moving` (B, N) takes from itself alone."""
    itself = torch.eye(mixing.shape[-1], dtype=mixing.dtype, device=mixing.device)
    return torch.where(moving[:, :, None], mixing, itself)


def norms_of_sums(weights: Tensor, vectors: Tensor, to_itself: Tensor | None = None) -> Tensor:
    """Return the L2 norms (B, N, N) of what token j brings to token i, without forming the sums.

    They come from the heads' inner products, at N x N x heads^2 operations instead of N x N x heads x H.

    Args:
        weights: (B, heads, N, N), for example attention.
        vectors: (B, N, heads, H); j brings sum_h weights[b, h, i, j] vectors[b, j, h].
        to_itself: (B, N, H), what every token brings to itself instead; None: the same sum.
    """
    products = vectors @ vectors.transpose(2, 3)
    # (B, N keys, queries, heads)
    by_key = weights.permute(0, 3, 2, 1)
    squares = ((by_key @ products) * by_key).sum(-1)
    norms = squares.clamp_min(0).sqrt().transpose(1, 2)
    if to_itself is not None:
        norms = norms.contiguous()
        norms.diagonal(dim1=1, dim2=2).copy_(to_itself.norm(dim=-1))
    return norms


def distances_to_sums(weights: Tensor, vectors: Tensor, to_itself: Tensor, target: Tensor) -> Tensor:
    """Return the L1 distances (B, N, N) of target[b, i] from what token j brings to token i.

    Formed text by text, a few queries at a time.

    Args:
        weights, vectors: As in `norms_of_sums`.
        to_itself: (B, N, H), what every token brings to itself.
        target: (B, N, H).
    """
    batch, tokens, _, width = vectors.shape
    step = max(1, CELLS // (tokens * width))
    distances = weights.new_empty(batch, tokens, tokens)
    for text in range(batch):
        by_key = weights[text].permute(2, 1, 0).contiguous()
        for start in range(0, tokens, step):
            rows = slice(start, start + step)
            # (keys, queries, H), the subtraction in the same pass over memory as the product.
            aims = target[text, rows].expand(tokens, -1, -1)
            left = torch.baddbmm(aims, by_key[:, rows], vectors[text], alpha=-1)
            distances[text, rows] = left.abs_().sum(-1).t()
    distances.diagonal(dim1=1, dim2=2).copy_((target - to_itself).abs().sum(-1))
    return distances
