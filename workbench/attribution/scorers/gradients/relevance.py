"""Layer-wise relevance propagation (LRP) through a Transformer, in one backward pass for all layers.

A logit is handed back layer by layer, so that a layer's inputs have together what its outputs had.
Written as state x modified gradient, summed over H, the rules of both papers are:

- A linear map passes its gradient on (LRP-0, which is the epsilon rule without its stabiliser); what its
  bias added to the output stays with the bias.
- An activation f(z) counts as the factor f(z) / z: relevance passes as it is.
- LayerNorm centres, which is linear, and divides by a spread that counts as a constant.
- Attention: see the two scorers.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from torch import Tensor, nn

from workbench.attribution.engine.block import linear_part, spread
from workbench.attribution.engine.gradients import signed_sum, task_gradients
from workbench.attribution.engine.task import Task
from workbench.attribution.types import Scored
from workbench.catalog.scorers import register_scorer
from workbench.models.backbones import Backbone
from workbench.models.backbones.post_norm import PostNormLayer

SMALLEST = 1e-6
"""Inputs of an activation smaller than this count as this, so that they have a slope."""


class AttentionRule(NamedTuple):
    """What the gradients that leave self-attention are multiplied by."""

    to_logits: float
    """Those of queries and keys."""
    to_values: float


CONSERVATIVE = AttentionRule(to_logits=0.0, to_values=1.0)
"""Attention probabilities count as constants."""
HALVES = AttentionRule(to_logits=0.25, to_values=0.5)
"""Each factor of a product takes half: of probabilities and values, then of queries and keys."""


@register_scorer(
    name="attn-lrp", title="AttnLRP", group="gradient", order=102,
    description="AttnLRP: relevance of the layer's input, sum over H",
    extra_options=("target",), signed=True, keeps_graph=True, needs_post_norm=True,
)  # fmt: skip
def attn_lrp(task: Task) -> list[Scored]:
    """AttnLRP (Achtibat et al., ICML 2024).

    Half of what attention brings goes to the values, half through softmax, linear at the point where it
    is, to queries and keys. The constant term of that line keeps its share, so that layers below do not
    add up to the logit.
    """
    return _relevance(task, HALVES)


@register_scorer(
    name="cp-lrp", title="CP-LRP", group="gradient", order=104,
    description="CP-LRP: relevance of the layer's input, attention held constant, sum over H",
    extra_options=("target",), signed=True, keeps_graph=True, needs_post_norm=True,
)  # fmt: skip
def cp_lrp(task: Task) -> list[Scored]:
    """Conservative propagation (Ali et al., ICML 2022): all goes to the values.

    Without biases the scores of every layer add up to the logit.
    """
    return _relevance(task, CONSERVATIVE)


def _relevance(task: Task, rule: AttentionRule) -> list[Scored]:
    with _propagating(task.model.backbone, rule):
        values = task_gradients(task)
    return task.to_scored(values.to_padded(signed_sum), task.layers)


@contextmanager
def _propagating(backbone: Backbone, rule: AttentionRule) -> Iterator[None]:
    """Have backward passes follow the rules inside; what the model computes stays the same."""
    pairs: list[tuple[nn.Module, nn.Module]] = []
    parts = backbone.head_parts if backbone.reads == "sequence" else None
    if parts is not None:
        pairs.append((parts.inner, parts.outer))
    with ExitStack() as hooks:
        # Layers may share their modules: each has its hook once.
        for layer in {id(layer.stock): layer for layer in backbone.layers}.values():
            assert isinstance(layer, PostNormLayer), "refused before"
            pairs.append((layer.inner, layer.outer))
            factors = {layer.query: rule.to_logits, layer.key: rule.to_logits}
            for linear, factor in (factors | {layer.value: rule.to_values}).items():
                hooks.enter_context(linear.register_forward_hook(_times(factor)))
            for norm in (layer.first_norm, layer.second_norm):
                hooks.enter_context(norm.register_forward_hook(_constant_spread))
        for inner, outer in pairs:
            between = _Activation()
            hooks.enter_context(inner.register_forward_hook(between.enters))
            hooks.enter_context(outer.register_forward_pre_hook(between.leaves))
        yield


def _times(factor: float) -> Callable[[nn.Module, Any, Tensor], Tensor]:
    """Return a hook that multiplies the gradient of a module's output."""
    return lambda module, inputs, output: _with_gradient_of(output, output * factor)


def _constant_spread(norm: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
    """Give LayerNorm's output the gradient that it has where its spread is a constant."""
    (states,) = inputs
    scale = spread(norm, states).detach()[..., None]
    return _with_gradient_of(output, linear_part(norm, states) / scale)


class _Activation:
    """Whatever lies between two linear layers counts as a factor for each entry."""

    def __init__(self) -> None:
        self.entered: Tensor | None = None

    def enters(self, inner: nn.Module, inputs: Any, output: Tensor) -> None:
        self.entered = output

    def leaves(self, outer: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        (left,), entered = inputs, self.entered
        assert entered is not None, "a head or a layer runs its linear layers in turn"
        safe = entered.detach().masked_fill(entered.abs() < SMALLEST, SMALLEST)
        return (_with_gradient_of(left, entered * (left.detach() / safe)),)


def _with_gradient_of(value: Tensor, other: Tensor) -> Tensor:
    """Return `value` to the last bit, with the gradient of `other`."""
    return value.detach() + (other - other.detach())
