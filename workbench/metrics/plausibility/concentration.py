"""How concentrated scores are, whatever they agree with: complexity and sparseness."""

import numpy as np
from scipy.special import entr


def complexity(scores: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return the entropy in nats of the scores as shares of their sum: shape (...), from 0 to ln n.

    `scores` (..., n) are not negative, else ValueError; a dropped unit (NaN) has the share 0, `valid` is
    False on padding. Scores that sum to 0 are uniform; NaN without a unit. Source: Bhatt et al. 2020.
    """
    values, total, n = _parts(scores, valid)
    shares = values / np.where(total > 0, total, 1.0)[..., None]
    entropy = np.where(total > 0, entr(shares).sum(axis=-1), np.log(np.maximum(n, 1)))
    return np.where(n > 0, entropy, np.nan)


def sparseness(scores: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return the Gini index of the scores: shape (...), 0 for equal scores, 1 - 1/n for a single one.

    Arguments and empty cases as for `complexity`; a dropped unit counts as 0. Source: Chalasani et al.
    2020, sparseness (Hurley and Rickard 2009).
    """
    values, total, n = _parts(scores, valid)
    # Ascending, padding is among the zeros in front, so a value's rank counts from the end.
    ranked = np.sort(values, axis=-1)
    from_end = np.arange(values.shape[-1] - 1, -1, -1)
    weighted = (ranked * (n[..., None] - 1 - 2 * from_end)).sum(axis=-1)
    gini = np.divide(weighted, n * total, out=np.zeros(total.shape), where=(n > 0) & (total > 0))
    return np.where(n > 0, gini, np.nan)


def _parts(scores: np.ndarray, valid: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with 0 for what is not there, their sum, and the number of units."""
    scores = np.asarray(scores, dtype=np.float64)
    real = np.broadcast_to(True if valid is None else valid, scores.shape)
    values = np.where(real & ~np.isnan(scores), scores, 0.0)
    if (values < 0).any():
        raise ValueError("negative scores are no shares: take absolute values first")
    return values, values.sum(axis=-1), real.sum(axis=-1)
