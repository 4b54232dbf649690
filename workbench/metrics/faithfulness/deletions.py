"""Which units of a text are taken away, from their scores: arrays in, arrays out."""

from collections.abc import Sequence

import numpy as np

from workbench.metrics.plausibility.selection import uniform_selection


def top_units(scores: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Return the highest-scored units: (layers, m) -> (layers, len(shares), m) bool.

    A share s in [0, 1] takes ceil(s m) units, so any positive share takes one at least. Ties go to the
    earlier unit; NaN (a dropped unit) comes last.
    """
    m = scores.shape[1]
    order = np.argsort(np.where(np.isnan(scores), np.inf, -scores), axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(m), order.shape), axis=1)
    # 0.05 * 60 is a little more than 3 in floating point.
    counts = np.ceil(np.asarray(shares) * m - 1e-9)
    return np.asarray(rank[:, None, :] < counts[:, None])


def hard_rationale(scores: np.ndarray) -> np.ndarray:
    """Return the units that scores select by themselves, at the uniform level 1/n: (layers, m) bool.

    0/1 scores select exactly their ones; scores of 0 throughout select nothing. Negative scores have no
    such level and count as 0 here: see `has_level`. Source: `selection.uniform_selection`.
    """
    positive = np.maximum(scores, 0.0)
    return np.asarray(uniform_selection(positive) & (positive > 0))


def has_level(scores: np.ndarray) -> np.ndarray:
    """Return whether a layer has no negative score, so that the uniform level exists: (layers,) bool."""
    return np.asarray(~(scores < 0).any(axis=1))


def importance(scores: np.ndarray) -> np.ndarray:
    """Return scores as shares of the layer's highest: (layers, m) -> the same in [0, 1].

    NaN and negative scores become 0, and so does a layer without a positive one.
    """
    positive = np.nan_to_num(np.maximum(scores, 0.0), nan=0.0)
    highest = positive.max(axis=1, keepdims=True, initial=0.0)
    return np.asarray(np.divide(positive, highest, out=np.zeros_like(positive), where=highest > 0))
