"""Ranking quality by hand and against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from analyses.lib.ranking_quality import COLUMNS, ranking_quality
from tests.helpers.score_frames import NAN, grid, one, plain
from workbench.errors import InputError
from workbench.metrics.scorer_agreement import rank_correlations
from workbench.metrics.stats.correlations import masked_spearman


def test_by_hand() -> None:
    # Layer 0 has the last layer's order reversed but for one token, layer 1 the same order.
    made = grid(plain([[1, 2, 3, 4], [40, 30, 20, 10], [8, 6, 4, 2]]))
    frame = ranking_quality(made, made, "test", top=(2,), bootstrap=10)
    assert tuple(frame.columns) == COLUMNS
    assert one(frame, metric="spearman", layer=0)["value"] == pytest.approx(-1)
    assert one(frame, metric="spearman", layer=1)["value"] == pytest.approx(1)
    assert one(frame, metric="precision_at_2", layer=0)["value"] == 0
    assert one(frame, metric="precision_at_2", layer=1)["value"] == 1
    assert set(frame["against_layer"]) == {2}
    assert one(frame, metric="precision_at_2", layer=0)["chance"] == pytest.approx(2 / 4)
    assert one(frame, metric="spearman", layer=0)["chance"] == 0


def test_special_tokens_do_not_count() -> None:
    made = grid(plain([[3, 2, 1], [30, 20, 10]]))
    # [CLS] has the lowest score in both layers; with a high one nothing changes.
    made.scores[:, 0, 0] = 99
    frame = ranking_quality(made, made, "test", top=(1,), bootstrap=0)
    assert frame["value"].tolist() == [1, 1, 1, 1]
    assert frame["ci_low"].isna().all()


def test_a_dropped_token_ranks_last() -> None:
    made = grid(plain([[1, 2, 3], [NAN, NAN, 5]], kept=[[True, False, False, True, True], [True] * 5]))
    reference = grid(plain([[3, 2, 1]], scorer="attention", method="dense"))
    frame = ranking_quality(made, reference, "test", top=(1,), bootstrap=0)
    assert one(frame, metric="spearman", layer=1)["value"] == pytest.approx(
        spearmanr([0, 0, 5], [3, 2, 1]).statistic
    )
    assert one(frame, metric="precision_at_1", layer=1)["value"] == 0


def test_texts_of_no_more_than_k_tokens_have_no_precision() -> None:
    made = grid(plain([[1, 2], [1, 2]]), plain([[1, 2, 3], [1, 2, 3]], "b"))
    frame = ranking_quality(made, made, "test", top=(2,), bootstrap=0)
    assert one(frame, metric="precision_at_2", layer=0)["n"] == 1
    assert one(frame, metric="spearman", layer=0)["n"] == 2


def test_windows_of_a_text_are_averaged_first() -> None:
    made = grid(
        plain([[1, 2], [2, 1]], "a"),
        plain([[1, 2], [1, 2]], "a", window=1),
        plain([[1, 2], [1, 2]], "b"),
    )
    row = one(ranking_quality(made, made, "test", top=(), bootstrap=0), layer=0)
    assert (row["value"], row["n"]) == (pytest.approx(0.5), 2)


def test_silent_layers_have_no_row_and_a_silent_reference_is_refused() -> None:
    made = grid(plain([[1, 2], [1, 2]]))
    made.scores[:, 0] = NAN
    assert set(ranking_quality(made, made, "test", bootstrap=0)["layer"]) == {1}
    undefined = grid(plain([[1, 2], [1, 2]]))
    undefined.scores[:] = NAN
    with pytest.raises(InputError, match="scores no layer"):
        ranking_quality(made, undefined, "test")


@given(st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=2, max_size=2))
def test_rho_of_many_rows_is_that_of_one(rows: list[list[int]]) -> None:
    scores = np.array(rows, dtype=float)
    alive = np.array([True, True, False, True, True, True])
    found = masked_spearman(scores[0], scores[1], alive)
    wanted = rank_correlations(scores[:, alive])[0, 1, 0]
    np.testing.assert_allclose(found, wanted, atol=1e-12, equal_nan=True)
