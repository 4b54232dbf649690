"""Texts behind a point: their mean is the table's value, the order is worst first, gaps are counted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.data.one_text import against_rationale, ranking_table
from app.data.plausibility import (
    TABLES,
    column,
    extra_table,
    has_text_values,
    layer_values,
    texts_behind,
    without_value,
)
from tests.helpers.fake_run import all_records
from workbench.core.token_scores import TokenScores, to_frame
from workbench.errors import InputError
from workbench.metrics.plausibility.measures import MEASURES
from workbench.metrics.plausibility.table import plausibility
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import read_run_data


def table_of(folder: Path, records: list[TokenScores]) -> ScoreTable:
    to_frame(records).to_parquet(folder / "scores.parquet")
    return ScoreTable(folder / "scores.parquet")


@pytest.mark.parametrize("scorer", ["cp", "saliency"])
def test_the_mean_over_texts_is_the_value_of_the_curve(tmp_path: Path, scorer: str) -> None:
    records = all_records()[scorer]
    # Two windows of one text count as one text.
    records[1] = replace(records[1], text_id=records[0].text_id, window=1)
    values = layer_values(table_of(tmp_path, records), records[0].method, 3)
    tidy = plausibility(records, "test", bootstrap=0).frame
    tidy = tidy[tidy["layer"] == 3].set_index(["unit", "universe", "selection", "metric"])["value"]
    assert set(values) == {(u, v) for u in ("token", "word") for v in ("with-evidence", "all")}
    for (unit, universe), frame in values.items():
        for selection, metric in MEASURES:
            own = frame[column(selection, metric)]
            if (unit, universe, selection, metric) in tidy.index:
                assert own.mean() == pytest.approx(tidy[unit, universe, selection, metric], rel=1e-6)
            else:
                assert own.isna().all()


def test_only_the_texts_of_a_split_and_of_a_model_count(tmp_path: Path) -> None:
    records = all_records()["saliency"]
    table = table_of(tmp_path, records)
    chosen = frozenset({"text-2", "text-5"})
    assert set(layer_values(table, "dense", 0, chosen)["word", "all"]["text_id"]) == chosen
    assert layer_values(table, "top", 0) == {}


VALUES = pd.DataFrame(
    {"text_id": ["a", "b", "c", "d"], "ap": [0.5, 0.1, np.nan, 0.5],
     "fpr (uniform)": [0.2, 0.9, 0.1, 0.3], "tpr (uniform)": 1.0, "selected (uniform)": 0.5}
)  # fmt: skip
PREDICTIONS = pd.DataFrame(
    {"text_id": ["a", "b", "d"], "label": ["x", "y", "x"], "predicted": ["x", "x", "<b>"]}
)


def test_worst_is_lowest_where_higher_is_better_and_highest_where_lower_is() -> None:
    by_ap = texts_behind(VALUES, "none", "ap", PREDICTIONS)
    assert by_ap["text_id"].tolist() == ["b", "a", "d"]
    assert by_ap["value"].tolist() == [0.1, 0.5, 0.5]
    assert by_ap["predicted"].tolist() == ["x", "x", "<b>"]
    by_fpr = texts_behind(VALUES, "uniform", "fpr", None)
    assert by_fpr["text_id"].tolist() == ["b", "d", "a", "c"]
    assert by_fpr["label"].isna().all()
    assert without_value(VALUES, "none", "ap") == 1


def test_corpus_metrics_have_no_texts() -> None:
    assert has_text_values("none", "ap")
    assert not has_text_values("uniform", "iou_f1")
    assert not has_text_values("uniform", "token_micro_f1")


def test_texts_of_one_class_have_no_average_precision(tmp_path: Path) -> None:
    records = all_records()["saliency"][:3]
    none, every = np.full(len(records[0].tokens), False), np.full(len(records[1].tokens), True)
    records = [replace(records[0], rationale=none), replace(records[1], rationale=every), records[2]]
    values = layer_values(table_of(tmp_path, records), "dense", 0)
    assert without_value(values["token", "all"], "none", "ap") == 2
    assert len(values["token", "with-evidence"]) == 2
    assert texts_behind(values["token", "all"], "none", "ap", None)["text_id"].tolist() == ["text-2"]


def test_signed_scores_are_refused_with_the_text(tmp_path: Path) -> None:
    record = all_records()["saliency"][0]
    table = table_of(tmp_path, [replace(record, scores=-record.scores)])
    with pytest.raises(InputError, match="text-0: saliency scores must be finite and not negative"):
        layer_values(table, "dense", 0)


def test_one_text_against_its_rationale() -> None:
    record = all_records()["cp"][2]
    frame = against_rationale(record, "word")
    tidy = plausibility([record], "test", bootstrap=0).frame.query(
        "unit == 'word' and universe == 'all'"
    )
    for name in ("ap", "roc_auc", "r_precision"):
        assert frame[name].tolist() == tidy.loc[tidy["metric"] == name, "value"].tolist()
    kept = tidy[(tidy["metric"] == "fpr") & (tidy["selection"] == "kept")]
    assert frame["fpr (kept)"].tolist() == kept["value"].tolist()
    assert against_rationale(replace(record, rationale=None), "word").empty


def test_ranked_words_say_why_there_is_no_number() -> None:
    frame = pd.DataFrame(
        {"written": ["good", "is", "<b>"], "score": [0.5, np.nan, np.nan],
         "state": ["scored", "dropped", "silent"],
         "rationale": pd.array([True, False, pd.NA], "boolean")}
    )  # fmt: skip
    table = ranking_table({"one": frame, "two": frame.head(1)})
    assert table["one"].tolist() == ["● good  0.5000", "is  dropped", "<b>  no score"]
    assert table["two"].tolist() == ["● good  0.5000", "", ""]
    assert table["rank"].tolist() == [1, 2, 3]


def test_a_table_that_goes_is_none_and_the_others_stay(own_folder: Path) -> None:
    def there() -> set[str]:
        run = read_run_data(own_folder / "tiny")
        return {
            name
            for name in TABLES
            if extra_table(run, name, "test", "token", "with-evidence") is not None
        }

    before = there()
    assert before >= {"plausibility", "plausibility_counts", "comparisons", "chance", "earliest"}
    for path in (own_folder / "tiny" / "metrics").glob("chance.*"):
        path.unlink()
    assert there() == before - {"chance"}
    run = read_run_data(own_folder / "tiny")
    assert extra_table(run, "plausibility", "no split", "token", "all") is None
