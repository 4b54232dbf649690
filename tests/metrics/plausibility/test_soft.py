"""Soft measures: by hand, against scipy and their hard counterparts, and where they have no value."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.spatial.distance import jensenshannon
from scipy.stats import spearmanr

from workbench.metrics.plausibility.chance import expected
from workbench.metrics.plausibility.measures import MEASURED, measure
from workbench.metrics.plausibility.soft import EPSILON, SOFT_MEASURES
from workbench.metrics.plausibility.units import Batch, Units, pad
from workbench.metrics.registry import METRICS, SOFT

NAN = np.nan
COLUMNS = {name: MEASURED.index(("none", name)) for name in (*SOFT_MEASURES, "ap")}


def units(scores, shares, kept=None) -> Units:
    scores = np.atleast_2d(np.asarray(scores, dtype=float))
    given = None if shares is None else np.asarray(shares, dtype=float)
    marks = np.zeros(scores.shape[1], dtype=bool) if given is None else given > 0.5
    kept = None if kept is None else np.atleast_2d(np.asarray(kept, dtype=bool))
    has_score = ~np.isnan(scores).all(axis=1) | (kept is not None)
    return Units(scores, kept, marks, np.arange(len(marks)) > 0, has_score, given)


def soft(scores, shares, kept=None) -> dict[str, float]:
    """The soft measures, and AP, of one text in one layer."""
    values = measure(pad([units(scores, shares, kept)]))[0, 0]
    return {name: values[column] for name, column in COLUMNS.items()}


def test_the_registry_describes_them() -> None:
    assert tuple(metric.name for metric in SOFT) == SOFT_MEASURES
    assert [metric.higher_is_better for metric in SOFT] == [True, False, False, True, False]


def test_three_units_by_hand() -> None:
    found = soft([0.2, 0.4, 0.1], [1, 2 / 3, 0])
    # By rank the shares are 2/3, 1, 0: precision (2/3) / 1 and (5/3) / 2.
    assert found["soft_ap"] == pytest.approx((2 / 3 * 2 / 3 + 5 / 6) / (5 / 3))
    # Scores over the largest: 1/2, 1, 1/4.
    assert found["soft_mse"] == pytest.approx((1 / 4 + 1 / 9 + 1 / 16) / 3)
    sure = 2 / 3 * math.log(1 - EPSILON) + 1 / 3 * math.log(EPSILON)
    assert found["soft_cross_entropy"] == pytest.approx(-(math.log(1 / 2) + sure + math.log(3 / 4)) / 3)
    # Ranks 2, 3, 1 and 3, 2, 1.
    assert found["soft_spearman"] == pytest.approx(1 / 2)
    assert found["soft_js"] == pytest.approx(jensenshannon([2, 4, 1], [3, 2, 0], base=2))


def test_ties_are_one_step() -> None:
    found = soft([0.5, 0.5, 0.1], [1 / 3, 1, 0])
    # Both enter together: precision (4/3) / 2 at each.
    assert found["soft_ap"] == pytest.approx(2 / 3)
    # Ranks 2.5, 2.5, 1 and 2, 3, 1.
    assert found["soft_spearman"] == pytest.approx(1.5 / math.sqrt(1.5 * 2))


def test_a_dropped_unit_counts_as_zero_and_ranks_last() -> None:
    found = soft([0.8, NAN, 0.4], [1, 1 / 3, 1 / 3], kept=[1, 0, 1])
    assert found["soft_mse"] == pytest.approx((0 + 1 / 9 + 1 / 36) / 3)
    assert found["soft_js"] == pytest.approx(jensenshannon([2, 0, 1], [3, 1, 1], base=2))
    assert found["soft_ap"] == pytest.approx((1 + 1 / 3 * (4 / 3) / 2 + 1 / 3 * (5 / 3) / 3) / (5 / 3))
    # Ranks 3, 1, 2 and 3, 1.5, 1.5.
    assert found["soft_spearman"] == pytest.approx(1.5 / math.sqrt(2 * 1.5))
    gone = soft([NAN, NAN], [1, 1 / 3], kept=[0, 0])
    assert gone["soft_mse"] == pytest.approx((1 + 1 / 9) / 2)
    assert gone["soft_js"] == pytest.approx(jensenshannon([1, 1], [3, 1], base=2))
    assert np.isnan(gone["soft_spearman"])


def test_scores_of_zero_are_equal_scores() -> None:
    assert soft([0, 0, 0], [1, 0, 2 / 3]) == pytest.approx(soft([3, 3, 3], [1, 0, 2 / 3]), nan_ok=True)


@pytest.mark.parametrize(
    ("scores", "shares", "without"),
    [
        ([0.3, 0.3, 0.3], [1, 0, 0.5], {"soft_spearman"}),
        ([0.3, 0.2, 0.1], [0.5, 0.5, 0.5], {"soft_ap", "soft_spearman", "ap"}),
        ([0.3, 0.2, 0.1], [0, 0, 0], {"soft_ap", "soft_spearman", "soft_js", "ap"}),
        ([0.3, 0.2, 0.1], [1, 1, 1], {"soft_ap", "soft_spearman", "ap"}),
        ([0.3, 0.2, 0.1], None, {*SOFT_MEASURES, "ap"}),
        ([NAN, NAN, NAN], [1, 0, 0.5], {*SOFT_MEASURES, "ap"}),
    ],
)
def test_where_there_is_no_value(scores, shares, without: set[str]) -> None:
    assert {name for name, value in soft(scores, shares).items() if np.isnan(value)} == without


def test_texts_with_and_without_shares_in_one_batch() -> None:
    one, other = units([0.2, 0.4, 0.1], [1, 2 / 3, 0]), units([0.1, 0.2, 0.3, 0.4], None)
    both, alone = measure(pad([other, one])), measure(pad([one]))
    soft_columns = [COLUMNS[name] for name in SOFT_MEASURES]
    assert np.isnan(both[0][:, soft_columns]).all()
    np.testing.assert_allclose(both[1], alone[0], atol=1e-15)


def batch(levels: int, seed: int = 0, hard: bool = False) -> tuple[list[Units], Batch]:
    """Texts of several lengths in two layers, with ties, and the same padded."""
    rng = np.random.default_rng(seed)
    made = []
    for n in range(3, 19):
        scores = rng.integers(levels, size=(2, n)) / levels
        scores[:, :2] = [1.0, 0.5]
        shares = rng.integers(2, size=n) if hard else rng.integers(4, size=n) / 3
        shares[:2] = [1, 0]
        made.append(units(scores, shares))
    return made, pad(made)


@pytest.mark.parametrize("levels", [3, 1000])
def test_the_same_as_scipy_with_padding_and_ties(levels: int) -> None:
    texts, padded = batch(levels)
    values = measure(padded)
    for row, text in enumerate(texts):
        for layer, scores in enumerate(text.scores):
            found = {name: values[row, layer, column] for name, column in COLUMNS.items()}
            rho = spearmanr(scores, text.shares).statistic
            assert found["soft_spearman"] == pytest.approx(rho, abs=1e-12)
            distance = jensenshannon(scores, text.shares, base=2)
            assert found["soft_js"] == pytest.approx(distance, abs=1e-12)
            scaled = scores / scores.max()
            assert found["soft_mse"] == pytest.approx(np.mean((scaled - text.shares) ** 2), abs=1e-12)


@pytest.mark.parametrize("levels", [3, 1000])
def test_hard_shares_give_average_precision(levels: int) -> None:
    values = measure(batch(levels, hard=True)[1])
    assert not np.isnan(values[..., COLUMNS["ap"]]).any()
    np.testing.assert_array_equal(values[..., COLUMNS["soft_ap"]], values[..., COLUMNS["ap"]])


def test_scores_that_are_the_shares_are_the_best() -> None:
    shares = [1, 1 / 3, 0, 2 / 3]
    found = soft(shares, shares)
    assert (found["soft_mse"], found["soft_spearman"]) == (0, pytest.approx(1))
    assert found["soft_js"] == pytest.approx(0, abs=1e-8)
    others = [soft(np.array(order), shares)["soft_ap"] for order in permutations(range(4))]
    # Below 1 all the same: a word that two thirds marked is no full hit.
    assert found["soft_ap"] == max(others) < 1


def test_the_chance_level_is_the_mean_over_all_orders() -> None:
    shares = [1, 1 / 3, 0, 2 / 3, 0]
    found = [soft(np.array(order), shares) for order in permutations(range(1, 6))]
    (floor,) = expected(pad([units(np.ones(5), shares)]))[0]
    for name in ("soft_ap", "soft_spearman"):
        mean = np.mean([one[name] for one in found])
        assert floor[COLUMNS[name]] == pytest.approx(mean, abs=1e-12)
    assert np.isnan(floor[COLUMNS["soft_mse"]])
    (same,) = expected(pad([units(np.ones(3), [0.5, 0.5, 0.5])]))[0]
    assert np.isnan(same[[COLUMNS["soft_ap"], COLUMNS["soft_spearman"]]]).all()


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    arrays.arrays(np.float64, 7, elements=st.integers(0, 5).map(lambda k: k / 5)),
    arrays.arrays(np.float64, 7, elements=st.integers(0, 3).map(lambda k: k / 3)),
    arrays.arrays(np.bool_, 7),
)
def test_every_value_lies_in_its_range(scores, shares, kept) -> None:
    for name, value in soft(np.where(kept, scores, NAN), shares, kept=kept).items():
        if not np.isnan(value):
            assert METRICS[name].low - 1e-12 <= value <= METRICS[name].high + 1e-12
