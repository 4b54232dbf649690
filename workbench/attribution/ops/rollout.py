"""Attention rollout (Abnar and Zuidema, ACL 2020, section 3) as plain array mathematics."""

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
    """(B, heads, N, N) probabilities -> (B, N, N): A' = (head mean + I) / row sum (section 3)."""
    mixed = attention.mean(1) + torch.eye(attention.shape[-1], device=attention.device)
    return mixed / mixed.sum(-1, keepdim=True)
