"""Correlations of predicted values: scipy's, resample by resample."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from workbench.metrics.classification import (
    by_text,
    classification,
    judged_by,
    primary_metric,
    quality_difference,
)
from workbench.metrics.stats.correlations import correlations, pearson, spearman
from workbench.metrics.stats.resampling import weight_blocks

VALUES = np.array([0.0, 1.0, 2.5, 2.5, 4.0, 5.0])
GUESSES = np.array([0.5, 0.0, 3.0, 2.0, 2.0, 4.5])
grades = arrays(float, 12, elements=st.integers(0, 6).map(float))


@given(grades, grades)
def test_equal_to_scipy_and_zero_where_one_side_is_constant(x, y):
    found = {name: value for name, value, *_ in correlations(x, y[None], 0, 0)}
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert found == {"pearson": 0.0, "spearman": 0.0}
        return
    assert found["pearson"] == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)
    assert found["spearman"] == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)


def test_a_resample_is_the_correlation_of_its_texts():
    (weights,) = weight_blocks(len(VALUES), 40, seed=3)
    for compute, by_scipy in ((pearson, stats.pearsonr), (spearman, stats.spearmanr)):
        found = compute(VALUES, GUESSES, weights)
        for row, value in zip(weights, found, strict=True):
            drawn = np.repeat(np.arange(len(VALUES)), np.round(row * len(VALUES)).astype(int))
            x, y = VALUES[drawn], GUESSES[drawn]
            constant = np.ptp(x) == 0 or np.ptp(y) == 0
            expected = 0.0 if constant else by_scipy(x, y).statistic
            assert value == pytest.approx(expected, abs=1e-9)


def test_a_constant_far_from_zero_has_no_correlation():
    found = correlations(VALUES, np.full((1, 6), 1e8 / 3), 0, 0)
    assert [value for _, value, *_ in found] == [0.0, 0.0]


def test_ranks_ignore_a_monotone_transform_and_values_do_not():
    plain = {name: value for name, value, *_ in correlations(VALUES, GUESSES[None], 0, 0)}
    bent = {name: value for name, value, *_ in correlations(VALUES, np.exp(GUESSES)[None], 0, 0)}
    assert bent["spearman"] == pytest.approx(plain["spearman"])
    assert bent["pearson"] < plain["pearson"]


def test_the_table_of_a_regression():
    frame = pd.DataFrame(
        {"method": "dense", "split": "test", "text_id": list("abcdef"), "label": VALUES,
         "predicted": GUESSES}
    )  # fmt: skip
    table = classification(frame, bootstrap=200)
    assert table["metric"].tolist() == ["pearson", "spearman"]
    assert judged_by(table) == "pearson"
    assert (table["ci_low"] < table["value"]).all()
    assert (table["value"] < table["ci_high"]).all()
    assert primary_metric(VALUES, GUESSES) == ("pearson", table["value"].iloc[0])


def test_paired_values():
    name, credit = by_text(VALUES, GUESSES[None])
    assert name == "neg_squared_error"
    assert credit.tolist() == [-0.25, -1.0, -0.25, -0.25, -4.0, -0.25]
    assert quality_difference(VALUES, GUESSES, GUESSES, 50, 0) == (0.0, 0.0, 0.0)
    gap, low, high = quality_difference(VALUES, VALUES, GUESSES, 200, 0)
    assert gap == pytest.approx(1 - stats.pearsonr(VALUES, GUESSES).statistic)
    assert 0 <= low < gap < high
