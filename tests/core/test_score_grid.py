"""A score table as arrays: the same numbers in the same places, and bad tables refused."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.score_frames import NAN, grid, plain, record
from workbench.core.score_grid import common_windows, score_grids
from workbench.core.token_scores import to_frame
from workbench.errors import InputError

SHORT = plain([[0.1, 0.2], [0.3, 0.4]], "b", kept=[[True] * 4, [True, False, True, False]])
LONG = plain([[1, 2, 3], [4, NAN, 6]], "a", kept=[[True, True, False, True, True], [True] * 5])


def test_every_score_is_in_its_place_whatever_the_order_of_rows() -> None:
    frame = to_frame([SHORT, LONG])
    mixed = pd.concat([frame[frame["text_id"] == "b"], frame[frame["text_id"] == "a"].iloc[::-1]])
    [made] = score_grids(mixed)
    assert made.text_ids == ("b", "a")
    assert made.scores.shape == (2, 2, 5)
    assert made.tokens[0].tolist() == ["[CLS]", "w0", "w1", "[SEP]", ""]
    assert made.valid.sum(axis=1).tolist() == [4, 5]
    assert made.word_index[0].tolist() == [-1, 0, 1, -1, -1]
    np.testing.assert_allclose(made.scores[0, 1], [0.01, 0.3, 0.4, 0.01, NAN], rtol=1e-6)
    np.testing.assert_allclose(made.scores[1, 1], [0.01, 4, NAN, 6, 0.01], rtol=1e-6)
    assert made.kept is not None
    assert made.kept[0, 1].tolist() == [True, False, True, False, False]
    assert made.marks is None


def test_entering_is_what_the_layer_before_passed_on() -> None:
    made = grid(SHORT, LONG)
    assert made.entering[0, 0].tolist() == [True, True, True, True, False]
    assert made.entering[1, 1].tolist() == [True, True, False, True, True]
    unpruned = grid(plain([[1.0], [2.0]]))
    assert unpruned.entering.all()


def test_silent_layers() -> None:
    assert grid(record([[NAN, NAN], [1, 2]], tokens=("a", "b"), words=[0, 1])).has_score.tolist() == [
        False,
        True,
    ]


def test_scorers_and_models_are_apart() -> None:
    frame = to_frame([plain([[1.0]]), plain([[2.0]], scorer="saliency", method="dense")])
    assert [(made.scorer, made.method) for made in score_grids(frame)] == [
        ("cp", "adapler"),
        ("saliency", "dense"),
    ]


def test_common_windows_are_in_the_first_ones_order_and_as_wide_as_they_need() -> None:
    other = grid(plain([[9, 8], [7, 6]], "b"), plain([[5], [4]], "c"))
    ours, theirs = common_windows(grid(LONG, SHORT), other)
    assert ours.text_ids == theirs.text_ids == ("b",)
    assert ours.scores.shape == theirs.scores.shape == (1, 2, 4)
    assert theirs.scores[0, 0, 1] == 9


def test_bad_tables_are_refused() -> None:
    with pytest.raises(InputError, match="finite"):
        grid(plain([[np.inf]]))
    with pytest.raises(InputError, match="twice"):
        grid(SHORT, SHORT)
    with pytest.raises(InputError, match="no text in common"):
        common_windows(grid(SHORT), grid(LONG))
    changed = record([[1, 1, 1]], tokens=("[CLS]", "other", "[SEP]"), words=[-1, 0, -1])
    with pytest.raises(InputError, match="different tokens"):
        common_windows(grid(plain([[1.0]])), grid(changed))
