"""Attention rollout (Abnar and Zuidema, ACL 2020) as plain array mathematics."""

from collections.abc import Sequence

import torch
from torch import Tensor


def rollout(attentions: Sequence[Tensor]) -> Tensor:
    """Attention flow from every token back to the input, layer by layer.

    `attentions` holds one (B, heads, N, N) tensor of probabilities per layer, rows = queries, zero in
    the columns of padding. Returns (layers, B, N, N): entry l is A'_l ... A'_0 with
    A' = (head mean + I) / row sum, so every row sums to 1.
    """
    product: Tensor | None = None
    flows = []
    for attention in attentions:
        mixed = attention.mean(1) + torch.eye(attention.shape[-1], device=attention.device)
        mixed = mixed / mixed.sum(-1, keepdim=True)
        product = mixed if product is None else mixed @ product
        flows.append(product)
    return torch.stack(flows)
