"""A set of selected units, and what it shares with the marked ones: units, and spans of them."""

from collections.abc import Iterable

import numpy as np

from workbench.core.documents import run_bounds
from workbench.metrics.stats.shares import share

RELATIVE_TOLERANCE = 1e-6
"""Slack of the uniform level: n equal scores must all reach 1/n, whatever their rounding."""
THRESHOLD = 0.5
"""IoU from which a selected span counts as a hit; ERASER section 4.1."""


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


def span_counts(
    selected: np.ndarray, marks: np.ndarray, follows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count selected spans that hit a marked one, selected spans, marked spans: three (...) int arrays.

    A span is a longest run of selected, or marked, units that follow on from each other. Source: ERASER
    section 4.1, with runs of units in the place of annotated spans.

    Args:
        selected, marks: (..., n) bools that broadcast, False on padding.
        follows: Likewise; False on a unit that does not come directly after the one before.
    """
    selected = np.asarray(selected, dtype=bool)
    shape, n = selected.shape[:-1], selected.shape[-1]
    marks, follows = (np.broadcast_to(part, selected.shape) for part in (marks, follows))
    both = selected & marks
    picked_start, picked_end = run_bounds(selected, follows)
    marked_start, marked_end = run_bounds(marks, follows)
    start, end = run_bounds(both, follows)
    # Two intervals share one interval at most, so each piece belongs to one span of either kind.
    picked = np.searchsorted(picked_start, start, side="right") - 1
    marked = np.searchsorted(marked_start, start, side="right") - 1
    common = end - start
    lengths = (picked_end - picked_start)[picked] + (marked_end - marked_start)[marked]
    hit = np.zeros(len(picked_start), dtype=bool)
    hit[picked[common / (lengths - common) >= THRESHOLD]] = True
    rows = int(np.prod(shape))
    hits, picked_spans, marked_spans = (
        np.bincount(starts // n, minlength=rows).reshape(shape)
        for starts in (picked_start[hit], picked_start, marked_start)
    )
    return hits, picked_spans, marked_spans


def listed_span_counts(
    predicted: Iterable[tuple[int, int]], true: Iterable[tuple[int, int]]
) -> tuple[int, int, int]:
    """Return the same three counts of spans given as [start, end) of one document: ERASER's own count.

    Both may touch or overlap and stay as they are; equal ones count once, an empty one hits nothing.
    """
    predicted, true = sorted(set(predicted)), sorted(set(true))
    hits = sum(any(iou(span, other) >= THRESHOLD for other in true) for span in predicted)
    return hits, len(predicted), len(true)


def iou(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Return the intersection over union of two spans [start, end), in [0, 1]; 0 for two empty ones."""
    lengths = max(a[1] - a[0], 0) + max(b[1] - b[0], 0)
    common = max(min(a[1], b[1]) - max(a[0], b[0]), 0)
    return common / (lengths - common) if lengths else 0.0
