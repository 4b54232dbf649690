"""What a scorer returns for one window before it becomes a record."""

from typing import NamedTuple

import numpy as np


class Scored(NamedTuple):
    """Scores of one window of n tokens."""

    scores: np.ndarray
    """(layers, n) float32; NaN where a token is not alive or the scorer is silent."""
    kept: np.ndarray | None = None
    """(layers, n) bool: passed on into the layer; None where nothing is ever dropped."""
