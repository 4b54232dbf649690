"""Token-to-token mixing as plain array mathematics: shares, sizes of summed vectors, rollout."""

import torch
from torch import Tensor

CELLS = 2**21
"""Numbers in the largest block of (queries, tokens, H) vectors: 8 MB, near the processor's caches."""


def shares(mixing: Tensor, alive: Tensor) -> Tensor:
    """(B, N, N) contributions >= 0 -> rows (queries) that sum to 1 over the living tokens.

    `alive` (B, N) bool. The row of a token that is not alive, or to which no token contributes, is the
    token itself.
    """
    kept = mixing.masked_fill(~alive[:, None, :], 0.0)
    total = kept.sum(-1, keepdim=True)
    itself = torch.eye(mixing.shape[-1], dtype=mixing.dtype, device=mixing.device)
    nothing = (~alive[:, :, None]) | (total == 0)
    return torch.where(nothing, itself, kept / total.masked_fill(nothing, 1.0))


def received(matrix: Tensor, alive: Tensor) -> Tensor:
    """(B, ..., N, N) -> (B, ..., N): mean over the rows of living queries."""
    queries = alive.to(matrix.dtype) / alive.sum(1, keepdim=True)
    return torch.einsum("b...qk,bq->b...k", matrix, queries)


def norms_of_sums(weights: Tensor, vectors: Tensor) -> Tensor:
    """(B, N, N) L2 norms of sum_h weights[b, h, i, j] vectors[b, j, h], without forming the sums.

    `weights` (B, heads, N, N), `vectors` (B, N, heads, H): from the heads' inner products, at
    N x N x heads^2 operations instead of N x N x heads x H.
    """
    products = vectors @ vectors.transpose(2, 3)
    # (B, N keys, queries, heads)
    by_key = weights.permute(0, 3, 2, 1)
    squares = ((by_key @ products) * by_key).sum(-1)
    return squares.clamp_min(0).sqrt().transpose(1, 2)


def distances_to_sums(weights: Tensor, vectors: Tensor, own: Tensor, target: Tensor) -> Tensor:
    """(B, N, N): L1 distance of target[b, i] from what token j brings to token i.

    What j brings is sum_h weights[b, h, i, j] vectors[b, j, h] (B, N, heads, H), on the diagonal `own`
    (B, N, H) instead; `target` (B, N, H). Formed text by text, a few queries at a time.
    """
    batch, tokens, _, width = vectors.shape
    step = max(1, CELLS // (tokens * width))
    found = weights.new_empty(batch, tokens, tokens)
    for text in range(batch):
        by_key = weights[text].permute(2, 1, 0).contiguous()
        for start in range(0, tokens, step):
            rows = slice(start, start + step)
            # (keys, queries, H), the subtraction in the same pass over memory as the product.
            aims = target[text, rows].expand(tokens, -1, -1)
            left = torch.baddbmm(aims, by_key[:, rows], vectors[text], alpha=-1)
            found[text, rows] = left.abs_().sum(-1).t()
    found.diagonal(dim1=1, dim2=2).copy_((target - own).abs().sum(-1))
    return found
