"""Which library multiplies the matrices of float32 linear layers on the CPU.

torch hands them to MKL, which on AMD processors leaves AVX-512 unused; oneDNN, also part of torch,
does not. `use_onednn` sends a model's linear layers there, at the same float32 precision, forward and
backward; at inference the weights are laid out for oneDNN once. The stock Hugging Face model can be
quickened as well, so that comparisons stay like with like.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

Kernels = Literal["auto", "stock", "onednn"]

SMALLEST = 2**14
"""Weights with fewer entries stay with torch: the call costs more than the product."""
TYPICAL_ROWS = 512
"""Tokens per batch that packed weights are laid out for; any other number works."""

_chosen: ContextVar[Kernels] = ContextVar("linear_kernels", default="auto")
_inputs_only: ContextVar[bool] = ContextVar("inputs_only", default=False)


@contextmanager
def linear_kernels(kernels: Kernels) -> Iterator[None]:
    """Quickened layers inside use the named library; `auto`: oneDNN where it is known to win."""
    token = _chosen.set(kernels)
    try:
        yield
    finally:
        _chosen.reset(token)


@contextmanager
def inputs_only() -> Iterator[None]:
    """A backward pass inside needs no gradient of quickened layers' weights: none is computed."""
    token = _inputs_only.set(True)
    try:
        yield
    finally:
        _inputs_only.reset(token)


def use_onednn(model: nn.Module) -> None:
    """Let the model's larger `nn.Linear` layers follow `linear_kernels`; parameters stay as they are."""
    for module in model.modules():
        if type(module) is nn.Linear and module.weight.numel() >= SMALLEST:
            module.__class__ = OneDnnLinear


@cache
def onednn_wins() -> bool:
    """AMD with AVX-512: there MKL reaches half of oneDNN's speed (docs/performance.md)."""
    if not torch.backends.mkldnn.is_available() or torch.backends.cpu.get_cpu_capability() != "AVX512":
        return False
    try:
        return "AuthenticAMD" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False


class _PackedWeight(NamedTuple):
    version: tuple[int, int]
    """What the weight was when it was packed: address and number of in-place changes."""
    weight: Tensor


class OneDnnLinear(nn.Linear):
    """An `nn.Linear` that computes on the CPU in float32 with the chosen library."""

    _packed: _PackedWeight | None = None

    def forward(self, input: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        if torch.is_grad_enabled():
            # What follows may be a step of a fused optimiser, which changes weights without a trace.
            self._packed = None
        if not self._quick(input):
            return super().forward(input)
        if torch.is_grad_enabled():
            return _Linear.apply(input, self.weight, self.bias)
        return _product(input, self._packed_weight(), self.bias)

    def __getstate__(self) -> dict[str, Any]:
        """Copies do without oneDNN's layout of the weights, which cannot be copied; they make theirs."""
        return {name: value for name, value in self.__dict__.items() if name != "_packed"}

    def _quick(self, x: Tensor) -> bool:
        chosen = _chosen.get()
        return (
            (chosen == "onednn" or (chosen == "auto" and onednn_wins()))
            and x.device.type == "cpu"
            and x.dtype == self.weight.dtype == torch.float32
            and x.numel() > 0
            and not torch.is_autocast_enabled("cpu")
        )

    def _packed_weight(self) -> Tensor:
        version = (self.weight.data_ptr(), self.weight._version)
        if self._packed is None or self._packed.version != version:
            packed = torch.ops.mkldnn._reorder_linear_weight(self.weight.detach(), TYPICAL_ROWS)
            self._packed = _PackedWeight(version, packed)
        return self._packed.weight


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x (..., n) times weight (m, n) transposed, plus bias (m,)."""
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        of_x, of_weight, of_bias = ctx.needs_input_grad
        inputs = _product(gradient, weight.t(), None) if of_x else None
        if _inputs_only.get():
            return inputs, None, None
        flat = gradient.flatten(0, -2)
        weights = _product(flat.t(), x.flatten(0, -2).t(), None) if of_weight else None
        return inputs, weights, flat.sum(0) if of_bias else None
