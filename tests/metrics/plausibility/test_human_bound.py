"""Annotators against one another: by hand, in windows, by rule, and where there is nobody."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.helpers.annotated_scores import record
from workbench.core.documents import Document, Marked, Span
from workbench.metrics import schemas
from workbench.metrics.plausibility.human_bound import human_bound, human_values
from workbench.metrics.plausibility.measures import MEASURED


def document(text_id: str, *marks: list[tuple[int, int]], words: int = 4) -> Document:
    people = tuple(
        Marked(f"person {number}", tuple(Span(*span) for span in spans))
        for number, spans in enumerate(marks)
    )
    return Document(text_id, ("w",) * words, "yes", (), annotations=people)


THREE = document("t", [(0, 2)], [(0, 1)], [(0, 3)])
"""Four words, of which the annotators marked the first two, the first, and the first three."""
SCORES = record([0.0] * 6, [0, 0, 0, 0])


def bound(records, documents, rule="majority") -> pd.DataFrame:
    return human_bound(records, documents, "test", rule, bootstrap=0)


def value(frame: pd.DataFrame, metric: str, unit: str = "word", universe: str = "all") -> float:
    rows = frame[(frame["metric"] == metric) & (frame["unit"] == unit)]
    (found,) = rows.loc[rows["universe"] == universe, "value"]
    return float(found)


def test_three_annotators_by_hand() -> None:
    frame = bound([SCORES], [THREE])
    # Majority of two others is both. Left out in turn: the truth is {0}, {0, 1}, {0}.
    assert value(frame, "tpr") == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert value(frame, "fpr") == pytest.approx((1 / 3 + 0 + 2 / 3) / 3)
    assert value(frame, "token_f1") == pytest.approx((2 / 3 + 2 / 3 + 1 / 2) / 3)
    assert value(frame, "ap") == pytest.approx((1 / 2 + (1 / 2 * 1 + 1 / 2 * 2 / 4) + 1 / 3) / 3)
    # The others' shares: (1, 1/2, 1/2, 0), (1, 1, 1/2, 0), (1, 1/2, 0, 0).
    errors = [(1 / 4 + 1 / 4) / 4, (1 + 1 / 4) / 4, (1 / 4 + 1) / 4]
    assert value(frame, "soft_mse") == pytest.approx(np.mean(errors))
    # Sum of shares so far over the rank: 1.5/2 twice, then 2/4; 1, then 2.5/4 for the rest; 1.5/3.
    graded = [(1.5 * 0.75 + 0.5 * 0.5) / 2, (1 + 1.5 * 2.5 / 4) / 2.5, 0.5]
    assert value(frame, "soft_ap") == pytest.approx(np.mean(graded))


def test_the_table_has_its_columns_and_counts() -> None:
    other = document("u", [(0, 1)], [(0, 1)])
    records = [SCORES, replace(SCORES, scorer="top"), replace(SCORES, text_id="u")]
    frame = human_bound(records, [THREE, other], "dev", bootstrap=10)
    assert tuple(frame.columns) == schemas.HUMAN_BOUND.columns
    assert set(frame["split"]) == {"dev"}
    assert set(frame["selection"]) == {"none", "kept"}
    assert set(frame["unit"]) == {"token", "word"}
    assert set(frame["universe"]) == {"with-evidence", "all"}
    assert (frame["n"] == 2).all()
    assert (frame["annotators"] == 5).all()
    assert (frame["ci_low"] <= frame["ci_high"]).all()


def test_people_who_agree_reach_everything() -> None:
    frame = bound([SCORES], [document("t", *[[(1, 3)]] * 3)])
    for metric in ("ap", "auprc", "token_f1", "iou_f1", "soft_ap", "soft_spearman"):
        assert value(frame, metric) == pytest.approx(1), metric
    for metric in ("fpr", "soft_mse", "soft_js"):
        assert value(frame, metric) == pytest.approx(0, abs=1e-8), metric


def test_union_of_the_others() -> None:
    frame = bound([SCORES], [THREE], "union")
    # {0, 1, 2}, {0, 1, 2}, {0, 1}.
    assert value(frame, "tpr") == pytest.approx((2 / 3 + 1 / 3 + 1) / 3)


def test_a_text_is_judged_in_the_windows_that_were_scored() -> None:
    # Word 0 has two tokens; words 2 and 3 were never scored.
    cut = record([0.0] * 5, [0, 0, 0], words=[0, 0, 1])
    frame = bound([cut], [THREE])
    # The first and third mark all three tokens, where the others agree on word 0 alone.
    assert value(frame, "fpr", "token") == pytest.approx(1)
    assert value(frame, "fpr", "word") == pytest.approx(1)
    assert value(frame, "token_precision", "token") == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    windows = [
        record([0.0] * 4, [0, 0], words=[0, 1], window=0),
        record([0.0] * 4, [0, 0], words=[2, 3], window=1),
    ]
    whole = bound(windows, [THREE])
    assert value(whole, "token_f1") == pytest.approx((2 / 3 + 2 / 3 + 1 / 2) / 3)
    # In the second window two agree on nothing, so it holds no evidence.
    assert value(whole, "tpr", universe="with-evidence") == pytest.approx((1 + 1 / 2 + 1) / 3)


def test_ids_with_colons_stay_whole() -> None:
    named = replace(THREE, id="0:a:b")
    (part, *_) = human_values([replace(SCORES, text_id="0:a:b")], [named])
    assert part.text_ids == ("0:a:b",)
    assert part.values.shape == (1, 1, len(MEASURED))


@pytest.mark.parametrize("documents", [[], [document("t", [(0, 1)])], [document("other", [], [])]])
def test_without_two_annotators_there_are_no_rows(documents) -> None:
    frame = bound([SCORES], documents)
    assert frame.empty
    assert tuple(frame.columns) == schemas.HUMAN_BOUND.columns
