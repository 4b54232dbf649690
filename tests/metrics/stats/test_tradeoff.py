"""Trade-off curves: order, shared range and area, by hand."""

import numpy as np
import pytest

from workbench.metrics.stats.tradeoff import curve, mean_quality, shared_range


def test_points_come_in_order_and_equal_speedups_are_averaged() -> None:
    x, y = curve([2.0, 1.0, 2.0, np.nan], [0.7, 0.9, 0.8, 0.1])
    assert x.tolist() == [1.0, 2.0]
    assert y == pytest.approx([0.9, 0.75])


def test_the_shared_range_is_what_all_cover() -> None:
    curves = [curve([1, 3], [1, 1]), curve([0.9, 2.5], [1, 1])]
    assert shared_range(curves) == (1.0, 2.5)
    assert shared_range([*curves, curve([2.5, 4], [1, 1])]) is None
    assert shared_range([*curves, curve([], [])]) is None
    assert shared_range([]) is None


def test_area_by_hand() -> None:
    # From (1, 0.9) over (2, 0.8) to (4, 0.4): between 1 and 3 the trapezoids are 0.85 and 0.7.
    x, y = curve([4, 1, 2], [0.4, 0.9, 0.8])
    assert mean_quality(x, y, 1, 3) == pytest.approx((0.85 + 0.7) / 2)
    # A part of one segment: the middle of a straight line.
    assert mean_quality(x, y, 2.5, 3.5) == pytest.approx(0.6)


def test_what_is_not_covered_is_refused() -> None:
    x, y = curve([1, 2], [0.9, 0.8])
    for low, high in ((0.5, 1.5), (1.5, 2.5), (1.5, 1.5)):
        with pytest.raises(ValueError, match="covers 1 to 2"):
            mean_quality(x, y, low, high)
    with pytest.raises(ValueError, match="3"):
        curve([1, 2, 3], [1, 2])
