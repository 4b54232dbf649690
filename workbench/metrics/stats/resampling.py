"""Uncertainty over texts: percentile intervals, paired tests and effect sizes, Holm's correction."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

_CACHED_SIGNS = 40_000_000
"""Sign flips, a byte each, that a test may keep for the next one on as many texts."""
_CACHED_CELLS = 4_000_000
"""Larger weight matrices are drawn block by block and never kept."""


def mean_interval(values: np.ndarray, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % bootstrap percentile interval of the mean over texts: two arrays (...).

    NaN where no text has a value or there are no resamples. Equal `(texts, seed)` means equal resamples,
    so rows of one table are comparable. Source: Efron and Tibshirani 1993, section 13.3.

    Args:
        values: (texts, ...); NaN marks a text without a value, and each column resamples only the texts
            that have one.
        resamples: How many; 0: none.
        seed: Of the resamples.
    """
    flat = np.asarray(values, dtype=np.float64)
    rest = flat.shape[1:]
    flat = flat.reshape(len(flat), int(np.prod(rest)))
    low, high = np.full(flat.shape[1], np.nan), np.full(flat.shape[1], np.nan)
    if resamples > 0 and flat.size:
        present = ~np.isnan(flat)
        patterns, which = np.unique(present, axis=1, return_inverse=True)
        for number in range(patterns.shape[1]):
            texts, columns = patterns[:, number], which.reshape(-1) == number
            if texts.any():
                means = resample_means(flat[np.ix_(texts, columns)], resamples, seed)
                low[columns], high[columns] = percentiles(means)
    return low.reshape(rest), high.reshape(rest)


def percentiles(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds that hold 95 % of the `draws` (resamples, columns) between them."""
    tail = 50.0 * (1.0 - 0.95)
    low, high = np.percentile(draws, [tail, 100.0 - tail], axis=0)
    return low, high


def resample_means(values: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Return the means in each resample: (resamples, columns).

    Args:
        values, resamples, seed: As of `mean_interval`, (texts, columns) without NaN.
    """
    return np.concatenate([weights @ values for weights in weight_blocks(len(values), resamples, seed)])


def weight_blocks(n: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the resamples as blocks of weights (resamples, n): a row sums to 1.

    Args:
        n, resamples, seed: How many texts; the others as of `mean_interval`.
    """
    if n * resamples <= _CACHED_CELLS:
        yield _cached_weights(n, resamples, seed)
        return
    rng = np.random.default_rng(seed)
    block = max(1, _CACHED_CELLS // n)
    for start in range(0, resamples, block):
        yield _weights(n, min(block, resamples - start), rng)


@lru_cache(maxsize=8)
def _cached_weights(n: int, resamples: int, seed: int) -> np.ndarray:
    return _weights(n, resamples, np.random.default_rng(seed))


def _weights(n: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """How often each text was drawn, divided by n: (resamples, n), each row summing to 1."""
    drawn = rng.integers(n, size=(resamples, n)) + n * np.arange(resamples)[:, None]
    counts = np.bincount(drawn.reshape(-1), minlength=n * resamples)
    return counts.reshape(resamples, n) / n


def paired_difference(
    a: np.ndarray, b: np.ndarray, resamples: int, seed: int
) -> tuple[float, float, float]:
    """Return the mean of `a - b` over the same texts with its bootstrap interval: (mean, low, high).

    ValueError if the shapes differ, a value is missing, or there is no text.

    Args:
        a, b: (texts,), in the same order.
        resamples, seed: As of `mean_interval`.
    """
    difference = _differences(a, b)
    low, high = mean_interval(difference, resamples, seed)
    return float(difference.mean()), float(low), float(high)


def paired_randomisation_test(a: np.ndarray, b: np.ndarray, resamples: int, seed: int) -> float:
    """Return the two-sided p-value that two methods have equal means on the same texts.

    Each draw flips the sign of every text's difference `a - b` with probability one half; p = (draws
    with at least the observed absolute mean + 1) / (resamples + 1), never 0. Source: Noreen 1989,
    approximate randomisation.

    Args:
        a, b: As of `paired_difference`.
        resamples: How many draws, at least 1.
        seed: Of the draws.
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, not {resamples}")
    difference = _differences(a, b)
    observed = abs(difference.mean())
    # A draw that is the observed one up to rounding has to count as reaching it.
    reached = observed * (1 - 1e-9) - 1e-300
    count = 0
    for signs in sign_blocks(len(difference), resamples, seed):
        count += int((np.abs(signs @ difference) / len(difference) >= reached).sum())
    return (count + 1) / (resamples + 1)


def sign_blocks(n: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yield blocks of (draws, n) random signs; those of tests on as many texts are drawn once.

    Args:
        n, resamples, seed: How many texts, and draws; of the draws.
    """
    if n * resamples <= _CACHED_SIGNS:
        drawn = _cached_signs(n, resamples, seed)
        for start in range(0, resamples, 1000):
            yield drawn[start : start + 1000].astype(np.float64)
        return
    rng = np.random.default_rng(seed)
    block = max(1, _CACHED_CELLS // n)
    for start in range(0, resamples, block):
        yield 2.0 * rng.integers(2, size=(min(block, resamples - start), n)) - 1.0


@lru_cache(maxsize=4)
def _cached_signs(n: int, resamples: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 2 * rng.integers(2, size=(resamples, n), dtype=np.int8) - 1


def _differences(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"paired values need one shape (texts,), not {a.shape} and {b.shape}")
    if not len(a):
        raise ValueError("a paired comparison needs at least one text")
    if np.isnan(a).any() or np.isnan(b).any():
        raise ValueError("a paired comparison needs a value of both for every text")
    return a - b


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return Holm's step-down adjusted p-values, in the order given; shape (tests,), each at most 1.

    ValueError unless every p lies in [0, 1]. Source: Holm 1979.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p-values must be a list of numbers between 0 and 1")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    stepped = p[order] * np.arange(len(p), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


def cohens_dz(difference: np.ndarray) -> float:
    """Return the mean difference over the standard deviation (n - 1) of the differences, Cohen's d_z.

    NaN for fewer than two texts and where all differences are equal: nothing to measure the mean by.
    Source: Cohen 1988, page 48; Lakens 2013, equation 6.
    """
    difference = np.asarray(difference, dtype=np.float64)
    if len(difference) < 2:
        return float("nan")
    spread = difference.std(ddof=1)
    # Equal differences can spread by a rounding error.
    if spread <= 1e-12 * max(1.0, float(np.abs(difference).max())):
        return float("nan")
    return float(difference.mean() / spread)


def sign_balance(difference: np.ndarray) -> float:
    """Return the share of texts with a positive difference minus that with a negative one, in [-1, 1].

    NaN without a text. The simple difference of Kerby 2014, of paired values.
    """
    difference = np.asarray(difference, dtype=np.float64)
    return float(np.sign(difference).mean()) if len(difference) else float("nan")
