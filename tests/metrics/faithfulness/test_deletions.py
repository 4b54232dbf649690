"""Which units scores take away: by share, by the uniform level, and as weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.metrics.faithfulness.values import hard_rationale, has_level, importance, top_units
from workbench.metrics.plausibility.units import unit_index, unit_scores

WORDS = np.array([-1, 4, 4, 5, 7, -1])
NAN = np.nan


def test_words_and_tokens_are_numbered_in_their_order() -> None:
    assert unit_index(WORDS, "word").tolist() == [-1, 0, 0, 1, 2, -1]
    assert unit_index(WORDS, "token").tolist() == [-1, 0, 1, 2, 3, -1]
    with pytest.raises(ValueError, match="unknown unit 'sentence'; known: token, word"):
        unit_index(WORDS, "sentence")


def test_a_word_has_its_best_tokens_score_and_dies_with_its_last() -> None:
    scores = np.array([[9, 1, 3, 2, NAN, 9], [9, NAN, 1, -2, 0, 9.0]])
    np.testing.assert_array_equal(
        unit_scores(scores, unit_index(WORDS, "word")), [[3, 2, NAN], [1, -2, 0]]
    )


def test_top_units_by_hand() -> None:
    scores = np.array([[0.1, NAN, 0.5, 0.5, 0.2], [1, 1, 1, 1, 1]])
    # 1 % of five units is one, 40 % two, 50 % three; equal scores: the earlier unit.
    chosen = top_units(scores, [0.0, 0.01, 0.4, 0.5, 0.8, 1.0]).astype(int)
    assert chosen[0].tolist() == [
        [0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 1, 0],
        [0, 0, 1, 1, 1], [1, 0, 1, 1, 1], [1, 1, 1, 1, 1],
    ]  # fmt: skip
    assert chosen[1, 3].tolist() == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("m", [20, 60, 100, 140, 700])
def test_rounding_adds_no_unit(m: int) -> None:
    scores = np.arange(m, dtype=float)[None]
    counts = top_units(scores, [0.05, 0.1, 0.2, 0.5]).sum(axis=2)[0]
    assert counts.tolist() == [m // 20, m // 10, m // 5, m // 2]


def test_the_hard_rationale_of_marks_is_the_marks() -> None:
    scores = np.array([[1.0, 0, 0, 1], [0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [3, 1, NAN, 0]])
    assert hard_rationale(scores).astype(int).tolist() == [
        [1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 0, 0],
    ]  # fmt: skip


def test_negative_scores_have_no_level() -> None:
    assert has_level(np.array([[0.1, -0.1], [0, 1], [NAN, 1]])).tolist() == [False, True, True]


def test_importance_by_hand() -> None:
    scores = np.array([[2.0, 1, NAN, -4], [0, 0, 0, 0], [NAN, NAN, NAN, NAN]])
    assert importance(scores).tolist() == [[1, 0.5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


@settings(deadline=None, derandomize=True, max_examples=30)
@given(arrays(np.float64, (2, 7), elements=st.integers(0, 4).map(float)), st.integers(0, 2**31))
def test_larger_shares_hold_the_smaller_ones_and_only_order_counts(scores, seed) -> None:
    shares = np.sort(np.random.default_rng(seed).random(5))
    chosen = top_units(scores, shares)
    assert (chosen[:, 1:] >= chosen[:, :-1]).all()
    assert (chosen.sum(axis=2) == np.ceil(shares * 7)).all()
    np.testing.assert_array_equal(top_units(np.exp(3 * scores) - 5, shares), chosen)
