"""From records to rows: units, universes, selections, windows, dropped tokens."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from tests.helpers.annotated_scores import corpus, record
from workbench.errors import InputError
from workbench.metrics import schemas
from workbench.metrics.plausibility.chance import random_control
from workbench.metrics.plausibility.paired_tests import compare_scorers
from workbench.metrics.plausibility.table import (
    CORPUS_METRICS,
    count_frame,
    plausibility,
)
from workbench.metrics.plausibility.text_values import text_values
from workbench.metrics.registry import AGREEMENT
from workbench.metrics.stats.resampling import holm

NAN = np.nan


def value(frame: pd.DataFrame, **where: object) -> float:
    rows = frame
    for column, wanted in where.items():
        rows = rows[rows[column] == wanted]
    assert len(rows) == 1, rows
    return float(rows["value"].iloc[0])


TEXT = record(
    [0.9, 0.5, 0.3, 0.2, 0.1, 0.05, 0.9],
    [1, 0, 1, 0, 0],
    words=[0, 0, 1, 2, 3],
    kept=[1, 1, 1, 0, 0, 0, 0],
)
"""Words: (0.5 and 0.3, marked), (0.2, marked), 0.1, 0.05; special tokens score high."""


def test_five_tokens_by_hand() -> None:
    frame = plausibility([TEXT], "test", bootstrap=0).frame
    token = {"unit": "token", "universe": "all", "layer": 0}
    assert value(frame, metric="ap", **token) == pytest.approx((1 + 2 / 3) / 2)
    # Sum 1.15, n 5: level 0.23, so the first two are selected; one of them is unmarked.
    assert value(frame, metric="fpr", selection="uniform", **token) == pytest.approx(1 / 3)
    assert value(frame, metric="tpr", selection="uniform", **token) == pytest.approx(1 / 2)
    assert value(frame, metric="selected", selection="uniform", **token) == pytest.approx(2 / 5)
    assert value(frame, metric="fpr", selection="kept", **token) == pytest.approx(1 / 3)
    assert value(frame, metric="tpr", selection="kept", **token) == pytest.approx(1 / 2)
    assert frame["ci_low"].isna().all()


def test_four_words_by_hand() -> None:
    frame = plausibility([TEXT], "test", bootstrap=0).frame
    word = {"unit": "word", "universe": "all", "layer": 0}
    # Words: 0.5 marked, 0.2 marked, 0.1, 0.05.
    assert value(frame, metric="ap", **word) == 1.0
    # Sum 0.85, n 4: level 0.2125, so only the first word.
    assert value(frame, metric="fpr", selection="uniform", **word) == 0.0
    assert value(frame, metric="tpr", selection="uniform", **word) == 0.5
    assert value(frame, metric="selected", selection="kept", **word) == 0.25


def test_columns_and_selection_names() -> None:
    frame = plausibility([TEXT], "dev", bootstrap=10).frame
    assert tuple(frame.columns) == schemas.PLAUSIBILITY.columns
    assert set(frame["split"]) == {"dev"}
    assert set(frame.loc[frame["metric"] == "ap", "selection"]) == {"none"}
    assert set(frame["metric"]) == {metric.name for metric in AGREEMENT}
    soft = [metric for metric in AGREEMENT if metric.needs == "scores"]
    # Two units, two universes; what needs a selection has two of them.
    assert len(frame) == 2 * 2 * (len(soft) + 2 * (len(AGREEMENT) - len(soft)))
    without = plausibility([record([0, 1, 2, 0], [1, 0])], "dev", bootstrap=0).frame
    assert "kept" not in set(without["selection"])


def test_a_window_without_evidence_has_fpr_but_no_ap() -> None:
    barren = record([0, 1.0, 0.5, 0], [0, 0], text_id="barren")
    result = plausibility([TEXT, barren], "test", bootstrap=0)
    frame = result.frame[result.frame["unit"] == "token"]
    ap, fpr = frame[frame["metric"] == "ap"], frame[frame["metric"] == "fpr"]
    assert ap["n"].tolist() == [1, 1]
    assert fpr.loc[fpr["universe"] == "all", "n"].max() == 2
    assert fpr.loc[fpr["universe"] == "with-evidence", "n"].max() == 1
    counts = result.counts.set_index(["unit", "universe"])
    assert counts.loc[("token", "with-evidence"), ["windows", "windows_dropped"]].tolist() == [1, 1]
    assert counts.loc[("token", "all"), "windows_one_class"] == 1
    assert counts.loc[("token", "all"), "texts_without_ap"] == 1


def test_a_text_is_the_mean_of_its_windows() -> None:
    parts = [
        record([0, 0.9, 0.1, 0], [1, 0], text_id="long", window=0),
        record([0, 0.1, 0.9, 0], [1, 0], text_id="long", window=1),
        record([0, 0.9, 0.1, 0], [1, 0], text_id="short"),
    ]
    frame = plausibility(parts, "test", bootstrap=0).frame
    row = frame[(frame["metric"] == "ap") & (frame["unit"] == "token") & (frame["universe"] == "all")]
    assert row["value"].tolist() == [((1 + 0.5) / 2 + 1) / 2]
    assert row["n"].tolist() == [2]


def test_an_unscored_layer_is_left_out_but_a_dropped_one_counts() -> None:
    scores = [[NAN, NAN, NAN, NAN], [0.5, 0.3, 0.2, 0.1], [NAN, NAN, NAN, NAN]]
    kept = [[1, 1, 1, 1], [1, 1, 1, 1], [1, 0, 0, 0]]
    frame = plausibility([record(scores, [1, 0], kept=kept)], "test", bootstrap=0).frame
    token = frame[(frame["unit"] == "token") & (frame["universe"] == "all")]
    ap = token[token["metric"] == "ap"]
    assert ap["layer"].tolist() == [1, 2]
    assert ap["value"].tolist() == [1.0, 0.5]
    assert token[token["selection"] == "kept"]["layer"].nunique() == 3
    dropped = token[(token["layer"] == 2) & (token["metric"] == "selected")]
    assert dropped["value"].tolist() == [0.0, 0.0]


def test_a_word_lives_while_a_sub_token_does() -> None:
    one = record([0, NAN, 0.4, 0.1, 0], [1, 1, 0], words=[0, 0, 1], kept=[1, 0, 1, 1, 1])
    frame = plausibility([one], "test", bootstrap=0).frame
    word = {"unit": "word", "universe": "all"}
    assert value(frame, metric="ap", **word) == 1.0
    assert value(frame, metric="selected", selection="kept", **word) == 1.0


def test_empty_and_unannotated_input_give_empty_frames() -> None:
    for records in ([], [record([0, 1, 2, 0], None)], [record([1, 1], [])]):
        result = plausibility(records, "test")
        assert tuple(result.frame.columns) == schemas.PLAUSIBILITY.columns
        assert result.frame.empty
        assert tuple(result.counts.columns) == schemas.PLAUSIBILITY_COUNTS.columns
    assert result.counts["windows_unannotated"].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("bad", [-0.1, np.inf])
def test_scores_without_a_uniform_level_are_refused_by_name(bad: float) -> None:
    with pytest.raises(InputError, match="mine: cp scores must be"):
        plausibility([record([0, bad, 1, 0], [1, 0], text_id="mine")], "test")


def test_nan_without_a_dropped_token_is_refused_by_name() -> None:
    broken = record([[0, 1, 2, 0], [0, NAN, 1, 0]], [1, 0], text_id="mine")
    with pytest.raises(InputError, match="mine: cp scores of layer 1 are NaN in part"):
        plausibility([broken], "test")


def test_signed_special_tokens_do_not_matter() -> None:
    signed, plain = (
        plausibility([record([end, 0.2, 1, end], [1, 0])], "test", bootstrap=0).frame for end in (-5, 5)
    )
    pd.testing.assert_frame_equal(signed, plain)
    assert value(signed, metric="ap", unit="token", universe="all") == 0.5


def test_a_window_given_twice_is_refused() -> None:
    with pytest.raises(InputError, match="two records of window 0"):
        plausibility([TEXT, TEXT], "test")


def test_different_depths_are_refused() -> None:
    deep = record([[0, 1, 0, 0], [0, 1, 0, 0]], [1, 0], text_id="deep")
    with pytest.raises(ValueError, match="number of layers"):
        plausibility([TEXT, deep], "test")


def test_mean_ap_equals_scikit_learn() -> None:
    records = corpus(25)
    frame = plausibility(records, "test", bootstrap=0).frame
    for layer in range(3):
        theirs = np.mean(
            [average_precision_score(r.rationale[1:-1], r.scores[layer, 1:-1]) for r in records]
        )
        ours = value(frame, metric="ap", unit="token", universe="all", layer=layer)
        assert ours == pytest.approx(theirs, abs=1e-9)


def test_order_of_records_does_not_matter() -> None:
    records = corpus(12)
    first = plausibility(records, "test", bootstrap=0).frame
    second = plausibility(records[::-1], "test", bootstrap=0).frame
    assert np.allclose(first["value"], second["value"])
    one, other = (random_control(part, "test", bootstrap=0) for part in (records, records[::-1]))
    assert np.allclose(one.result.frame["value"], other.result.frame["value"])


def test_random_control_is_a_floor_with_a_spread() -> None:
    records = corpus(40)
    floor = random_control([*records, *corpus(40, scorer="top")], "test", draws=4, bootstrap=200, seed=3)
    frame, spread = floor.result.frame, floor.spread
    assert set(frame["scorer"]) == {"random"}
    ap = frame[(frame["metric"] == "ap") & (frame["unit"] == "token") & (frame["universe"] == "all")]
    assert ap["n"].tolist() == [40, 40, 40]
    base = np.mean([r.rationale[1:-1].mean() for r in records])
    assert ap["value"].between(base, base + 0.2).all()
    assert (ap["ci_low"] < ap["value"]).all()
    assert (ap["value"] < ap["ci_high"]).all()
    assert len(spread) == len(frame)
    means = ~frame["metric"].isin(CORPUS_METRICS)
    assert np.allclose(spread.loc[means, "mean"], frame.loc[means, "value"])
    assert np.allclose(spread["mean"], frame["value"], atol=0.01)
    assert (spread["sd"] > 0).all()
    assert "kept" not in set(frame["selection"])
    again = random_control(records, "test", draws=4, bootstrap=200, seed=3)
    pd.testing.assert_frame_equal(again.result.frame, frame)
    assert random_control(records, "test", draws=1, bootstrap=0).spread["sd"].isna().all()
    assert random_control([], "test").result.frame.empty
    with pytest.raises(ValueError, match="draws"):
        random_control(records, "test", draws=0)


def test_a_useful_scorer_beats_random_in_pairs() -> None:
    records = corpus(30)
    values, floor = text_values(records), random_control(records, "test", bootstrap=0)
    table = compare_scorers(values, floor.values, "test", resamples=300)
    assert len(table) == 2 * 2 * 3
    assert (table["difference"] > 0.1).all()
    assert (table["ci_low"] > 0).all()
    assert (table["p_holm"] >= table["p"]).all()
    assert set(table["against"]) == {"random"}
    for _, one_table in table.groupby(["unit", "universe"]):
        assert one_table["p_holm"].tolist() == holm(one_table["p"].to_numpy()).tolist()


def test_a_table_of_many_scorers_can_still_reach_significance() -> None:
    records = corpus(40)
    many = [replace(r, scorer=f"scorer-{number}") for number in range(30) for r in records]
    floor = random_control(records, "test", bootstrap=0)
    table = compare_scorers(text_values(many), floor.values, "test", resamples=10)
    assert (table["p_holm"] < 0.05).all()


def test_a_scorer_is_not_compared_with_itself() -> None:
    records = corpus(30)
    values = text_values(records)
    assert compare_scorers(values, values, "test").empty
    assert count_frame(values, "test")["texts"].tolist() == [30] * 4
