"""Scores against the share of annotators that marked each unit, where hard metrics take a majority.

In the spirit of the protocol of "Disagreeing Rationales" (Muscato et al. 2026, arXiv 2605.31563), which
compares hard, intermediate and soft rationales; the definitions are ours, not those of its code.
"""

import numpy as np
from scipy.special import rel_entr, xlogy
from scipy.stats import rankdata

from workbench.metrics.plausibility.ranking import Ranking
from workbench.metrics.plausibility.units import Batch
from workbench.metrics.stats.shares import share

SOFT_MEASURES = ("soft_ap", "soft_mse", "soft_cross_entropy", "soft_spearman", "soft_js")
EPSILON = 1e-6
"""Cross-entropy takes no score for a surer yes or no than this: a miss costs -ln of it at most."""


def soft_measures(batch: Batch, ranking: Ranking) -> dict[str, np.ndarray]:
    """Return `SOFT_MEASURES` (windows, layers) by name, NaN for a window without shares.

    Nothing where no window has any, so that ordinary data cost no time.

    Args:
        batch: The windows.
        ranking: Of their units by score.
    """
    if batch.shares is None:
        return {}
    known = ~np.isnan(batch.shares).any(axis=-1)
    shares = np.where(known[:, None], batch.shares, 0.0)[:, None, :]
    valid = batch.valid[:, None, :]
    scaled = scaled_scores(batch.scores, valid)
    columns = {
        "soft_ap": soft_average_precision(ranking, shares, valid),
        "soft_mse": squared_error(scaled, shares, valid),
        "soft_cross_entropy": cross_entropy(scaled, shares, valid),
        "soft_spearman": rank_correlation(ranking, shares, valid),
        "soft_js": jensen_shannon(scaled, shares, valid),
    }
    return {name: np.where(known[:, None], column, np.nan) for name, column in columns.items()}


def scaled_scores(scores: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return scores divided by the text's largest: (..., n), in [0, 1], 0 for dropped units and padding.

    Scores that are all 0 rank nothing and are taken as equal, so each is 1.

    Args:
        scores: (..., n), not negative; NaN: dropped.
        valid: Bools that broadcast to it, False on padding.
    """
    alive = valid & ~np.isnan(scores)
    values = np.where(alive, scores, 0.0)
    largest = values.max(axis=-1, keepdims=True, initial=0.0)
    return np.divide(values, largest, out=alive.astype(np.float64), where=largest > 0)


def soft_average_precision(ranking: Ranking, shares: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return graded average precision: shape (...), in [0, 1].

    The precision at a rank is the sum of shares so far over the rank, ties entering as one step; the
    average weights each unit by its share. Shares of 0 and 1 give `average_precision`; others keep even
    the best ranking below 1. NaN where all units have one share, since no ranking is better then.

    Args:
        ranking: Of units by score.
        shares, valid: Arrays that broadcast; on padding `shares` is 0 and `valid` False.
    """
    given = np.broadcast_to(shares, ranking.order.shape)
    ranked = np.take_along_axis(given, ranking.order, axis=-1)
    through = np.take_along_axis(np.cumsum(ranked, axis=-1), ranking.last.astype(np.int64), axis=-1)
    average = share((ranked * (through / (ranking.last + 1))).sum(axis=-1), given.sum(axis=-1))
    return np.where(differ(shares, valid), average, np.nan)


def differ(shares: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return whether the units have several shares: (...) bool.

    Args:
        shares, valid: (..., n), `valid` False on padding.
    """
    least = np.where(valid, shares, np.inf).min(axis=-1, initial=np.inf)
    return np.asarray(np.where(valid, shares, -np.inf).max(axis=-1, initial=-np.inf) > least)


def squared_error(scaled: np.ndarray, shares: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return the mean over units of (scaled score - share)²: shape (...), in [0, 1], NaN without a unit.

    Args:
        scaled: (..., n) of `scaled_scores`.
        shares, valid: Arrays that broadcast to it; `valid` is False on padding.
    """
    return _mean(np.square(scaled - shares), valid)


def cross_entropy(scaled: np.ndarray, shares: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return the mean over units of -(share ln p + (1 - share) ln(1 - p)) in nats: shape (...).

    p is the scaled score, clipped to [`EPSILON`, 1 - `EPSILON`]. NaN without a unit.

    Args:
        scaled, shares, valid: As of `squared_error`.
    """
    p = np.clip(scaled, EPSILON, 1 - EPSILON)
    return _mean(-(xlogy(shares, p) + xlogy(1 - shares, 1 - p)), valid)


def rank_correlation(ranking: Ranking, shares: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of scores and shares, ties by average rank: shape (...), in [-1, 1].

    Dropped units rank last, tied. NaN where scores or shares are constant.

    Args:
        ranking: Of units by score.
        shares, valid: As of `soft_average_precision`.
    """
    units = ranking.units[..., None]
    inside = np.arange(ranking.order.shape[-1]) < units
    # By rank, the highest first, so that a higher score has a higher number.
    ours = np.where(inside, (units - 1) / 2 - (ranking.first + ranking.last) / 2, 0.0)
    real = np.broadcast_to(valid, shares.shape)
    # Padding takes the lowest ranks; without it those of the units are symmetric around 0.
    ranks = rankdata(np.where(real, shares, -1.0), axis=-1) - (~real).sum(axis=-1, keepdims=True)
    centred = np.where(real, ranks - (real.sum(axis=-1, keepdims=True) + 1) / 2, 0.0)
    theirs = np.take_along_axis(np.broadcast_to(centred, ours.shape), ranking.order, axis=-1)
    size = np.sqrt(np.square(ours).sum(axis=-1) * np.square(theirs).sum(axis=-1))
    correlation = share((ours * theirs).sum(axis=-1), size)
    return np.clip(correlation, -1.0, 1.0)


def jensen_shannon(scaled: np.ndarray, shares: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return the Jensen-Shannon distance in base 2 of scores and shares as parts of their sums: (...).

    From 0 for equal distributions over the units to 1 for those with nothing in common; the root of the
    divergence, as scipy has it. A text whose units were all dropped has equal scores. NaN where all
    shares are 0.

    Args:
        scaled, shares, valid: As of `squared_error`.
    """
    total = scaled.sum(axis=-1, keepdims=True)
    units = valid.sum(axis=-1, keepdims=True)
    p = np.divide(scaled, total, out=valid / np.maximum(units, 1) + 0 * scaled, where=total > 0)
    q = np.broadcast_to(share(shares, shares.sum(axis=-1, keepdims=True)), p.shape)
    middle = (p + q) / 2
    divergence = (rel_entr(p, middle) + rel_entr(q, middle)).sum(axis=-1) / (2 * np.log(2))
    return np.sqrt(np.clip(divergence, 0.0, 1.0))


def _mean(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """The mean over units that are no padding."""
    real = np.broadcast_to(valid, values.shape)
    return share(np.where(real, values, 0.0).sum(axis=-1), real.sum(axis=-1))
