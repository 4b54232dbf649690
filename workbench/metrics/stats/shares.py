"""Shares of counts and sums, where there may be nothing to divide by."""

import numpy as np


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return `part / whole`, NaN where `whole` is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole))
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
