"""A set of selected units, and what it shares with the marked ones."""

import numpy as np

from workbench.metrics.stats.shares import share

RELATIVE_TOLERANCE = 1e-6
"""Slack of the uniform level: n equal scores must all reach 1/n, whatever their rounding."""


def uniform_selection(scores: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return the units that reach the uniform level 1/n once the scores sum to 1: (..., n) bool.

    n is the number of valid units, dropped ones included. A dropped unit (NaN) counts as 0 in the sum
    and is never selected. Scores that sum to 0 rank nothing and are taken as uniform. Raises
    ValueError on negative scores, which have no such level. Source: AdapLeR (FPR).
    """
    scores = np.asarray(scores, dtype=np.float64)
    real = np.broadcast_to(True if valid is None else valid, scores.shape)
    if (scores[real] < 0).any():
        raise ValueError("negative scores have no uniform level: take absolute values first")
    total = np.where(real & ~np.isnan(scores), scores, 0.0).sum(axis=-1, keepdims=True)
    n = real.sum(axis=-1, keepdims=True)
    return real & (scores * n >= total * (1 - RELATIVE_TOLERANCE))


def overlap(
    selected: np.ndarray, marks: np.ndarray, valid: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return how many units are both, selected, marked, and there at all: four (...) arrays of int.

    Args:
        selected: (..., n) bool.
        marks, valid: Bools that broadcast to it; `valid` is False on padding.
    """
    real = np.broadcast_to(True if valid is None else valid, np.shape(selected))
    marked, chosen = marks & real, selected & real
    hits, selected_units, marked_units, units = (
        np.count_nonzero(part, axis=-1) for part in (chosen & marked, chosen, marked, real)
    )
    return hits, selected_units, marked_units, units


def token_scores(
    hits: np.ndarray, chosen: np.ndarray, marked: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return precision, recall and F1 of each text from the counts of `overlap`: three (...) arrays.

    ERASER's rule for what is empty: precision is 0 where nothing is selected, recall 0 where nothing is
    marked, and a text with neither has no value (NaN). Source: ERASER's scorer, instance level.

    Args:
        hits, chosen, marked: (...): units both selected and marked, selected ones, marked ones.
    """
    precision, recall = (np.nan_to_num(share(hits, whole)) for whole in (chosen, marked))
    values = np.stack([precision, recall, f1(precision, recall)])
    values[:, (chosen == 0) & (marked == 0)] = np.nan
    return values[0], values[1], values[2]


def f1(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """Return the harmonic mean, 0 where both are 0."""
    return np.nan_to_num(share(2 * precision * recall, precision + recall))
