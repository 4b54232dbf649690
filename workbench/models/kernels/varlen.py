"""Packed attention on a GPU: one fused call for texts of any lengths, without padding.

The operator is private to torch, the one behind its memory-efficient attention: unlike flash attention
it takes float32 too. `suits` tries it once on each device; without it packed attention runs in buckets.
"""

from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from workbench.models.kernels.probe import works

ALIGNED = 8
"""The kernel reads heads whose width is a multiple of this, in every precision."""


def suits(query: Tensor) -> bool:
    """Return whether `attend_varlen` takes these (1, heads, T, d)."""
    return (
        query.device.type == "cuda" and query.shape[-1] % ALIGNED == 0 and varlen_available(query.device)
    )


@cache
def varlen_available(device: torch.device) -> bool:
    """Return whether the operator is there and attends within each of two texts alone; else warn."""
    tokens = torch.linspace(-1, 1, 3 * ALIGNED, device=device).view(1, 1, 3, ALIGNED)
    bounds = torch.tensor([0, 2, 3], dtype=torch.int32, device=device)
    texts = tokens.split([2, 1], dim=2)
    return works(
        f"packed attention on {device}",
        lambda: attend_varlen(tokens, tokens, tokens, bounds, 2, ALIGNED**-0.5, 0.0).transpose(1, 2),
        lambda: torch.cat([scaled_dot_product_attention(text, text, text) for text in texts], dim=2),
    )


def attend_varlen(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bounds: Tensor,
    longest: int,
    scaling: float,
    dropout: float,
    query_bounds: Tensor | None = None,
) -> Tensor:
    """Attend within each of several texts that lie end to end.

    Args:
        query: (1, heads, T, d), the tokens of all texts; others with `query_bounds`.
        key: (1, heads, T, d).
        value: Likewise.
        bounds: (B + 1,) int32: where each text starts, and T.
        longest: Tokens of the longest text.
        scaling: Factor on the attention logits.
        dropout: Probability with which an attention probability is zeroed.
        query_bounds: (B + 1,) int32: where the queries of each text start, and their number; by default
            every token is one.

    Returns:
        (1, queries, heads, d).
    """
    tokens = (part.transpose(1, 2) for part in (query, key, value))
    output: Tensor = torch.ops.aten._efficient_attention_forward(
        *tokens,
        None,
        bounds if query_bounds is None else query_bounds,
        bounds,
        longest,
        longest,
        dropout,
        0,
        torch.is_grad_enabled(),
        scale=scaling,
    )[0]
    return output
