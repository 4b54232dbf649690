"""Attention blocks whose every number can be worked out by hand."""

from collections.abc import Sequence
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from workbench.attribution.engine.block import Block
from workbench.attribution.engine.memoised import Memoised
from workbench.attribution.ops.rollout import Rollout, with_residual

ATTENTION = torch.tensor([[0.75, 0.25], [0.5, 0.5]])
"""Rows = queries."""
# Vectors of mean 0, so that LayerNorm's centring leaves them alone.
F0, F1 = torch.tensor([2.0, -2, 0, 0]), torch.tensor([0.0, 0, 2, -2])
"""What tokens 0 and 1 pass on."""
X0, X1 = torch.tensor([0.0, 0, 4, -4]), torch.tensor([1.0, -1, 0, 0])
"""What enters."""


def rollout(attentions: Sequence[Tensor]) -> Tensor:
    """(B, heads, N, N) per layer -> (layers, B, N, N): the rolled-out product up to every layer."""
    flow = Rollout()
    return torch.stack([flow.add(with_residual(attention)) for attention in attentions])


def plain_norm() -> nn.LayerNorm:
    """No weight to speak of, no bias, nothing added to the variance."""
    return nn.LayerNorm(4, eps=0.0)


def hand_block(attention: Tensor = ATTENTION) -> Block:
    """One head, two tokens, no biases."""
    block = Block.__new__(Block)
    Memoised.__init__(block)
    norm = plain_norm()
    vectors, entered = torch.stack([F0, F1]), torch.stack([X0, X1])
    before = attention @ vectors + entered
    for name, value in {
        "index": 0,
        # A feed-forward part that adds nothing.
        "layer": SimpleNamespace(first_norm=norm, second_norm=norm, fed=torch.zeros_like),
        "pools_cls": True,
        "alive": torch.ones(1, 2, dtype=torch.bool),
        "in_graph": attention[None, None],
        "vectors": vectors[None, :, None],
        "entered": entered[None],
        "before_norm": before[None],
        "attended": norm(before).detach()[None],
    }.items():
        setattr(block, name, value)
    return block
