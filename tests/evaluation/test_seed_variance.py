"""Spread over seeds by hand; one seed has none."""

import numpy as np
import pandas as pd
import pytest

from workbench.evaluation.seed_variance import (
    COLUMNS,
    SPREAD,
    accuracy_over_seeds,
    spread_over_seeds,
)

LABEL = pd.Series({"a": "p", "b": "p", "c": "n", "d": "n"})


def test_accuracy_by_hand() -> None:
    predicted = pd.DataFrame({0: ["p", "p", "n", "n"], 1: ["p", "n", "n", "p"]}, index=list("abcd"))
    [row] = accuracy_over_seeds({"top": predicted}, LABEL, bootstrap=50).to_dict("records")
    assert tuple(row) == COLUMNS
    assert row["value"] == 0.75
    assert row["sd_seeds"] == pytest.approx(np.std([1.0, 0.5], ddof=1))
    # Texts' means over seeds: 1, 0.5, 1, 0.5.
    assert row["se_texts"] == pytest.approx(np.std([1, 0.5, 1, 0.5], ddof=1) / 2)
    assert row["disagreement"] == 0.5
    assert (row["n"], row["seeds"]) == (4, 2)
    assert row["ci_low"] <= 0.75 <= row["ci_high"]


def test_one_seed_has_no_deviation() -> None:
    predicted = pd.DataFrame({7: ["p", "p", "n", "p"]}, index=list("abcd"))
    row = accuracy_over_seeds({"top": predicted}, LABEL, bootstrap=10).iloc[0]
    assert row["value"] == 0.75
    assert np.isnan(row["sd_seeds"])
    assert np.isnan(row["disagreement"])


def test_texts_that_a_seed_lacks_are_left_out() -> None:
    predicted = pd.DataFrame({0: ["p", None, "p"], 1: ["p", "p", "n"]}, index=list("abc"))
    row = accuracy_over_seeds({"top": predicted}, LABEL, bootstrap=10).iloc[0]
    assert (row["n"], row["value"]) == (2, 0.75)


def test_spread_by_hand() -> None:
    frame = pd.DataFrame(
        {"method": ["a", "a", "a", "b"], "value": [1.0, 3.0, np.nan, 5.0], "other": "x"}
    )
    found = spread_over_seeds(frame, ["method"]).set_index("method")
    assert tuple(found.columns) == SPREAD
    assert found.loc["a"].tolist() == pytest.approx([2, np.sqrt(2), 1, 3, 2])
    assert np.isnan(found.loc["b", "sd_seeds"])
