"""Intervals, paired tests and Holm's correction on toys and by their properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.metrics.stats import resampling as bootstrap
from workbench.metrics.stats.resampling import (
    holm,
    mean_interval,
    paired_difference,
    paired_randomisation_test,
)


def test_equal_values_have_no_width() -> None:
    low, high = mean_interval(np.full((7, 2), 0.3), 100, 0)
    assert low == pytest.approx([0.3, 0.3])
    assert high == pytest.approx([0.3, 0.3])


def test_two_texts_by_hand() -> None:
    # Of two texts a resample means 0, 0.5 or 1 with odds 1:2:1, so 95 % reach from 0 to 1.
    low, high = mean_interval(np.array([0.0, 1.0]), 2000, 0)
    assert (low, high) == (0.0, 1.0)


def test_interval_is_close_to_the_normal_one() -> None:
    values = np.random.default_rng(1).normal(size=400)
    low, high = mean_interval(values, 4000, 0)
    half = 1.96 * values.std() / 20
    assert low == pytest.approx(values.mean() - half, abs=0.01)
    assert high == pytest.approx(values.mean() + half, abs=0.01)


def test_missing_values_are_left_out_column_by_column() -> None:
    full = np.random.default_rng(0).random((20, 1))
    holes = np.concatenate([full, full, np.full((20, 1), np.nan)], axis=1)
    holes[3:, 1] = np.nan
    low, high = mean_interval(holes, 200, 5)
    assert low[0] == mean_interval(full, 200, 5)[0][0]
    assert high[1] == mean_interval(full[:3], 200, 5)[1][0]
    assert np.isnan(low[2])


def test_seed_decides_and_zero_resamples_give_nothing() -> None:
    values = np.random.default_rng(0).random((30, 2, 3))
    assert np.array_equal(mean_interval(values, 100, 1), mean_interval(values, 100, 1))
    assert not np.array_equal(mean_interval(values, 100, 1), mean_interval(values, 100, 2))
    assert np.isnan(mean_interval(values, 0, 1)).all()
    assert mean_interval(values, 100, 1)[0].shape == (2, 3)
    assert np.isnan(mean_interval(np.zeros((0, 2)), 10, 0)).all()
    assert np.isnan(mean_interval(np.zeros(0), 10, 0)).all()


def test_blocks_give_as_many_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random((50, 1))
    monkeypatch.setattr(bootstrap, "_CACHED_CELLS", 120)
    assert bootstrap.resample_means(values, 7, 0).shape == (7, 1)
    low, high = mean_interval(values, 2000, 0)
    assert low[0] < values.mean() < high[0]


def test_paired_difference_by_hand() -> None:
    mean, low, high = paired_difference(np.array([0.75, 0.5]), np.array([0.5, 0.25]), 50, 0)
    assert (mean, low, high) == (0.25, 0.25, 0.25)


def test_randomisation_by_hand() -> None:
    # Three equal differences: 2 of the 8 sign patterns reach the observed mean.
    p = paired_randomisation_test(np.array([1.0, 1.0, 1.0]), np.zeros(3), 20_000, 0)
    assert p == pytest.approx(0.25, abs=0.01)


def test_randomisation_of_equals_and_opposites() -> None:
    values = np.random.default_rng(0).random(30)
    assert paired_randomisation_test(values, values, 99, 0) == 1.0
    assert paired_randomisation_test(values + 1, values, 99, 0) == 1 / 100


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8))
def test_randomisation_is_symmetric_and_never_zero(values: list[float]) -> None:
    a, b = np.array(values), np.zeros(len(values))
    p = paired_randomisation_test(a, b, 50, 1)
    assert 0 < p <= 1
    assert p == paired_randomisation_test(b, a, 50, 1)


def test_pairs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        paired_difference(np.ones(2), np.ones(3), 10, 0)
    with pytest.raises(ValueError, match="at least one"):
        paired_difference(np.ones(0), np.ones(0), 10, 0)
    with pytest.raises(ValueError, match="value of both"):
        paired_difference(np.array([np.nan]), np.ones(1), 10, 0)
    with pytest.raises(ValueError, match="resamples"):
        paired_randomisation_test(np.ones(1), np.ones(1), 0, 0)


def test_holm_by_hand() -> None:
    # Sorted 0.01, 0.03, 0.04 times 3, 2, 1, never falling.
    assert holm(np.array([0.04, 0.01, 0.03])) == pytest.approx([0.06, 0.03, 0.06])
    assert holm(np.array([0.9, 0.8])) == pytest.approx([1.0, 1.0])
    assert holm(np.array([])).shape == (0,)
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm(np.array([0.2, np.nan]))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm_never_lowers_and_keeps_the_order(values: list[float]) -> None:
    p = np.array(values)
    adjusted = holm(p)
    assert ((adjusted >= p) & (adjusted <= 1)).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


def test_intervals_cover_the_true_mean_about_as_often_as_they_say() -> None:
    # A corpus is 60 texts, whose values are skewed (exponential, mean 1); of 1,000 corpora 95 % +- 0.7 %
    # would be covered by an exact interval, and the percentile bootstrap covers a little less of so few.
    rng = np.random.default_rng(7)
    corpora = rng.exponential(size=(60, 1000))
    low, high = mean_interval(corpora, 999, seed=3)
    assert ((low <= 1) & (high >= 1)).mean() == pytest.approx(0.94, abs=0.02)
    symmetric = rng.normal(size=(60, 1000))
    low, high = mean_interval(symmetric, 999, seed=3)
    assert ((low <= 0) & (high >= 0)).mean() == pytest.approx(0.945, abs=0.02)


def test_equal_means_are_rejected_about_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(11)
    p = [
        paired_randomisation_test(*rng.exponential(size=(2, 40)), resamples=199, seed=number)
        for number in range(1000)
    ]
    for level in (0.05, 0.2):
        # Three standard errors of a share of 1,000.
        slack = 3 * np.sqrt(level * (1 - level) / 1000)
        assert np.mean(np.array(p) <= level) == pytest.approx(level, abs=slack)
