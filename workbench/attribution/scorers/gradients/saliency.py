"""Gradient, and gradient x input, at every layer's input."""

from collections.abc import Callable

from torch import Tensor

from workbench.attribution.engine.gradients import LayerValues, l2_norm, signed_sum, task_gradients
from workbench.attribution.engine.task import Task
from workbench.attribution.types import Scored
from workbench.catalog.scorers import register_scorer


@register_scorer(
    name="saliency", title="saliency", group="gradient", order=70,
    description="gradient x layer input, L2 over H",
    extra_options=("target", "output"), keeps_graph=True, colour="#009E73",
)  # fmt: skip
def saliency(task: Task) -> list[Scored]:
    return _times_activation(task, l2_norm)


@register_scorer(
    name="saliency-sum", title="saliency, signed sum", group="gradient", order=80,
    description="gradient x layer input, sum over H",
    extra_options=("target", "output"), signed=True, keeps_graph=True,
)  # fmt: skip
def saliency_sum(task: Task) -> list[Scored]:
    return _times_activation(task, signed_sum)


@register_scorer(
    name="saliency-mean", title="saliency, mean size", group="gradient", order=90,
    description="gradient x layer input, mean size over H",
    extra_options=("target", "output"), keeps_graph=True,
)  # fmt: skip
def saliency_mean(task: Task) -> list[Scored]:
    return _times_activation(task, lambda values: values.abs().mean(dim=-1))


@register_scorer(
    name="gradient", title="gradient norm", group="gradient", order=100,
    description="gradient at the layer's input, L2 over H",
    extra_options=("target", "output"), keeps_graph=True,
)  # fmt: skip
def gradient(task: Task) -> list[Scored]:
    """Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks" (2014)."""
    return task.to_scored(task_gradients(task, times_activation=False).to_padded(l2_norm), task.layers)


def _times_activation(task: Task, reduce: Callable[[Tensor], Tensor]) -> list[Scored]:
    return task.to_scored(task.once(_products).to_padded(reduce), task.layers)


def _products(task: Task) -> LayerValues:
    """One backward pass for all scorers that take gradient x activation."""
    return task_gradients(task)
