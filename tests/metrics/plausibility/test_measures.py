"""Each measure on five words by hand, ties, constant scores, empty predictions and empty gold."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import auc, precision_recall_curve, roc_auc_score

from workbench.metrics.plausibility.measures import MEASURED, MEASURES, complexity, measure, sparseness
from workbench.metrics.plausibility.ranking import auprc, precision_at, rank_units, roc_auc
from workbench.metrics.plausibility.selection import span_counts, token_scores
from workbench.metrics.plausibility.table import CORPUS_METRICS
from workbench.metrics.plausibility.units import Units, pad
from workbench.metrics.registry import AGREEMENT, METRICS, SOFT

NAN = np.nan
SCORES = np.array([0.5, 0.3, 0.2, 0.1, 0.05])
MARKS = np.array([True, False, True, False, False])


def measured(scores, marks, kept=None, follows=None) -> dict[tuple[str, str], float]:
    """Every column of one text in one layer."""
    scores, marks = np.atleast_2d(np.asarray(scores, dtype=float)), np.asarray(marks, dtype=bool)
    kept = None if kept is None else np.atleast_2d(np.asarray(kept, dtype=bool))
    follows = np.arange(len(marks)) > 0 if follows is None else np.asarray(follows, dtype=bool)
    has_score = ~np.isnan(scores).all(axis=1)
    values = measure(pad([Units(scores, kept, marks, follows, has_score)]))[0, 0]
    return dict(zip(MEASURED, values.tolist(), strict=True))


def test_the_registry_lists_what_is_measured() -> None:
    names = {metric.name for metric in (*AGREEMENT, *SOFT)}
    assert names == {name for _, name in MEASURES} | set(CORPUS_METRICS)
    assert all(METRICS[name].one_class for name in names)
    assert {METRICS[name].needs for name in CORPUS_METRICS} == {"selection"}
    for selection, name in MEASURES:
        assert METRICS[name].needs == ("scores" if selection == "none" else "selection")


def test_five_words_by_hand() -> None:
    found = measured(SCORES, MARKS, kept=[1, 1, 0, 0, 1])
    assert found["none", "ap"] == pytest.approx((1 + 2 / 3) / 2)
    # Points (recall, precision): (0, 1), (1/2, 1), (1/2, 1/2), (1, 2/3), then recall 1.
    assert found["none", "auprc"] == pytest.approx(1 / 2 + (1 / 2 + 2 / 3) / 4)
    # Of 6 pairs the marked word is higher in 3 + 2.
    assert found["none", "roc_auc"] == pytest.approx(5 / 6)
    assert found["none", "precision_at_1"] == 1.0
    assert found["none", "r_precision"] == 1 / 2
    assert found["none", "precision_at_5"] == found["none", "precision_at_10"] == pytest.approx(2 / 5)
    # Kept: words 0, 1, 4; marked: 0, 2.
    assert found["kept", "token_precision"] == pytest.approx(1 / 3)
    assert found["kept", "token_recall"] == pytest.approx(1 / 2)
    assert found["kept", "token_f1"] == pytest.approx(2 / 5)
    # Spans [0, 2) and [4, 5) against [0, 1) and [2, 3): IoU 1/2 and 0.
    assert found["kept", "iou_precision"] == found["kept", "iou_recall"] == pytest.approx(1 / 2)


def test_constant_scores_are_one_step() -> None:
    found = measured(np.full(5, 0.2), MARKS)
    assert found["none", "ap"] == pytest.approx(2 / 5)
    # From (0, 1) straight to (1, 2/5).
    assert found["none", "auprc"] == pytest.approx((1 + 2 / 5) / 2)
    assert found["none", "roc_auc"] == 0.5
    for name in ("precision_at_1", "precision_at_5", "r_precision"):
        assert found["none", name] == pytest.approx(2 / 5)
    assert found["none", "complexity"] == pytest.approx(math.log(5))
    assert found["none", "sparseness"] == pytest.approx(0, abs=1e-12)


def test_scores_of_zero_are_uniform() -> None:
    zeros, ones = measured(np.zeros(4), [1, 0, 0, 0]), measured(np.ones(4), [1, 0, 0, 0])
    assert zeros == pytest.approx(ones, nan_ok=True)


def test_an_empty_prediction() -> None:
    found = measured(SCORES, MARKS, kept=np.zeros(5))
    assert [found["kept", f"token_{part}"] for part in ("precision", "recall", "f1")] == [0, 0, 0]
    assert found["kept", "fpr"] == found["kept", "tpr"] == found["kept", "selected"] == 0
    assert np.isnan(found["kept", "iou_precision"])
    assert found["kept", "iou_recall"] == 0


def test_empty_gold() -> None:
    found = measured(SCORES, np.zeros(5), kept=[1, 0, 0, 0, 0])
    for name in ("ap", "eraser_ap", "roc_auc", "r_precision"):
        assert np.isnan(found["none", name])
    assert found["none", "auprc"] == 0.5
    assert found["none", "precision_at_1"] == 0
    assert [found["kept", f"token_{part}"] for part in ("precision", "recall", "f1")] == [0, 0, 0]
    assert np.isnan(found["kept", "tpr"])
    assert found["kept", "iou_precision"] == 0
    assert np.isnan(found["kept", "iou_recall"])
    nothing = measured(SCORES, np.zeros(5), kept=np.zeros(5))
    assert all(np.isnan(nothing["kept", f"token_{part}"]) for part in ("precision", "recall", "f1"))


def test_full_gold() -> None:
    found = measured(SCORES, np.ones(5), kept=np.ones(5))
    for name in ("ap", "eraser_ap", "roc_auc"):
        assert np.isnan(found["none", name])
    assert found["none", "auprc"] == found["none", "r_precision"] == 1
    assert np.isnan(found["kept", "fpr"])
    assert found["kept", "token_f1"] == found["kept", "iou_recall"] == 1


def test_a_silent_layer_and_a_missing_kept_mask_have_no_values() -> None:
    found = measured(np.full(5, NAN), MARKS)
    assert all(np.isnan(value) for value in found.values())


def test_precision_at_k_shares_the_places_of_a_tie() -> None:
    # One unit above, marked; three tie for the second place, one of them marked.
    ranking = rank_units(np.array([0.9, 0.5, 0.5, 0.5, 0.1]), np.array([1, 1, 0, 0, 1], dtype=bool))
    assert precision_at(ranking, 2) == pytest.approx((1 + 1 / 3) / 2)
    assert precision_at(ranking, np.array(4)) == pytest.approx(2 / 4)


@pytest.mark.parametrize("levels", [3, 1000])
def test_areas_equal_scikit_learn_with_padding_and_ties(levels: int) -> None:
    rng = np.random.default_rng(levels)
    scores = rng.integers(levels, size=(20, 2, 15)) / levels
    marks = rng.random((20, 15)) < 0.3
    lengths = rng.integers(4, 16, size=20)
    marks[:, 0], marks[:, 1] = True, False
    valid = np.arange(15) < lengths[:, None]
    ranking = rank_units(scores, marks[:, None], valid[:, None])
    for text, n in enumerate(lengths):
        for layer in range(2):
            pair = (marks[text, :n], scores[text, layer, :n])
            precision, recall, _ = precision_recall_curve(*pair)
            assert auprc(ranking)[text, layer] == pytest.approx(auc(recall, precision), abs=1e-9)
            assert roc_auc(ranking)[text, layer] == pytest.approx(roc_auc_score(*pair), abs=1e-9)


def test_concentration_by_hand() -> None:
    # Shares 1/2, 1/4, 1/4; a dropped unit has the share 0 and counts in n.
    assert complexity(np.array([2.0, 1, 1, NAN])) == pytest.approx(1.5 * math.log(2))
    # Sorted 0, 1, 1, 2: (-3 * 0 - 1 * 1 + 1 * 1 + 3 * 2) / (4 * 4).
    assert sparseness(np.array([2.0, 1, 1, NAN])) == pytest.approx(6 / 16)
    one = np.array([0.0, 0, 7, 0, 0])
    assert complexity(one) == 0
    assert sparseness(one) == pytest.approx(1 - 1 / 5)
    padded = np.array([2.0, 1, 1, 5])
    valid = np.array([True, True, True, False])
    assert sparseness(padded, valid) == pytest.approx(sparseness(padded[:3]))
    assert complexity(padded, valid) == pytest.approx(complexity(padded[:3]))
    assert np.isnan(sparseness(padded, ~valid & ~valid[::-1] & False))
    with pytest.raises(ValueError, match="negative"):
        complexity(np.array([-1.0, 2]))


def test_spans_end_where_units_do_not_follow_on() -> None:
    ones = np.ones(6, dtype=bool)
    whole = np.arange(6) > 0
    assert [int(count) for count in span_counts(ones, ones, whole)] == [1, 1, 1]
    cut = whole.copy()
    cut[3] = False
    assert [int(count) for count in span_counts(ones, ones, cut)] == [2, 2, 2]
    # Without the cut the prediction [0, 6) covers [0, 3) by one half: still a hit.
    marks = np.array([1, 1, 1, 0, 0, 0], dtype=bool)
    assert [int(count) for count in span_counts(ones, marks, whole)] == [1, 1, 1]
    assert [int(count) for count in span_counts(ones, marks & (np.arange(6) < 2), whole)] == [0, 1, 1]


def test_token_scores_by_hand() -> None:
    hits, chosen, marked = np.array([2, 0, 0]), np.array([4, 3, 0]), np.array([2, 0, 0])
    precision, recall, f1 = token_scores(hits, chosen, marked)
    assert precision.tolist()[:2] == [0.5, 0]
    assert recall.tolist()[:2] == [1, 0]
    assert f1.tolist()[:2] == pytest.approx([2 / 3, 0])
    assert np.isnan([precision[2], recall[2], f1[2]]).all()


GRID = arrays.arrays(np.float64, 8, elements=st.integers(0, 7).map(lambda k: k / 8))
MASKS = arrays.arrays(np.bool_, 8)
LEAN = settings(deadline=None, derandomize=True, max_examples=40)


@LEAN
@given(GRID, MASKS)
def test_what_ranks_only_sees_the_order(scores: np.ndarray, marks: np.ndarray) -> None:
    before, after = measured(scores, marks), measured(3 * scores**3 + scores + 1, marks)
    for key in MEASURES:
        if METRICS[key[1]].needs == "scores" and key[1] not in ("complexity", "sparseness"):
            assert before[key] == pytest.approx(after[key], nan_ok=True), key


@LEAN
@given(GRID, MASKS, MASKS)
def test_every_value_lies_in_its_range(scores: np.ndarray, marks: np.ndarray, kept: np.ndarray) -> None:
    for (_, name), value in measured(scores, marks, kept).items():
        if name in METRICS and not np.isnan(value):
            assert METRICS[name].low <= value <= METRICS[name].high + 1e-12


@LEAN
@given(MASKS)
def test_a_perfect_scorer_is_perfect(marks: np.ndarray) -> None:
    found = measured(marks.astype(float), marks, kept=marks)
    for key in MEASURES:
        name = key[1]
        best = {"fpr": 0.0, "tpr": 1.0}.get(name, 1.0)
        asked = name in ("ap", "roc_auc", "r_precision", "fpr", "tpr") or name.startswith(("tok", "iou"))
        if asked and marks.any() and not np.isnan(found[key]):
            assert found[key] == pytest.approx(best), key
