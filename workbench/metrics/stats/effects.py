"""Effect sizes of paired differences, each under the name of its definition."""

import numpy as np


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
