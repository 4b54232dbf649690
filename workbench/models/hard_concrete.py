"""The hard-concrete distribution (Louizos et al. 2018): gates that reach 0 and 1 and have gradients."""

import math

import torch
from torch import Tensor

LOW, HIGH = -0.1, 1.1
"""Stretch interval; the stretched sample is clipped to [0, 1]."""
TEMPERATURE = 2 / 3
EPSILON = 1e-6
LOG_ALPHA_RANGE = (math.log(0.01), math.log(100.0))


def sample(log_alpha: Tensor) -> Tensor:
    """One gate value in [0, 1] per entry of `log_alpha`, differentiable in it."""
    uniform = torch.empty_like(log_alpha).uniform_(EPSILON, 1 - EPSILON)
    smooth = torch.sigmoid((uniform.log() - (1 - uniform).log() + log_alpha) / TEMPERATURE)
    return (smooth * (HIGH - LOW) + LOW).clamp(0, 1)


def sample_binary(log_alpha: Tensor) -> Tensor:
    """A gate of exactly 0 or 1 per entry (its sample cut at one half), straight-through gradient."""
    soft = sample(log_alpha)
    return (soft > 0.5).float() + (soft - soft.detach())


def probability_on(log_alpha: Tensor) -> Tensor:
    """P(gate > 1/2) = sigmoid(log_alpha): the expectation of `sample_binary`."""
    return torch.sigmoid(log_alpha)


def probability_open(log_alpha: Tensor) -> Tensor:
    """P(gate > 0) = sigmoid(log_alpha - T log(-LOW / HIGH)): the expected L0 norm of each gate."""
    return torch.sigmoid(log_alpha - TEMPERATURE * math.log(-LOW / HIGH))
