"""Predictors against saliency: divergences by hand."""

import math

import numpy as np
import pytest

from analyses.lib.target_fit import COLUMNS, divergence, shares_of, target_fit
from tests.helpers.score_frames import NAN, grid, one, record
from workbench.errors import InputError

TOKENS, WORDS = ("[CLS]", "a", "b", "[SEP]"), [-1, 0, 1, -1]


def made(scores: list[list[float]], scorer: str = "cp"):
    return grid(record(scores, tokens=TOKENS, words=WORDS, scorer=scorer))


def test_divergence_by_hand() -> None:
    target, own = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.5, 0.25])
    assert divergence(target, own) == pytest.approx(0.5 * math.log(2))
    assert divergence(own, own) == 0
    # A predicted share of 0 counts as the smallest share, not as infinitely wrong.
    assert divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(-math.log(1e-12))


def test_shares_sum_to_one_over_the_living() -> None:
    alive = np.array([True, False, True])
    assert shares_of(np.array([1.0, 5.0, 3.0]), alive).tolist() == [0.25, 0, 0.75]
    assert np.isnan(shares_of(np.zeros(3), alive)).all()


def test_layers_by_hand() -> None:
    # Layer 1: token b is gone, and the target is renormalised over the other three.
    predictor = made([[0.1, 0.4, 0.3, 0.2], [0.25, 0.5, NAN, 0.25]])
    saliency = made([[1, 4, 3, 2], [9, 9, 9, 9]], "saliency")
    frame = target_fit(predictor, saliency, "test", bootstrap=5)
    assert tuple(frame.columns) == COLUMNS
    assert one(frame, metric="kl", layer=0)["value"] == pytest.approx(0, abs=1e-6)
    assert one(frame, metric="spearman", layer=0)["value"] == pytest.approx(1)
    target = np.array([1, 4, 2]) / 7
    wanted = (target * np.log(target / [0.25, 0.5, 0.25])).sum()
    assert one(frame, metric="kl", layer=1)["value"] == pytest.approx(wanted)
    equal = (target * np.log(target * 3)).sum()
    assert one(frame, metric="kl_uniform", layer=1)["value"] == pytest.approx(equal)
    assert set(frame["target_layer"]) == {0}


def test_the_layers_own_saliency() -> None:
    predictor = made([[0.25] * 4, [0.1, 0.2, 0.3, 0.4]])
    saliency = made([[1, 2, 3, 4], [4, 3, 2, 1]], "saliency")
    frame = target_fit(predictor, saliency, "test", target_layer=None, bootstrap=0)
    assert one(frame, metric="spearman", layer=1)["value"] == pytest.approx(-1)
    # Constant predictions have no order, so no correlation and no row.
    assert len(frame[(frame["metric"] == "spearman") & (frame["layer"] == 0)]) == 0
    kl, equal = (one(frame, metric=name, layer=0)["value"] for name in ("kl", "kl_uniform"))
    assert kl == pytest.approx(equal)


def test_one_token_alive_says_nothing() -> None:
    predictor = made([[0.25] * 4, [1.0, NAN, NAN, NAN]])
    frame = target_fit(predictor, made([[1, 2, 3, 4]] * 2, "saliency"), "test", bootstrap=0)
    assert set(frame["layer"]) == {0}


def test_bad_input() -> None:
    with pytest.raises(InputError, match="negative"):
        target_fit(made([[0.5, -0.5, 1, 1]]), made([[1, 1, 1, 1]], "saliency"), "test")
    with pytest.raises(InputError, match="layers"):
        target_fit(made([[1] * 4] * 2), made([[1] * 4], "saliency"), "test", target_layer=None)
