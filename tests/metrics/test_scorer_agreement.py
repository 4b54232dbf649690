"""Rank correlations against scipy.stats, by hand, and as a table."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import kendalltau, spearmanr

from tests.helpers.annotated_scores import corpus, record
from workbench.errors import InputError
from workbench.metrics import schemas
from workbench.metrics.scorer_agreement import agreement, rank_correlations

NAN = np.nan


@settings(deadline=None, derandomize=True, max_examples=40)
@given(arrays.arrays(np.float64, (3, 7), elements=st.integers(0, 4).map(float)))
def test_both_equal_scipy(scores: np.ndarray) -> None:
    ours = rank_correlations(scores)
    for i in range(3):
        for j in range(3):
            if len(set(scores[i])) == 1 or len(set(scores[j])) == 1:
                assert np.isnan(ours[i, j]).all()
            else:
                theirs = spearmanr(scores[i], scores[j])[0], kendalltau(scores[i], scores[j])[0]
                assert ours[i, j] == pytest.approx(theirs, abs=1e-6)


def test_by_hand() -> None:
    # Of three pairs two are in the same order; rank differences 0, 1, 1.
    rho, tau = rank_correlations(np.array([[1.0, 2, 3], [1, 3, 2]]))[0, 1]
    assert rho == pytest.approx(1 - 6 * 2 / (3 * 8))
    assert tau == pytest.approx((2 - 1) / 3)


def test_dropped_units_tie_at_the_bottom() -> None:
    dropped, low = np.array([3.0, NAN, 2, NAN]), np.array([3.0, 0, 2, 0])
    other = np.array([4.0, 1, 3, 2])
    ours = rank_correlations(np.stack([dropped, low, other]))
    assert ours[0, 2] == pytest.approx(ours[1, 2])
    assert np.isnan(rank_correlations(np.array([[1.0], [2.0]]))[0, 1]).all()


def test_the_table_has_scorers_by_layer_and_layers_by_scorer() -> None:
    records = corpus(6)
    same = [replace(r, scorer="same", scores=2 * r.scores + 1) for r in records]
    table = agreement([*records, *same], "test", bootstrap=20)
    assert tuple(table.columns) == schemas.AGREEMENT.columns
    across = table[table["scorer"] != table["against"]]
    assert (across["layer"] == across["against_layer"]).all()
    assert across["value"].to_numpy() == pytest.approx(1.0)
    assert len(across) == 2 * 2 * 3
    within = table[table["scorer"] == table["against"]]
    pairs = set(zip(within["layer"], within["against_layer"], strict=True))
    assert pairs == {(0, 1), (0, 2), (1, 2)}
    assert len(within) == 2 * 2 * 2 * 3
    assert (table["n"] == 6).all()
    assert (within["ci_low"] <= within["value"]).all()


def test_texts_without_rationale_count_and_silent_layers_do_not() -> None:
    one = record([[0, 1, 2, 3, 0], [NAN] * 5, [0, 3, 2, 1, 0]], None)
    table = agreement([one], "test", bootstrap=0)
    (row,) = table.query("unit == 'token' and metric == 'kendall'").to_dict("records")
    assert (row["layer"], row["against_layer"], row["value"]) == (0, 2, pytest.approx(-1))


def test_nothing_to_compare_gives_an_empty_table() -> None:
    assert agreement([], "test").empty
    constant = record([[0, 1, 1, 0], [0, 1, 2, 0]], [1, 0])
    assert tuple(agreement([constant], "test").columns) == schemas.AGREEMENT.columns
    assert agreement([constant], "test").empty


def test_other_tokens_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="mine: scorers saw different numbers of tokens"):
        agreement(
            [
                record([0, 1, 2, 0], [1, 0], text_id="mine"),
                record([0, 1, 2, 3, 0], [1, 0, 0], text_id="mine", scorer="top"),
            ],
            "test",
        )
