"""Faithfulness: which units are taken away, and what the probabilities of altered texts amount to.

No model runs here: the probabilities may be read from a file as well.
"""

from collections.abc import Sequence

import numpy as np
from scipy.integrate import trapezoid
from scipy.stats import kendalltau

from workbench.metrics.plausibility.selection import uniform_selection
from workbench.metrics.stats.shares import share

_TIE = 6
"""Decimals of an effect: smaller differences depend on which texts shared a batch."""


def probability_drop(full: np.ndarray, altered: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return p(c | full text) - p(c | altered text), not clipped: shape (...), in [-1, 1].

    Without the rationale comprehensiveness (higher is better), with nothing else sufficiency (lower is
    better). Source: ERASER (DeYoung et al. 2020), section 4.2.

    Args:
        full, altered: (..., classes), which broadcast.
        predicted: (...): c, the class predicted on the full text.
    """
    return of_class(full, predicted) - of_class(altered, predicted)


def of_class(probabilities: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the entry of class `predicted` (...) in `probabilities` (..., classes); both broadcast."""
    shape = np.broadcast_shapes(probabilities.shape[:-1], predicted.shape)
    wide = np.broadcast_to(probabilities, (*shape, probabilities.shape[-1]))
    chosen = np.broadcast_to(predicted, shape)[..., None]
    return np.take_along_axis(wide, chosen, axis=-1)[..., 0]


def aopc(drops: np.ndarray) -> np.ndarray:
    """Return the mean drop over the bins: (..., bins) -> (...).

    ERASER's scorer, over the bins alone; the empty rationale, whose drop is 0, is none of them. Source:
    Samek et al. 2015; ERASER, section 4.2.
    """
    return np.asarray(drops).mean(axis=-1)


def flipped(altered: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return whether another class than `predicted` (...) is the likeliest in `altered` (..., classes).

    A tie that `predicted` is part of is no flip.
    """
    return np.asarray(of_class(altered, predicted) < altered.max(axis=-1))


def flip_point(shares: np.ndarray, flips: np.ndarray) -> np.ndarray:
    """Return the smallest share of units whose removal flips the decision; 1 where none does.

    `shares` (k,) ascending, `flips` (..., k) bool -> (...). Source: Serrano and Smith 2019.
    """
    return np.where(flips, shares, 1.0).min(axis=-1)


def curve_area(shares: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the area under p(c) over the share of units removed or put in, by the trapezoid rule.

    `shares` (k,) run from 0 to 1, `probabilities` (..., k) -> (...), in [0, 1]. Deletion takes the
    highest-scored units away first (lower is better), insertion puts them in first (higher is better).
    Source: Petsiuk et al. 2018 (RISE).
    """
    return np.asarray(trapezoid(probabilities, shares, axis=-1))


def rank_agreement(scores: np.ndarray, effects: np.ndarray) -> np.ndarray:
    """Return Kendall's tau-b of scores (layers, m) with each unit's effect (m,): (layers,), in [-1, 1].

    The effect is the drop when this unit alone is left out. NaN scores (dropped units) come last, tied.
    Effects that differ by less than 1e-6 are tied. NaN where either side is constant or m < 2. Source:
    Jain and Wallace 2019, section 4.1.
    """
    if len(effects) < 2:
        return np.full(len(scores), np.nan)
    effects = np.round(effects, _TIE)
    lowest = np.nan_to_num(scores).min() - 1
    filled = np.where(np.isnan(scores), lowest, scores)
    return np.array([kendalltau(row, effects).statistic for row in filled])


def soft_comprehensiveness(full: np.ndarray, removed: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """Return max(0, full - removed) / max(0, full - blank), normalised soft comprehensiveness.

    NaN where fading out everything takes nothing away. Higher is better; 1: as much as removing
    everything. Source: Zhao and Aletras 2023.

    Args:
        full: p(c) on the text as it is; all three (...) and broadcast.
        removed: p(c) with its units faded out by their scores.
        blank: p(c) with all units faded out.
    """
    return share(np.maximum(full - removed, 0.0), np.maximum(full - blank, 0.0))


def soft_sufficiency(full: np.ndarray, retained: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """Return (S - S0) / (1 - S0) with S = 1 - max(0, full - retained), normalised soft sufficiency.

    S0 is S of `blank`. Higher is better; 1: nothing is lost; below 0: worse than no text at all.

    Args:
        full, blank: As of `soft_comprehensiveness`.
        retained: p(c) with the units faded in by their scores.
    """
    most = np.maximum(full - blank, 0.0)
    return share(most - np.maximum(full - retained, 0.0), most)


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
