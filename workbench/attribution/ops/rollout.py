"""Attention rollout (Abnar and Zuidema, ACL 2020, section 3) as plain array mathematics."""

import torch
from torch import Tensor


class Rollout:
    """The product of mixing matrices, layer by layer: only the last product is held."""

    def __init__(self) -> None:
        self.product: Tensor | None = None

    def add(self, mixing: Tensor) -> Tensor:
        """Multiply by the next layer's matrix (B, N, N), rows = queries, and return the product.

        It leads from the layer's tokens back to the input; its rows sum to 1 if those of all factors do.
        """
        self.product = mixing if self.product is None else mixing @ self.product
        return self.product


def with_residual(attention: Tensor) -> Tensor:
    """Return A' = (head mean + I) / row sum (section 3): (B, heads, N, N) -> (B, N, N)."""
    mixed = attention.mean(1) + torch.eye(attention.shape[-1], device=attention.device)
    return mixed / mixed.sum(-1, keepdim=True)
