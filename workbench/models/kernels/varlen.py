"""Packed attention on a GPU: one fused call for texts of any lengths, without padding."""

import torch
from torch import Tensor

ALIGNED = 8
"""The kernel reads heads whose width is a multiple of this, in every precision."""


def suits(query: Tensor) -> bool:
    """Whether `attend_varlen` takes these (1, heads, T, d)."""
    return query.device.type == "cuda" and query.shape[-1] % ALIGNED == 0


def attend_varlen(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bounds: Tensor,
    longest: int,
    scaling: float,
    dropout: float,
) -> Tensor:
    """(1, heads, T, d) each -> output (1, T, heads, d); no token sees another text's.

    `bounds` (B + 1,) int32 holds where each text starts, and T. The kernel is the one behind torch's
    memory-efficient attention: unlike flash attention it takes float32 too.
    """
    tokens = (part.transpose(1, 2) for part in (query, key, value))
    output: Tensor = torch.ops.aten._efficient_attention_forward(
        *tokens,
        None,
        bounds,
        bounds,
        longest,
        longest,
        dropout,
        0,
        torch.is_grad_enabled(),
        scale=scaling,
    )[0]
    return output
