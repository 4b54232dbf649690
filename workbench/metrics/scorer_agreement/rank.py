"""Rank correlation of every pair of score rows of one text."""

import numpy as np
from scipy.stats import rankdata

CORRELATIONS = ("spearman", "kendall")


def rank_correlations(scores: np.ndarray) -> np.ndarray:
    """Return both `CORRELATIONS` of all pairs of rows of (rows, n) scores: (rows, rows, 2), in [-1, 1].

    A row is a scorer or layer, over the same n units. NaN (a dropped unit) ranks last, tied with all
    other NaN. NaN where a row is constant, as in scipy.stats, or n < 2. Both are cosines: rho of the
    centred ranks, tau-b of the signs of all differences within a row (Kendall 1945).
    """
    filled = np.where(np.isnan(scores), -np.inf, scores)
    ranks = rankdata(filled, axis=-1)
    first, second = np.triu_indices(scores.shape[-1], k=1)
    # Sums of signs are whole numbers, exact in float32 for texts of up to 5,792 units.
    signs = (filled[:, first] > filled[:, second]).astype(np.float32)
    signs -= filled[:, first] < filled[:, second]
    centred = ranks - (scores.shape[-1] + 1) / 2
    return np.stack([_cosines(centred), _cosines(signs)], axis=-1)


def _cosines(rows: np.ndarray) -> np.ndarray:
    """(rows, rows) cosines of (rows, features); NaN for a row of zeros."""
    products = (rows @ rows.T).astype(np.float64)
    lengths = np.sqrt(np.diagonal(products))
    size = lengths[:, None] * lengths
    cosines = np.divide(products, size, out=np.full(products.shape, np.nan), where=size > 0)
    return np.clip(cosines, -1.0, 1.0)
