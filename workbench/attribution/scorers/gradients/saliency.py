"""Gradients at every layer's input from one forward and one backward pass, through Captum."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from captum.attr import LayerGradientXActivation
from torch import Tensor

from workbench.attribution.engine.task import Task, frozen
from workbench.attribution.options import PREDICTED
from workbench.attribution.types import Scored
from workbench.catalog.scorers import register_scorer
from workbench.core.documents import Window
from workbench.models.classifier import Execution, PruningClassifier, batches
from workbench.models.layouts import Layout


class LayerValues(NamedTuple):
    """A value for every token at every layer's input."""

    layers: list[Tensor]
    """(rows, columns, H) each, in the layout."""
    layout: Layout

    def placed(self, reduce: Callable[[Tensor], Tensor]) -> Tensor:
        """(B, layers, N) by original position; `reduce` takes (rows, columns, H) to (rows, columns)."""
        rows = [self.layout.to_padded(reduce(layer), 0.0) for layer in self.layers]
        return torch.stack(rows, dim=1).float()


def layer_gradients(
    model: PruningClassifier,
    windows: Sequence[Window],
    targets: Sequence[int] | Tensor | None = None,
    *,
    layers: Sequence[int] | None = None,
    execution: Execution = "packed",
    outputs: Callable[[Tensor], Tensor] = lambda logits: logits,
    times_activation: bool = True,
) -> LayerValues:
    """Gradient (times hidden state) of the target's output with respect to each layer's input.

    `targets` holds one class per window; None: the class with the highest output. `outputs` takes logits
    to what is explained, both (B, classes). Layer 0's input is the embedding output. Raises ValueError
    for a packed model that drops tokens: its layers differ in shape.
    """
    chosen = range(model.layers) if layers is None else layers
    modules = [model.bert.bert.encoder.layer[index].attention for index in chosen]
    with torch.no_grad():
        hidden, layout = model.embed(windows, execution)

    def forward(embedded: Tensor) -> Tensor:
        explained = outputs(model.classify(embedded, layout).logits)
        return explained.max(dim=1).values if targets is None else explained

    engine = LayerGradientXActivation(forward, modules, multiply_by_inputs=times_activation)
    found = engine.attribute(
        hidden.requires_grad_(),
        target=None if targets is None else torch.as_tensor(targets, device=hidden.device),
        attribute_to_layer_input=True,
    )
    # Captum wraps a layer's only input in a tuple.
    values = [(one[0] if isinstance(one, tuple) else one).detach() for one in found]
    if any(value.shape != values[0].shape for value in values):
        raise ValueError("packed gradients of a model that drops tokens: use execution='masked'")
    return LayerValues(values, layout)


def gradient_x_activation(
    model: PruningClassifier,
    windows: Sequence[Window],
    targets: Sequence[int] | None = None,
    *,
    layers: Sequence[int] | None = None,
    execution: Execution = "packed",
) -> list[np.ndarray]:
    """L2 norm over H of the target logit's gradient times the hidden state entering each layer.

    As `layer_gradients`; returns one (len(layers), n) float32 array per window. Every token counts,
    special ones too.
    """
    found = layer_gradients(model, windows, targets, layers=layers, execution=execution)
    placed = found.placed(l2).cpu().numpy()
    return [row[:, : len(window.input_ids)] for row, window in zip(placed, windows, strict=True)]


def saliency_targets(
    model: PruningClassifier, windows: Sequence[Window], batch_size: int = 32
) -> list[np.ndarray]:
    """AdapLeR's target: gradient x embedding of the gold-label logit, one (n,) array per window."""
    result: list[np.ndarray] = [np.empty(0)] * len(windows)
    with frozen(model):
        for batch in batches(windows, batch_size):
            part = [windows[index] for index in batch]
            gold = [model.task_type.output(window.label) for window in part]
            scores = gradient_x_activation(model, part, gold, layers=[0])
            for index, score in zip(batch, scores, strict=True):
                result[index] = score[0]
    return result


def l2(values: Tensor) -> Tensor:
    """(..., H) -> (...): the L2 norm."""
    return values.norm(dim=-1)


def signed_sum(values: Tensor) -> Tensor:
    """(..., H) -> (...): the sum, of gradient x activation a first-order change of the output."""
    return values.sum(dim=-1)


def mean_absolute(values: Tensor) -> Tensor:
    """(..., H) -> (...): the mean size."""
    return values.abs().mean(dim=-1)


@register_scorer(
    name="saliency", title="saliency", group="gradient", order=70,
    description="gradient x layer input, L2 over H",
    extra_options=("target", "output"), keeps_graph=True, colour="#009E73",
)  # fmt: skip
def saliency(task: Task) -> list[Scored]:
    """L2 norm of gradient x activation."""
    return _reduced(task, l2)


@register_scorer(
    name="saliency-sum", title="saliency, signed sum", group="gradient", order=80,
    description="gradient x layer input, sum over H",
    extra_options=("target", "output"), signed=True, keeps_graph=True,
)  # fmt: skip
def saliency_sum(task: Task) -> list[Scored]:
    """Sum of gradient x activation."""
    return _reduced(task, signed_sum)


@register_scorer(
    name="saliency-mean", title="saliency, mean size", group="gradient", order=90,
    description="gradient x layer input, mean size over H",
    extra_options=("target", "output"), keeps_graph=True,
)  # fmt: skip
def saliency_mean(task: Task) -> list[Scored]:
    """Mean size of gradient x activation."""
    return _reduced(task, mean_absolute)


@register_scorer(
    name="gradient", title="gradient norm", group="gradient", order=100,
    description="gradient at the layer's input, L2 over H",
    extra_options=("target", "output"), keeps_graph=True,
)  # fmt: skip
def gradient(task: Task) -> list[Scored]:
    """L2 norm of the plain gradient (Simonyan et al. 2014) at each layer's input."""
    return task.scored(_explained(task, times_activation=False).placed(l2), task.layers)


def _reduced(task: Task, reduce: Callable[[Tensor], Tensor]) -> list[Scored]:
    """Gradient x activation of a batch, taken to tokens by `reduce`; one backward pass for all such."""
    return task.scored(task.once(_products).placed(reduce), task.layers)


def _products(task: Task) -> LayerValues:
    return _explained(task, times_activation=True)


def _explained(task: Task, *, times_activation: bool) -> LayerValues:
    with frozen(task.model):
        return layer_gradients(
            task.model,
            task.windows,
            # The predicted class needs no pass of its own.
            None if (task.options.target or PREDICTED) == PREDICTED else task.targets,
            layers=task.layers,
            execution="masked" if task.prunes else "packed",
            outputs=task.outputs,
            times_activation=times_activation,
        )
