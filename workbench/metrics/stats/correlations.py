"""Pearson's and Spearman's correlation of predicted values, with intervals over texts."""

from collections.abc import Iterator

import numpy as np
from scipy.stats import rankdata

from workbench.metrics.stats.resampling import percentiles, weight_blocks
from workbench.metrics.stats.shares import share


def correlations(
    value: np.ndarray, predicted: np.ndarray, resamples: int, seed: int
) -> Iterator[tuple[str, float, float, float]]:
    """Yield (metric, value, ci_low, ci_high) of Pearson's and Spearman's correlation.

    A correlation is 0 where one side is constant, as Matthews' is; else both equal scipy's. Spearman's
    ranks are those within a resample.

    Args:
        value: (texts,): the truth.
        predicted: (draws, texts); every value is the mean over the draws, each resample holding the same
            texts in all of them.
        resamples, seed: As of `mean_interval`.
    """
    for metric, compute in (("pearson", pearson), ("spearman", spearman)):
        whole = np.full((1, len(value)), 1 / len(value))
        mean = float(np.mean([compute(value, draw, whole)[0] for draw in predicted]))
        bounds = (np.nan, np.nan)
        if resamples:
            blocks = [
                np.mean([compute(value, draw, weights) for draw in predicted], axis=0)
                for weights in weight_blocks(len(value), resamples, seed)
            ]
            low, high = percentiles(np.concatenate(blocks))
            bounds = (float(low), float(high))
        yield metric, mean, *bounds


def pearson_difference(
    value: np.ndarray, a: np.ndarray, b: np.ndarray, resamples: int, seed: int
) -> tuple[float, float, float]:
    """Return Pearson's correlation of `a` minus that of `b` with the truth, and its interval.

    Args:
        value: (texts,): the truth.
        a, b: (texts,); both see the same texts in every resample.
        resamples, seed: As of `mean_interval`.
    """

    def difference(weights: np.ndarray) -> np.ndarray:
        return pearson(value, a, weights) - pearson(value, b, weights)

    whole = float(difference(np.full((1, len(value)), 1 / len(value)))[0])
    if not resamples:
        return whole, np.nan, np.nan
    drawn = [difference(weights) for weights in weight_blocks(len(value), resamples, seed)]
    low, high = percentiles(np.concatenate(drawn))
    return whole, float(low), float(high)


def pearson(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the correlation in every resample: (resamples,).

    Args:
        x, y: (texts,) or (resamples, texts).
        weights: (resamples, texts) that sum to 1 in each.
    """

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray((weights * values).sum(axis=1, keepdims=True))

    # What is left of constant values is a rounding error of their mean.
    least = 1e-24 * np.max(x**2) * np.max(y**2)
    x, y = x - mean(x), y - mean(y)
    product = (mean(x**2) * mean(y**2))[:, 0]
    real = product > least
    return np.where(real, mean(x * y)[:, 0] / np.sqrt(np.where(real, product, 1.0)), 0.0)


def spearman(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation of the ranks, ties sharing their mean rank: (resamples,).

    Args:
        x, y, weights: As of `pearson`, values (texts,).
    """
    return pearson(_ranks(x, weights), _ranks(y, weights), weights)


def _ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(resamples, texts): the middle of each value's ranks among the weighted texts, in [0, 1]."""
    different, which = np.unique(values, return_inverse=True)
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(len(different)))
    held = np.add.reduceat(weights[:, order], starts, axis=1)
    return (held.cumsum(axis=1) - held / 2)[:, which]


def masked_spearman(a: np.ndarray, b: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """Return Spearman's rho along the last axis over some of the units: (...).

    NaN where one side is constant over them, as in scipy.stats, or there are fewer than two.

    Args:
        a, b: (..., n) scores without NaN among those units.
        alive: (..., n) bool: which units count; all three broadcast.
    """
    a, b, alive = np.broadcast_arrays(a, b, alive)
    centred = []
    for scores in (a, b):
        ranks = rankdata(np.where(alive, scores, np.nan), axis=-1, nan_policy="omit")
        mean = share(np.where(alive, ranks, 0.0).sum(axis=-1), alive.sum(axis=-1))
        centred.append(np.where(alive, ranks - mean[..., None], 0.0))
    x, y = centred
    rho = share((x * y).sum(axis=-1), np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1)))
    return np.clip(rho, -1.0, 1.0)
