"""Gradients at every layer's input from one forward and one backward pass."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from workbench.attribution.engine.explained import gold_of
from workbench.attribution.engine.task import Task
from workbench.attribution.engine.whole_model import frozen, rejoining
from workbench.core.documents import Window
from workbench.core.inference import batches
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import Execution
from workbench.models.layouts import Layout


class LayerValues(NamedTuple):
    """A vector for every token at every layer's input."""

    layers: list[Tensor]
    """(rows, columns, H) each, in the layout."""
    layout: Layout

    def to_padded(self, reduce: Callable[[Tensor], Tensor]) -> Tensor:
        """Return (B, layers, N) by original position; `reduce` takes (..., H) to (...)."""
        rows = [self.layout.to_padded(reduce(layer), 0.0) for layer in self.layers]
        return torch.stack(rows, dim=1).float()


def layer_gradients(
    model: PruningClassifier,
    windows: Sequence[Window],
    explained: Callable[[Tensor], Tensor] = lambda logits: logits.max(dim=1).values,
    *,
    layers: Sequence[int] | None = None,
    execution: Execution = "packed",
    times_activation: bool = True,
) -> LayerValues:
    """Compute the gradient of what is explained with respect to each layer's input.

    Args:
        model: The classifier; its policy may drop tokens in masked execution only.
        windows: One batch.
        explained: Takes the batch's logits to what is explained (B,); by default the highest class's.
        layers: Which layers' inputs, in this order; None: all. Layer 0's is the embedding output.
        execution: Layout of the pass.
        times_activation: Whether the gradient is multiplied by the hidden state.

    Raises:
        ValueError: A packed model that drops tokens: its layers differ in shape.
    """
    entered: list[Tensor] = []
    with torch.no_grad():
        hidden, layout = model.embed(windows, execution)
    output = model.classify(
        hidden.requires_grad_(), layout, rejoin=rejoining(model),
        observe=lambda state: entered.append(state.entered),
    )  # fmt: skip
    chosen = explained(output.logits)
    states = [entered[layer] for layer in (range(model.layers) if layers is None else layers)]
    if any(state.shape != states[0].shape for state in states):
        raise ValueError("packed gradients of a model that drops tokens: use execution='masked'")
    gradients = torch.autograd.grad(chosen.sum(), states)
    pairs = zip(gradients, states, strict=True)
    return LayerValues([g * h.detach() if times_activation else g for g, h in pairs], layout)


def task_gradients(task: Task, *, times_activation: bool = True) -> LayerValues:
    """Compute what `layer_gradients` does for a task: its windows, its layers, what is explained there.

    Args:
        task: The batch.
        times_activation: Whether the gradient is multiplied by the hidden state.
    """
    with frozen(task.model):
        return layer_gradients(
            task.model,
            task.windows,
            # What is predicted needs no pass of its own.
            lambda logits: task.explained_in(lambda: logits).of(logits),
            layers=task.layers,
            execution="masked" if task.prunes else "packed",
            times_activation=times_activation,
        )


def saliency_targets(
    model: PruningClassifier, windows: Sequence[Window], batch_size: int = 32
) -> list[np.ndarray]:
    """Compute AdapLeR's target: the L2 norm of gradient x embedding of the gold label's logit.

    Where a text has any number of labels it is that of the sum of its gold labels' logits, or of all
    labels' where it has none; see `MultiLabel.shares`. Of an answer it is that of the logits of its
    first and last token.

    Args:
        model: The fine-tuned classifier that is explained; it is left as it was.
        windows: Windows with labels.
        batch_size: Windows per pass.

    Returns:
        One (n,) float32 array per window.
    """
    result: list[np.ndarray] = [np.empty(0)] * len(windows)
    with frozen(model):
        for batch in batches(windows, batch_size):
            part = [windows[index] for index in batch]
            values = layer_gradients(model, part, gold_of(model, part), layers=[0])
            scores = values.to_padded(l2_norm).cpu().numpy()
            for index, window, score in zip(batch, part, scores, strict=True):
                result[index] = score[0, : len(window.input_ids)]
    return result


def l2_norm(values: Tensor) -> Tensor:
    """Reduce (..., H) to (...)."""
    return values.norm(dim=-1)


def signed_sum(values: Tensor) -> Tensor:
    """Reduce (..., H) to (...): of gradient x activation, a first-order change of the output."""
    return values.sum(dim=-1)
