"""Scores that know nothing, or everything."""

from dataclasses import replace

import numpy as np

from tests.helpers.toys import RAGGED, texts
from workbench.attribution.scorers.controls.controls import oracle, random, uniform

WINDOWS = texts(RAGGED)


def random_by_id(windows, seed: int = 0) -> dict[tuple[str, int], np.ndarray]:
    return {(w.text_id, w.window): random(w, 3, seed) for w in windows}


def test_random_scores_depend_on_neither_order_nor_batch() -> None:
    whole = random_by_id(WINDOWS)
    backwards = random_by_id(WINDOWS[::-1])
    alone = {key: value for w in WINDOWS for key, value in random_by_id([w]).items()}
    for key, scores in whole.items():
        assert np.array_equal(scores, backwards[key])
        assert np.array_equal(scores, alone[key])


def test_random_scores_differ_by_seed_text_window_and_layer() -> None:
    scores = random_by_id(WINDOWS)["t3", 0]
    assert not np.array_equal(scores, random_by_id(WINDOWS, seed=1)["t3", 0])
    for change in ({"text_id": "other"}, {"window": 1}):
        (other,) = random_by_id([replace(WINDOWS[3], **change)]).values()
        assert not np.array_equal(scores, other)
    assert not np.array_equal(scores[0], scores[1])


def test_random_scores_are_spread_over_the_unit_interval() -> None:
    scores = np.concatenate([s.ravel() for s in random_by_id(texts([60] * 20)).values()])
    assert 0 <= scores.min() < 0.01
    assert 0.99 < scores.max() < 1
    assert abs(scores.mean() - 0.5) < 0.02


def test_the_oracle_is_the_rationale_in_every_layer() -> None:
    for window in WINDOWS:
        if window.rationale.any():
            scores = oracle(window, 3, 0)
            assert (scores == window.rationale.astype(float)).all()
            assert scores.shape == (3, len(window.input_ids))
    assert sum(window.rationale.any() for window in WINDOWS) > 3


def test_the_oracle_without_a_rationale_is_uniform() -> None:
    empty = replace(WINDOWS[3], rationale=np.zeros(20, dtype=bool))
    unknown = replace(WINDOWS[3], rationale=None)
    for one in (empty, unknown):
        assert oracle(one, 3, 0).tolist() == np.ones((3, 20)).tolist()


def test_uniform_scores_are_all_alike() -> None:
    assert all((uniform(window, 3, 0) == 1).all() for window in WINDOWS)
