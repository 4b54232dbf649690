"""AP, FPR and TPR on a five-token text, against scikit-learn, and by their properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score

from workbench.metrics.plausibility.ranking import average_precision, rank_units
from workbench.metrics.plausibility.selection import overlap, uniform_selection
from workbench.metrics.stats.shares import share

MARKS = np.array([True, False, True, False, False])
NAN = np.nan


def ap_of(*ranked) -> np.ndarray:
    return average_precision(rank_units(*ranked))


def selection_rates(*parts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """FPR, TPR and the share selected."""
    hits, chosen, marked, units = overlap(*parts)
    return share(chosen - hits, units - marked), share(hits, marked), share(chosen, units)


def test_ap_by_hand() -> None:
    # Ranked: marked (1/1), not, marked (2/3): AP = (1 + 2/3) / 2.
    ap = ap_of(np.array([0.5, 0.3, 0.2, 0.1, 0.05]), MARKS)
    assert ap == pytest.approx((1 + 2 / 3) / 2)


def test_ties_enter_together() -> None:
    # All five tie: one threshold, precision 2/5.
    assert ap_of(np.full(5, 0.2), MARKS) == pytest.approx(2 / 5)
    # Two tie on top, one of them marked (1/2); the rest tie below (2/5).
    ap = ap_of(np.array([0.4, 0.4, 0.1, 0.1, 0.1]), MARKS)
    assert ap == pytest.approx((1 / 2 + 2 / 5) / 2)


def test_dropped_units_tie_at_the_bottom() -> None:
    ap = ap_of(np.array([0.0, 0.4, NAN, NAN, NAN]), MARKS)
    # Rank 1 unmarked, rank 2 marked (1/2), then three dropped together (2/5).
    assert ap == pytest.approx((1 / 2 + 2 / 5) / 2)


def test_nothing_marked_has_no_ap() -> None:
    assert np.isnan(ap_of(np.ones(3), np.zeros(3, dtype=bool)))


def test_infinite_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        ap_of(np.array([np.inf, 1.0]), np.array([True, False]))


@pytest.mark.parametrize("levels", [3, 1000])
def test_ap_equals_scikit_learn_with_padding_and_ties(levels: int) -> None:
    rng = np.random.default_rng(levels)
    texts, layers, n = 40, 3, 17
    scores = rng.integers(levels, size=(texts, layers, n)) / levels
    marks = rng.random((texts, n)) < 0.3
    lengths = rng.integers(4, n + 1, size=texts)
    valid = np.arange(n) < lengths[:, None]
    marks[:, 0] = True
    ours = ap_of(scores, marks[:, None], valid[:, None])
    for text in range(texts):
        for layer in range(layers):
            real = valid[text]
            theirs = average_precision_score(marks[text, real], scores[text, layer, real])
            assert ours[text, layer] == pytest.approx(theirs, abs=1e-9)


SCORES = arrays.arrays(np.float64, 8, elements=st.floats(0, 1, width=16))
MARK_SETS = arrays.arrays(np.bool_, 8).filter(lambda marks: marks.any())


@settings(deadline=None)
@given(SCORES, MARK_SETS)
def test_ap_only_sees_the_order(scores: np.ndarray, marks: np.ndarray) -> None:
    transformed = 3 * scores**3 + scores + 1
    assert ap_of(scores, marks) == ap_of(transformed, marks)


@settings(deadline=None)
@given(SCORES, MARK_SETS, st.permutations(range(8)))
def test_ap_does_not_depend_on_positions(
    scores: np.ndarray, marks: np.ndarray, order: list[int]
) -> None:
    moved = ap_of(scores[order], marks[order])
    assert moved == pytest.approx(ap_of(scores, marks))


@settings(deadline=None)
@given(SCORES, MARK_SETS, st.floats(0, 1), st.floats(0, 1))
def test_rates_fall_as_the_threshold_rises(
    scores: np.ndarray, marks: np.ndarray, a: float, b: float
) -> None:
    loose = selection_rates(scores >= min(a, b), marks)
    strict = selection_rates(scores >= max(a, b), marks)
    for lower, higher in zip(strict, loose, strict=True):
        assert np.isnan(lower) == np.isnan(higher)
        assert np.isnan(lower) or lower <= higher


def test_rates_by_hand() -> None:
    selected = np.array([True, True, False, False, True])
    fpr, tpr, chosen = selection_rates(selected, MARKS)
    assert (fpr, tpr, chosen) == (pytest.approx(2 / 3), pytest.approx(1 / 2), pytest.approx(3 / 5))


def test_rates_leave_padding_out() -> None:
    valid = np.array([True, True, True, False, False])
    fpr, tpr, chosen = selection_rates(np.array([1, 1, 0, 1, 1], dtype=bool), MARKS, valid)
    assert (fpr, tpr, chosen) == (1.0, 0.5, pytest.approx(2 / 3))


def test_rates_without_a_class_are_undefined() -> None:
    selected = np.array([True, False])
    assert np.isnan(selection_rates(selected, np.array([True, True]))[0])
    assert np.isnan(selection_rates(selected, np.array([False, False]))[1])


def test_uniform_level_by_hand() -> None:
    # Sum 2, n 5: the level is 0.4.
    scores = np.array([0.8, 0.4, 0.39, 0.3, 0.11])
    assert uniform_selection(scores).tolist() == [True, True, False, False, False]


def test_dropped_units_count_in_n_and_are_never_selected() -> None:
    # Sum 1, n 5 although three are gone: the level stays 0.2.
    selected = uniform_selection(np.array([0.79, 0.21, NAN, NAN, NAN]))
    assert selected.tolist() == [True, True, False, False, False]
    assert not uniform_selection(np.full(4, NAN)).any()


@pytest.mark.parametrize("n", [1, 3, 7, 49, 333, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uniform_scores_select_everything(n: int, dtype: type) -> None:
    scores = np.full(n, 1 / n, dtype=dtype)
    assert uniform_selection(scores).all()
    assert uniform_selection(np.append(scores, [NAN, NAN]), np.arange(n + 2) < n)[:n].all()


def test_scores_of_zero_are_taken_as_uniform() -> None:
    assert uniform_selection(np.array([0.0, 0.0, NAN])).tolist() == [True, True, False]


def test_negative_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        uniform_selection(np.array([0.5, -0.1]))
