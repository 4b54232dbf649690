"""Micro-averaged F1 over texts: its interval, and a paired test of two systems."""

import numpy as np

from workbench.metrics.stats.resampling import percentiles, sign_blocks, weight_blocks


def micro_f1(counts: np.ndarray) -> np.ndarray:
    """Return 2 right / (said + true) of counts (..., 3) of what is right, said and true; 0 of none."""
    right, both = 2.0 * counts[..., 0], counts[..., 1] + counts[..., 2]
    return np.divide(right, both, out=np.zeros_like(right), where=both > 0)


def micro_f1_interval(counts: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """Return the 95 % bootstrap percentile interval over texts; NaN without resamples or texts.

    Args:
        counts: (texts, 3), as of `micro_f1`.
        resamples, seed: As of `mean_interval`.
    """
    if resamples < 1 or not len(counts):
        return float("nan"), float("nan")
    draws = [micro_f1(weights @ counts) for weights in weight_blocks(len(counts), resamples, seed)]
    low, high = percentiles(np.concatenate(draws)[:, None])
    return float(low[0]), float(high[0])


def paired_micro_f1_test(a: np.ndarray, b: np.ndarray, resamples: int, seed: int) -> float:
    """Return the two-sided p-value that two systems have one micro-averaged F1 on the same texts.

    Each draw swaps the systems' counts of every text with probability one half, and compares the
    difference of the F1s; p = (draws that reach the observed one + 1) / (resamples + 1). Source: Yeh,
    More accurate tests for the statistical significance of result differences, COLING 2000.

    Args:
        a, b: (texts, 3) each, as of `micro_f1`, in the same order; ValueError for other shapes.
        resamples: How many draws, at least 1.
        seed: Of the draws.
    """
    if a.shape != b.shape or a.ndim != 2 or not len(a):
        raise ValueError(f"paired counts need one shape (texts, 3), not {a.shape} and {b.shape}")
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, not {resamples}")
    both, difference = (a + b).sum(0) / 2, (a - b) / 2
    observed = abs(float(micro_f1(a.sum(0)) - micro_f1(b.sum(0))))
    # A draw that is the observed one up to rounding has to count as reaching it.
    least = observed * (1 - 1e-9) - 1e-300
    count = 0
    for signs in sign_blocks(len(a), resamples, seed):
        swapped = signs @ difference
        drawn = np.abs(micro_f1(both + swapped) - micro_f1(both - swapped))
        count += int((drawn >= least).sum())
    return (count + 1) / (resamples + 1)
