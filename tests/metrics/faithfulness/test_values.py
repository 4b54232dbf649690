"""Faithfulness arithmetic: probabilities in, metric out, with the numbers written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import kendalltau
from sklearn.metrics import auc

from workbench.metrics.faithfulness.values import (
    aopc,
    curve_area,
    flip_point,
    flipped,
    of_class,
    probability_drop,
    rank_agreement,
    soft_comprehensiveness,
    soft_sufficiency,
)

FULL = np.array([[0.1, 0.9], [0.7, 0.3]])
PREDICTED = np.array([1, 0])
few = settings(deadline=None, derandomize=True, max_examples=30)


def test_drops_by_hand_are_not_clipped() -> None:
    altered = np.array([[0.6, 0.4], [0.9, 0.1]])
    np.testing.assert_allclose(probability_drop(FULL, altered, PREDICTED), [0.9 - 0.4, 0.7 - 0.9])


def test_one_full_text_serves_many_alterations() -> None:
    altered = np.array([[[0.2, 0.8], [0.5, 0.5]], [[0.7, 0.3], [1.0, 0.0]]])
    drops = probability_drop(FULL[:, None], altered, PREDICTED[:, None])
    np.testing.assert_allclose(drops, [[0.1, 0.4], [0.0, -0.3]])
    np.testing.assert_allclose(aopc(drops), [0.25, -0.15])


def test_an_eraser_prediction_gives_what_erasers_scorer_gives() -> None:
    """The definition word for word: score of the predicted class, minus the same without it."""
    instances = [
        {
            "classification": "POS",
            "classification_scores": {"NEG": 0.2, "POS": 0.8},
            "comprehensiveness_classification_scores": {"NEG": 0.5, "POS": 0.5},
            "thresholds": [{"NEG": 0.3, "POS": 0.7}, {"NEG": 0.6, "POS": 0.4}],
        },
        {
            "classification": "NEG",
            "classification_scores": {"NEG": 0.6, "POS": 0.4},
            "comprehensiveness_classification_scores": {"NEG": 0.9, "POS": 0.1},
            "thresholds": [{"NEG": 0.6, "POS": 0.4}, {"NEG": 0.1, "POS": 0.9}],
        },
    ]
    classes = ["NEG", "POS"]

    def read(key: str) -> np.ndarray:
        return np.array([[one[key][name] for name in classes] for one in instances])

    predicted = np.array([classes.index(one["classification"]) for one in instances])
    full, bins = (
        read("classification_scores"),
        np.array(
            [[[step[name] for name in classes] for step in one["thresholds"]] for one in instances]
        ),
    )
    drops = probability_drop(full, read("comprehensiveness_classification_scores"), predicted)
    assert drops.mean() == pytest.approx((0.3 - 0.3) / 2)
    curve = probability_drop(full[:, None], bins, predicted[:, None])
    assert aopc(curve).mean() == pytest.approx((0.1 + 0.4 + 0.0 + 0.5) / 4)


def test_of_class_takes_one_entry_per_text() -> None:
    assert of_class(FULL, PREDICTED).tolist() == [0.9, 0.7]


def test_flips_by_hand_and_a_tie_is_none() -> None:
    altered = np.array([[0.6, 0.4], [0.5, 0.5]])
    assert flipped(altered, PREDICTED).tolist() == [True, False]


def test_flip_point_is_the_first_flip_and_1_without_one() -> None:
    shares = np.array([0.1, 0.5, 1.0])
    flips = np.array([[False, True, False], [True, True, True], [False, False, False]])
    assert flip_point(shares, flips).tolist() == [0.5, 0.1, 1.0]


def test_areas_by_hand_and_as_scikit_learn() -> None:
    shares = np.array([0.0, 0.5, 1.0])
    curves = np.array([[1.0, 0.5, 0.0], [1.0, 1.0, 0.2]])
    areas = curve_area(shares, curves)
    np.testing.assert_allclose(areas, [0.5, 0.5 * 1.0 + 0.5 * 0.6])
    np.testing.assert_allclose(areas, [auc(shares, curve) for curve in curves])


def test_rank_agreement_by_hand() -> None:
    scores = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0], [2.0, 3.0, 1.0]])
    # Three pairs; the last row has one of them the wrong way round: (2 - 1) / 3.
    np.testing.assert_allclose(
        rank_agreement(scores, np.array([0.5, 0.3, 0.1])), [1.0, -1.0, np.nan, 1 / 3]
    )


def test_dropped_units_come_last_and_tiny_effects_are_tied() -> None:
    scores, effects = np.array([[0.2, np.nan, 0.9, np.nan]]), np.array([0.1, 0.0, 0.4, 1e-9])
    expected = kendalltau([1, 0, 2, 0], [0.1, 0.0, 0.4, 0.0]).statistic
    assert rank_agreement(scores, effects)[0] == pytest.approx(expected) == pytest.approx(1.0)
    assert np.isnan(rank_agreement(np.ones((2, 1)), np.ones(1))).all()


def test_soft_metrics_by_hand() -> None:
    full, blank = np.array([0.9, 0.9, 0.5]), np.array([0.4, 0.4, 0.6])
    found = soft_comprehensiveness(full, np.array([0.6, 0.95, 0.1]), blank)
    np.testing.assert_allclose(found, [0.3 / 0.5, 0.0, np.nan])
    # 1 - max(0, 0.9 - 0.8) = 0.9 over S0 = 0.5; the second is worse than no text at all.
    found = soft_sufficiency(full, np.array([0.8, 0.3, 0.5]), blank)
    np.testing.assert_allclose(found, [(0.9 - 0.5) / 0.5, (0.4 - 0.5) / 0.5, np.nan])


@few
@given(arrays(np.float64, (5, 3), elements=st.floats(0.01, 1)))
def test_properties(raw: np.ndarray) -> None:
    full = raw / raw.sum(axis=1, keepdims=True)
    predicted = full.argmax(axis=1)
    assert (probability_drop(full, full, predicted) == 0).all()
    assert not flipped(full, predicted).any()
    drops = probability_drop(full, full[::-1], predicted)
    assert ((drops >= -1) & (drops <= 1)).all()
    assert (full[::-1].argmax(axis=1) != predicted)[flipped(full[::-1], predicted)].all()
