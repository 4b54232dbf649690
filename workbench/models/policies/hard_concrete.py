"""The hard-concrete distribution (Louizos et al. 2018): gates that reach 0 and 1 and have gradients."""

import math

import torch
from torch import Tensor

LOW, HIGH = -0.1, 1.1
"""Stretch interval; the stretched sample is clipped to [0, 1]."""
TEMPERATURE = 2 / 3
EPSILON = 1e-6
LOG_ALPHA_RANGE = (math.log(0.01), math.log(100.0))


def relaxed(log_odds: Tensor, temperature: float) -> Tensor:
    """One value in [0, 1] per entry of `log_odds`, with gradient: Gumbel-softmax over two classes.

    It is above 1/2 with probability sigmoid(log_odds), whatever the temperature.
    """
    uniform = torch.empty_like(log_odds).uniform_(EPSILON, 1 - EPSILON)
    return torch.sigmoid((uniform.log() - (1 - uniform).log() + log_odds) / temperature)


def straight_through(soft: Tensor, above: float = 0.5) -> Tensor:
    """1 where `soft` is above a value, by default 1/2, else 0; the gradient is that of `soft`."""
    return (soft > above).float() + (soft - soft.detach())


def sample(log_alpha: Tensor) -> Tensor:
    """One gate value in [0, 1] per entry of `log_alpha`, differentiable in it."""
    return (relaxed(log_alpha, TEMPERATURE) * (HIGH - LOW) + LOW).clamp(0, 1)


def sample_binary(log_alpha: Tensor, above: float = 0.5) -> Tensor:
    """A gate of exactly 0 or 1 per entry: is its sample above a value? Straight-through gradient."""
    return straight_through(sample(log_alpha), above)


def probability_above(log_alpha: Tensor, value: float) -> Tensor:
    """P(gate > value), 0 <= value < 1: the expectation of `sample_binary`."""
    return torch.sigmoid(log_alpha - TEMPERATURE * math.log((value - LOW) / (HIGH - value)))


def probability_open(log_alpha: Tensor) -> Tensor:
    """P(gate > 0): the expected L0 norm of each gate."""
    return probability_above(log_alpha, 0.0)
