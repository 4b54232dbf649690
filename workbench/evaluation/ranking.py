"""Ranking and selection against a set of marks, on arrays of any leading shape."""

import numpy as np

RELATIVE_TOLERANCE = 1e-6
"""Slack of the uniform level: n equal scores must all reach 1/n, whatever their rounding."""


def average_precision(
    scores: np.ndarray, marks: np.ndarray, valid: np.ndarray | None = None
) -> np.ndarray:
    """Average precision of `scores` against `marks` along the last axis: shape (...), in [0, 1].

    `scores` (..., n) floats, higher = more important; NaN (a dropped unit) ranks last, tied with all
    other NaN. `marks` and `valid` (padding is False) are bools that broadcast to `scores`. Ties enter
    together, so AP = sum over distinct thresholds of (recall step x precision), as scikit-learn's
    `average_precision_score`. NaN where nothing is marked. Raises ValueError on infinite scores.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if np.isinf(scores).any():
        raise ValueError("scores must be finite or NaN")
    n = scores.shape[-1]
    real = np.broadcast_to(True if valid is None else valid, scores.shape)
    # Descending order: real scores, then dropped units, then padding, which can no longer matter.
    key = np.where(real, np.where(np.isnan(scores), np.finfo(np.float64).max, -scores), np.inf)
    order = np.argsort(key, axis=-1, kind="stable")
    ranked = np.take_along_axis(key, order, axis=-1)
    hits = np.take_along_axis(np.broadcast_to(marks, scores.shape) & real, order, axis=-1)
    found = np.cumsum(hits, axis=-1)
    closes = np.ones(scores.shape, dtype=bool)
    closes[..., :-1] = ranked[..., 1:] != ranked[..., :-1]
    end = np.where(closes, np.arange(n), n)
    end = np.minimum.accumulate(end[..., ::-1], axis=-1)[..., ::-1]
    precision = np.take_along_axis(found, end, axis=-1) / (end + 1)
    return share((hits * precision).sum(axis=-1), hits.sum(axis=-1))


def uniform_selection(scores: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Units whose score reaches the uniform level 1/n once the scores sum to 1: (..., n) bool.

    n is the number of valid units, dropped ones included. A dropped unit (NaN) counts as 0 in the sum
    and is never selected. Scores that sum to 0 rank nothing and are taken as uniform. Raises
    ValueError on negative scores, which have no such level. Source: AdapLeR section 5 (FPR).
    """
    scores = np.asarray(scores, dtype=np.float64)
    real = np.broadcast_to(True if valid is None else valid, scores.shape)
    if (scores[real] < 0).any():
        raise ValueError("negative scores have no uniform level: take absolute values first")
    total = np.where(real & ~np.isnan(scores), scores, 0.0).sum(axis=-1, keepdims=True)
    n = real.sum(axis=-1, keepdims=True)
    return real & (scores * n >= total * (1 - RELATIVE_TOLERANCE))


def selection_rates(
    selected: np.ndarray, marks: np.ndarray, valid: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False and true positive rate and share selected, along the last axis: three (...) arrays.

    `selected`, `marks`, `valid` are bools that broadcast to (..., n). FPR = selected and unmarked /
    unmarked, TPR = selected and marked / marked, share = selected / all; NaN where the denominator
    is empty.
    """
    selected = np.asarray(selected, dtype=bool)
    real = np.broadcast_to(True if valid is None else valid, selected.shape)
    marked = np.broadcast_to(marks, selected.shape) & real
    unmarked, chosen = real & ~marked, selected & real
    return (
        share((chosen & unmarked).sum(axis=-1), unmarked.sum(axis=-1)),
        share((chosen & marked).sum(axis=-1), marked.sum(axis=-1)),
        share(chosen.sum(axis=-1), real.sum(axis=-1)),
    )


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """`part / whole`, NaN where `whole` is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole))
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
