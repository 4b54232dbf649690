"""Rankings against a set of marks, on arrays of any leading shape; ties count as one step."""

from dataclasses import dataclass

import numpy as np

from workbench.metrics.stats.shares import share


@dataclass(frozen=True)
class Ranking:
    """Units in descending order of score. Equal scores form one group; a unit's row tells its group's.

    Arrays of shape (..., n) are by rank; padding comes last, in a group of its own.
    """

    order: np.ndarray
    """(..., n) int: the unit of each rank."""
    hits: np.ndarray
    """(..., n) bool: the unit of this rank is marked."""
    first: np.ndarray
    """(..., n) int32: rank of the group's first unit, from 0."""
    last: np.ndarray
    """(..., n) int32: rank of the group's last unit."""
    above: np.ndarray
    """(..., n) int32: marked units ranked before the group."""
    through: np.ndarray
    """(..., n) int32: marked units ranked before or in the group."""
    marked: np.ndarray
    """(...,) int: marked units."""
    units: np.ndarray
    """(...,) int: units that are no padding."""


def rank_units(scores: np.ndarray, marks: np.ndarray, valid: np.ndarray | None = None) -> Ranking:
    """Sort scores along the last axis, the highest first.

    Args:
        scores: (..., n), higher = more important; NaN (a dropped unit) ranks last, tied with all other
            NaN. ValueError on infinite ones.
        marks, valid: Bools that broadcast to `scores`: what is rationale, and what is no padding.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if np.isinf(scores).any():
        raise ValueError("scores must be finite or NaN")
    real = np.broadcast_to(True if valid is None else valid, scores.shape)
    # Descending order: real scores, then dropped units, then padding, which can no longer matter.
    key = np.where(real, np.where(np.isnan(scores), np.finfo(np.float64).max, -scores), np.inf)
    order = np.argsort(key, axis=-1)
    ranked = np.take_along_axis(key, order, axis=-1)
    marked = np.broadcast_to(marks, scores.shape) & real
    hits = np.take_along_axis(marked, order, axis=-1)
    so_far = np.cumsum(hits, axis=-1, dtype=np.int32)
    position = np.arange(scores.shape[-1], dtype=np.int32)
    opens = np.ones(scores.shape, dtype=bool)
    np.not_equal(ranked[..., 1:], ranked[..., :-1], out=opens[..., 1:])
    closes = np.ones(scores.shape, dtype=bool)
    closes[..., :-1] = opens[..., 1:]

    # What stands at a group's first (or last) rank never falls, so it is carried over the group.
    def from_left(values: np.ndarray) -> np.ndarray:
        return np.maximum.accumulate(values, axis=-1)

    def from_right(values: np.ndarray) -> np.ndarray:
        return np.minimum.accumulate(values[..., ::-1], axis=-1)[..., ::-1]

    return Ranking(
        order=order,
        hits=hits,
        first=from_left(np.where(opens, position, 0)),
        last=from_right(np.where(closes, position, len(position))),
        above=from_left(np.where(opens, so_far - hits, 0)),
        through=from_right(np.where(closes, so_far, len(position))),
        marked=marked.sum(axis=-1),
        units=real.sum(axis=-1),
    )


def average_precision(ranking: Ranking) -> np.ndarray:
    """Average precision along the last axis: shape (...), in [0, 1].

    Ties enter together, so AP = sum over distinct thresholds of (recall step x precision), as
    scikit-learn's `average_precision_score`. NaN where nothing is marked.
    """
    precision = ranking.through / (ranking.last + 1)
    return share((ranking.hits * precision).sum(axis=-1), ranking.marked)


def auprc(ranking: Ranking) -> np.ndarray:
    """Area under the precision-recall curve by the trapezoid rule: shape (...), in [0, 1].

    The curve starts at recall 0 and precision 1 and has a point per distinct score, as ERASER's scorer
    computes it with scikit-learn's `precision_recall_curve` and `auc`: 0.5 where nothing is marked, 1
    where everything is. NaN without a unit.
    """
    precision = ranking.through / (ranking.last + 1)
    before = np.divide(
        ranking.above, ranking.first, out=np.ones(ranking.hits.shape), where=ranking.first > 0
    )
    area = share((ranking.hits * (precision + before)).sum(axis=-1) / 2, ranking.marked)
    area = np.where(ranking.marked == 0, 0.5, area)
    return np.where(ranking.units > 0, area, np.nan)


def roc_auc(ranking: Ranking) -> np.ndarray:
    """Probability that a marked unit ranks above an unmarked one, ties half: shape (...), in [0, 1].

    scikit-learn's `roc_auc_score`. NaN where either kind is missing.
    """
    higher = ranking.first - ranking.above
    group = (ranking.last + 1 - ranking.through) - higher
    beaten = (ranking.hits * (higher + 0.5 * group)).sum(axis=-1)
    return 1.0 - share(beaten, ranking.marked * (ranking.units - ranking.marked))


def precision_at(ranking: Ranking, k: np.ndarray | int) -> np.ndarray:
    """Expected share of marked units among the first `k`, an int or an array (...): in [0, 1].

    Of a group of ties that the cut divides, each unit is as likely to be in: positions do not matter,
    and constant scores give the share of marked units. A text of fewer units is cut at its last. NaN
    where `k` is 0 or there is no unit.
    """
    cut = np.minimum(np.asarray(k), ranking.units)
    at = np.maximum(cut - 1, 0)[..., None]
    first, last, above, through = (
        np.take_along_axis(part, at, axis=-1)[..., 0]
        for part in (ranking.first, ranking.last, ranking.above, ranking.through)
    )
    expected = above + (cut - first) * (through - above) / (last + 1 - first)
    return share(expected, cut)
