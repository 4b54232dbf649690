"""Attention rollout (Abnar and Zuidema, ACL 2020) as plain array mathematics."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Rollout:
    """The product of mixing matrices, layer by layer: only the last product is held."""

    def __init__(self) -> None:
        self.product: Tensor | None = None

    def add(self, mixing: Tensor) -> Tensor:
        """(B, N, N) of the next layer, rows = queries -> (B, N, N): from its tokens back to the input.

        Rows of the product sum to 1 if those of every factor do.
        """
        self.product = mixing if self.product is None else mixing @ self.product
        return self.product


def with_residual(attention: Tensor) -> Tensor:
    """(B, heads, N, N) probabilities -> (B, N, N): A' = (head mean + I) / row sum (section 4)."""
    mixed = attention.mean(1) + torch.eye(attention.shape[-1], device=attention.device)
    return mixed / mixed.sum(-1, keepdim=True)


def rollout(attentions: Sequence[Tensor]) -> Tensor:
    """Attention flow from every token back to the input, layer by layer.

    `attentions` holds one (B, heads, N, N) tensor of probabilities per layer, rows = queries, zero in
    the columns of padding. Returns (layers, B, N, N): entry l is A'_l ... A'_0, so every row sums to 1.
    """
    flow = Rollout()
    return torch.stack([flow.add(with_residual(attention)) for attention in attentions])
