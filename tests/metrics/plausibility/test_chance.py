"""Floors: exact values against all orders of few units, and against many draws."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from tests.helpers.annotated_scores import corpus
from workbench.metrics import schemas
from workbench.metrics.plausibility.chance import (
    chance_levels,
    expected_ap,
    expected_auprc,
    random_control,
)
from workbench.metrics.plausibility.ranking import auprc, average_precision, rank_units

UNITS = 6


@pytest.mark.parametrize("marked", range(UNITS + 1))
def test_the_mean_over_all_orders(marked: int) -> None:
    scores = np.array(list(permutations(range(UNITS))), dtype=float)
    ranking = rank_units(scores, np.arange(UNITS) < marked)
    n, m = np.array([UNITS]), np.array([marked])
    if marked:
        assert expected_ap(n, m)[0] == pytest.approx(average_precision(ranking).mean())
    assert expected_auprc(n, m)[0] == pytest.approx(auprc(ranking).mean())


def test_floors_by_hand() -> None:
    # Two units, one marked: first (AP 1) or second (AP 1/2).
    assert expected_ap(np.array([2]), np.array([1])) == pytest.approx([0.75])
    assert expected_ap(np.array([1]), np.array([1])) == pytest.approx([1.0])
    assert np.isnan(expected_ap(np.array([3]), np.array([0])))
    assert expected_auprc(np.array([3]), np.array([0])) == pytest.approx([0.5])
    # Above the share of marked units, and near it for long texts only.
    assert 0.1 < expected_ap(np.array([20]), np.array([2]))[0] < 0.25
    assert expected_ap(np.array([20_000]), np.array([2000])) == pytest.approx([0.1], abs=1e-3)


def test_every_metric_has_one_floor_and_says_how() -> None:
    records = corpus(20)
    floor = random_control(records, "test", draws=30, bootstrap=0)
    table = chance_levels(records, floor.spread, "test")
    assert tuple(table.columns) == schemas.CHANCE.columns
    keys = ["unit", "universe", "selection", "metric"]
    assert not table.duplicated(keys).any()
    assert set(map(tuple, table[keys].to_numpy())) == set(map(tuple, floor.spread[keys].to_numpy()))
    assert set(table["how"]) == {"exact", "draws"}
    assert set(table.loc[table["unit"] == "word", "how"]) == {"draws"}
    assert (table["draws"] == table["how"].map({"exact": 0, "draws": 30})).all()
    exact = table[table["how"] == "exact"].set_index(keys)
    assert {"ap", "auprc", "roc_auc", "fpr"} <= set(exact.index.get_level_values("metric"))
    drawn = floor.spread.groupby(keys)["mean"].mean()
    pd.testing.assert_series_equal(
        exact["value"], drawn[exact.index], check_names=False, atol=0.02, rtol=0
    )
    pd.testing.assert_series_equal(
        exact["n"], floor.spread.groupby(keys)["n"].first()[exact.index], check_names=False
    )


def test_no_texts_have_no_floor() -> None:
    assert chance_levels([], random_control([], "test").spread, "test").empty
