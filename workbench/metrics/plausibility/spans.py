"""Spans of selected units against spans of marked units: intersection over union."""

from collections.abc import Iterable

import numpy as np

from workbench.core.documents import run_bounds

THRESHOLD = 0.5
"""IoU from which a selected span counts as a hit; ERASER section 4.1."""


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
