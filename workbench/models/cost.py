"""Count what a classifier's windows cost in FLOPs, from the tokens that remained."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.core.documents import Window
from workbench.metrics.efficiency.flops import Shape, dense_flops, text_flops
from workbench.models.classifier import PruningClassifier


def shape_of(model: PruningClassifier) -> Shape:
    """Return the sizes FLOPs depend on."""
    config = model.bert.config
    return Shape(
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        intermediate=config.intermediate_size,
        classes=len(model.labels),
    )


def dense_shape_of(model: PruningClassifier) -> Shape:
    """Return the dense sizes that speed-ups compare with: its own, or a student's teacher's."""
    shape, reference = shape_of(model), model.policy.reference
    return shape if reference is None else replace(shape, **reference._asdict())


def window_flops(
    model: PruningClassifier,
    windows: Sequence[Window],
    tokens: np.ndarray,
    tokens_ffn: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Count FLOPs of each window, and of the dense model on it: (W,) each.

    Args:
        model: Its policy's predictors count too.
        windows: W windows.
        tokens: (W, layers): tokens in each layer's self-attention.
        tokens_ffn: The same in its feed-forward part; None: as many.
    """
    shape = shape_of(model)
    lengths = np.array([len(window.input_ids) for window in windows])
    predictors = np.array([model.policy.predictor_cost(layer) for layer in range(model.layers)])
    flops = text_flops(tokens, shape, tokens_ffn=tokens_ffn, predictors=predictors, lengths=lengths)
    return flops, dense_flops(lengths, dense_shape_of(model))
