"""Which library multiplies the matrices of float32 linear layers on the CPU.

torch hands them to MKL, which on AMD processors leaves AVX-512 unused; oneDNN, also part of torch,
does not. `use_onednn` sends a model's linear layers there, at the same float32 precision, forward and
backward; at inference the weights are laid out for oneDNN once. The stock Hugging Face model can use it
as well, so that comparisons stay like with like.

The operators are private to torch: `onednn_available` tries them once, and layers that cannot use them
compute as torch's own do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from workbench.core.processor import processor_facts
from workbench.models.kernels.probe import works

Kernels = Literal["auto", "stock", "onednn"]

SMALLEST = 2**14
"""Weights with fewer entries stay with torch: the call costs more than the product."""
TYPICAL_ROWS = 512
"""Tokens per batch that packed weights are laid out for; any other number works."""

_chosen: ContextVar[Kernels] = ContextVar("linear_kernels", default="auto")
_inputs_only: ContextVar[bool] = ContextVar("inputs_only", default=False)


@contextmanager
def linear_kernels(kernels: Kernels) -> Iterator[None]:
    """Let the layers of `use_onednn` use the named library; `auto`: oneDNN where it is known to win."""
    token = _chosen.set(kernels)
    try:
        yield
    finally:
        _chosen.reset(token)


@contextmanager
def inputs_only() -> Iterator[None]:
    """Compute no gradient of these layers' weights in backward passes inside: none is needed."""
    token = _inputs_only.set(True)
    try:
        yield
    finally:
        _inputs_only.reset(token)


def use_onednn(model: nn.Module) -> None:
    """Replace the larger `nn.Linear` layers inside `model` by ones with the same parameters that follow
    `linear_kernels`."""
    for name, module in list(model.named_modules()):
        if name and type(module) is nn.Linear and module.weight.numel() >= SMALLEST:
            model.set_submodule(name, OneDnnLinear.from_linear(module))


@cache
def onednn_available() -> bool:
    """Return whether both private operators are there and multiply as expected; warn if not."""
    x, weight = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, -1.0], [0.5, 2.0]])
    return works("oneDNN product", lambda: _product(x, _pack(weight), None), lambda: x @ weight.t())


@cache
def onednn_wins() -> bool:
    """Return whether oneDNN is known to win: on AMD with AVX-512, where MKL is half as fast
    (docs/performance.md)."""
    if not torch.backends.mkldnn.is_available() or torch.backends.cpu.get_cpu_capability() != "AVX512":
        return False
    return processor_facts().get("vendor_id") == "AuthenticAMD" and onednn_available()


class OneDnnLinear(nn.Linear):
    """An `nn.Linear` that computes on the CPU in float32 with the chosen library."""

    _packed: tuple[tuple[int, int], Tensor] | None = None
    """The packed weight, after what it was packed from: address and number of in-place changes."""

    @classmethod
    def from_linear(cls, linear: nn.Linear) -> Self:
        """Return a layer that shares the parameters of `linear`."""
        # On the meta device nothing is allocated and no random number drawn.
        layer = cls(linear.in_features, linear.out_features, linear.bias is not None, device="meta")
        layer.weight, layer.bias = linear.weight, linear.bias
        return layer.train(linear.training)

    def forward(self, input: Tensor) -> Tensor:
        """Return (..., out) for `input` (..., in)."""
        if torch.is_grad_enabled():
            # What follows may be a step of a fused optimiser, which changes weights without a trace.
            self._packed = None
        if not self.uses_onednn(input):
            return super().forward(input)
        if torch.is_grad_enabled():
            return _Linear.apply(input, self.weight, self.bias)
        return _product(input, self._packed_weight(), self.bias)

    def uses_onednn(self, x: Tensor) -> bool:
        """Return whether oneDNN multiplies `x`, rather than torch's own choice."""
        chosen = _chosen.get()
        return (
            (chosen == "onednn" or (chosen == "auto" and onednn_wins()))
            and x.device.type == "cpu"
            and x.dtype == self.weight.dtype == torch.float32
            and x.numel() > 0
            and not torch.is_autocast_enabled("cpu")
            and onednn_available()
        )

    def __getstate__(self) -> dict[str, Any]:
        """Copies do without oneDNN's layout of the weights, which cannot be copied; they make theirs."""
        return {name: value for name, value in self.__dict__.items() if name != "_packed"}

    def _packed_weight(self) -> Tensor:
        version = (self.weight.data_ptr(), self.weight._version)
        if self._packed is None or self._packed[0] != version:
            self._packed = version, _pack(self.weight.detach())
        return self._packed[1]


def _pack(weight: Tensor) -> Tensor:
    """Return `weight` (m, n) laid out for oneDNN."""
    return torch.ops.mkldnn._reorder_linear_weight(weight, TYPICAL_ROWS)


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return x (..., n) times weight (m, n) transposed, plus bias (m,)."""
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
