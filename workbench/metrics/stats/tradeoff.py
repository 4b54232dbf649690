"""Quality against speed-up as a curve, and the area under it."""

from collections.abc import Sequence

import numpy as np
from scipy.integrate import trapezoid


def curve(speedups: Sequence[float], quality: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of one method and seed in order of speed-up, as two arrays of shape (points,).

    Points of equal speed-up become one, of their mean quality; those with a missing value are left
    out. Between points the curve is a straight line; beyond them there is none. ValueError if the two
    differ in length.
    """
    x, y = np.asarray(speedups, dtype=np.float64), np.asarray(quality, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"{x.shape} speed-ups and {y.shape} qualities")
    known = ~(np.isnan(x) | np.isnan(y))
    places, which = np.unique(x[known], return_inverse=True)
    return places, np.bincount(which, y[known], len(places)) / np.bincount(which, minlength=len(places))


def shared_range(curves: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float] | None:
    """Return the speed-ups that all `curves` cover: the largest first point and the smallest last one.

    None where there is no curve, one has no points, or they share no interval of positive length.
    """
    if not curves or any(not len(x) for x, _ in curves):
        return None
    low, high = max(x[0] for x, _ in curves), min(x[-1] for x, _ in curves)
    return (float(low), float(high)) if low < high else None


def mean_quality(x: np.ndarray, y: np.ndarray, low: float, high: float) -> float:
    """Return the area under the curve over a range of speed-ups, divided by its width.

    So it has the unit of the quality, and is that of a method which is equally good everywhere.
    Trapezoid rule on the curve's own points and the two ends, which is exact for straight lines.

    Args:
        x, y: (points,) speed-ups, ascending, and qualities.
        low, high: First and last speed-up; ValueError where the curve does not cover the range.
    """
    if not low < high or low < x[0] or high > x[-1]:
        raise ValueError(f"the curve covers {x[0]:g} to {x[-1]:g}, not {low:g} to {high:g}")
    places = np.concatenate([[low], x[(x > low) & (x < high)], [high]])
    return float(trapezoid(np.interp(places, x, y), places) / (high - low))
