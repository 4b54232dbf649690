"""What a classifier's windows cost in FLOPs, from the tokens that were alive."""

from collections.abc import Sequence

import numpy as np

from workbench.data.documents import Window
from workbench.evaluation.flops import Shape, dense_flops, text_flops
from workbench.models.classifier import PruningClassifier


def shape_of(model: PruningClassifier) -> Shape:
    """The sizes FLOPs depend on."""
    config = model.bert.config
    return Shape(
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        intermediate=config.intermediate_size,
        classes=len(model.labels),
        predictor_width=model.policy.predictor_width,
    )


def window_flops(
    model: PruningClassifier, windows: Sequence[Window], tokens: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """FLOPs of each window with `tokens` (W, layers) alive, and of the dense model: (W,) each."""
    shape = shape_of(model)
    lengths = np.array([len(window.input_ids) for window in windows])
    own = text_flops(tokens, shape, predictors=shape.predictor_width > 0, lengths=lengths)
    return own, dense_flops(lengths, shape)
