"""What a scorer returns for one window before that becomes a record."""

from typing import NamedTuple

import numpy as np


class Scored(NamedTuple):
    """Scores of one window of n tokens."""

    scores: np.ndarray
    """(layers, n) float32; NaN where a token is not alive or the scorer has no score."""
    kept: np.ndarray | None = None
    """(layers, n) bool: passed on into the layer; None where nothing is ever dropped."""
    error: np.ndarray | None = None
    """(layers,) float32: convergence error as a share of what is to be explained; NaN: none known."""
