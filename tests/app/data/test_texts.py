"""Texts of a run for picking, and one text out of a score table, against the straightforward way."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.data.texts import (
    flow_records,
    in_order,
    matching,
    outcome,
    run_texts,
    scorer_of,
    snippet,
    verdict,
)
from workbench.core.token_scores import TokenScores, to_frame
from workbench.errors import InputError
from workbench.runs.scores import ScoreTable

LAYERS = 3


def record(
    text_id: str, window: int = 0, n: int = 6, seed: int = 0, method: str = "adapler"
) -> TokenScores:
    rng = np.random.default_rng([seed, window])
    kept = np.logical_and.accumulate(rng.random((LAYERS, n)) < 0.8, axis=0)
    kept[:, 0] = True
    scores = rng.random((LAYERS, n)).astype(np.float32)
    scores[1:][~kept[:-1]] = np.nan
    words = np.array([-1, *range(n - 2), -1])
    tokens = ("[CLS]", *(f"w{index}" for index in range(n - 2)), "[SEP]")
    marks = (words >= 0) & (rng.random(n) < 0.5)
    return TokenScores("cp", method, text_id, window, tokens, words, scores, kept, marks)


RECORDS = [
    record("a"), record("b", 0, 8, 1), record("b", 1, 5, 1), record("c", n=5, seed=2),
    record("d", seed=4),
]  # fmt: skip


@pytest.fixture(name="path", params=["one row group", "small row groups", "strings, mixed"])
def score_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    frame = to_frame(RECORDS)
    if request.param == "strings, mixed":
        frame = frame.astype({"text_id": str}).sample(frac=1, random_state=0)
    size = len(frame) if request.param == "one row group" else 10
    path = tmp_path / "cp.parquet"
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, row_group_size=size)
    return path


def test_a_text_comes_out_as_it_went_in(path: Path) -> None:
    table = ScoreTable(path)
    assert set(table.text_ids) == {"a", "b", "c", "d"}
    assert "a" in table
    assert "e" not in table
    for text_id in table.text_ids:
        own = [one for one in RECORDS if one.text_id == text_id]
        for found, one in zip(table.records(text_id), own, strict=True):
            assert found.tokens == one.tokens
            np.testing.assert_array_equal(found.scores, one.scores)
            np.testing.assert_array_equal(found.kept, one.kept)
            np.testing.assert_array_equal(found.rationale, one.rationale)


def test_beginnings_are_first_windows(path: Path) -> None:
    table = ScoreTable(path)
    found = table.beginnings(["b", "gone", "a"])
    assert found == {"a": RECORDS[0].tokens[1:-1], "b": RECORDS[1].tokens[1:-1]}
    assert table.beginnings(["gone"]) == {}
    with pytest.raises(InputError, match="no scores of text 'gone'"):
        table.records("gone")


def test_damaged_tables_are_named(tmp_path: Path) -> None:
    missing, broken, other = (tmp_path / f"{name}.parquet" for name in ("missing", "broken", "other"))
    whole = tmp_path / "whole.parquet"
    to_frame(RECORDS).to_parquet(whole)
    broken.write_bytes(whole.read_bytes()[:-100])
    pd.DataFrame({"text_id": ["a"]}).to_parquet(other)
    with pytest.raises(InputError, match="missing"):
        ScoreTable(missing)
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        ScoreTable(broken)
    with pytest.raises(InputError, match="lacks layer, score, token"):
        ScoreTable(other)


def test_a_table_that_vanishes_while_open(path: Path) -> None:
    table = ScoreTable(path)
    path.unlink()
    with pytest.raises(InputError, match="missing"):
        table.records("a")


def predictions() -> pd.DataFrame:
    rows = [
        ("dense", "a", "pos", "pos", 0.9, [10, 10]), ("dense", "b", "neg", "pos", 0.6, [20, 20]),
        ("dense", "c", "pos", "pos", 0.8, [5, 5]), ("top", "a", "pos", "neg", 0.3, [10, 5]),
        ("top", "b", "neg", "neg", 0.2, [15, 5]), ("top", "c", "pos", "pos", 0.7, [5, 5]),
    ]  # fmt: skip
    names = ["method", "text_id", "label", "predicted", "prob_pos", "tokens"]
    frame = pd.DataFrame(rows, columns=names).assign(split="test")
    return frame.assign(prob_neg=1 - frame["prob_pos"])


def test_texts_by_hand() -> None:
    texts = run_texts(predictions(), "top", "test")
    assert texts["text_id"].tolist() == ["a", "b", "c"]
    assert texts["right"].tolist() == [False, True, True]
    assert texts["tokens"].tolist() == [10, 20, 5]
    assert texts["dropped"].tolist() == [0.25, 0.5, 0.0]
    assert texts["probability"].tolist() == pytest.approx([0.7, 0.8, 0.7])
    with pytest.raises(InputError, match=r"no predictions of 'ltp' on 'test' \(there: dense, top\)"):
        run_texts(predictions(), "ltp", "test")


def test_verdicts_of_classes_and_of_values() -> None:
    texts = run_texts(predictions(), "top", "test").to_dict("records")
    assert [outcome(text) for text in texts] == ["pos, wrong", "neg, right", "pos, right"]
    assert np.isnan([text[name] for text in texts for name in ("value", "error")]).all()
    assert [verdict(text) for text in texts] == [
        "neg 0.700, wrong: label pos",
        "neg 0.800, right",
        "pos 0.700, right",
    ]
    values = predictions().drop(columns=["prob_pos", "prob_neg"])
    values = values.assign(label=[1.0, 2.0, 3.0] * 2, predicted=[1.25, 2.0, 2.5] * 2)
    texts = run_texts(values, "top", "test")
    assert texts["right"].isna().all()
    assert [verdict(text) for text in texts.to_dict("records")][:2] == ["1.25, label 1", "2, label 2"]
    assert matching(texts, {"right": True}).empty
    assert next(outcome(text) for text in texts.to_dict("records")) == "1, predicted 1.25"
    assert texts["error"].tolist() == [0.25, 0.0, 0.5]
    assert matching(texts, {}, {"value": (1.5, 3.0)})["text_id"].tolist() == ["b", "c"]
    assert in_order(texts, "largest error")["text_id"].tolist() == ["c", "a", "b"]


def test_filters_and_orders_by_hand() -> None:
    texts = run_texts(predictions(), "top", "test")

    def picked(order: str = "as in the run", between=None, **equal) -> list[str]:
        return in_order(matching(texts, equal, between), order)["text_id"].tolist()

    assert picked() == picked(label=None, between={"tokens": None}) == ["a", "b", "c"]
    assert picked(label="pos") == ["a", "c"]
    assert picked(right=False) == ["a"]
    assert picked(right=True, order="longest") == ["b", "c"]
    assert picked(between={"tokens": (5, 10)}) == ["a", "c"]
    assert picked(order="most dropped") == ["b", "a", "c"]
    texts["agreement"] = [0.5, np.nan, 0.2]
    assert picked(order="lowest agreement") == ["c", "a", "b"]
    assert picked(order="highest agreement") == ["a", "c", "b"]
    assert picked(between={"agreement": (0.0, 0.4)}) == ["c"]


def test_which_scorer_shows_a_flow(tmp_path: Path) -> None:
    assert scorer_of("adapler", ["saliency", "cp"]) == "cp"
    assert scorer_of("ltp", ["ltp"]) == "ltp"
    assert scorer_of("dense", ["cp", "attention", "saliency"]) == "saliency"
    assert scorer_of("distilbert", ["cp"]) is None
    to_frame(RECORDS).to_parquet(tmp_path / "cp.parquet")
    tables = {"cp": ScoreTable(tmp_path / "cp.parquet")}
    assert [one.window for one in flow_records(tables, "adapler", "b")] == [0, 1]
    with pytest.raises(InputError, match="no token scores of 'distilbert'"):
        flow_records(tables, "distilbert", "a")


def test_snippets_join_sub_words() -> None:
    assert snippet(("a", "grip", "##ping", "film")) == "a gripping film"
    assert snippet(("x" * 100,), 10) == "x" * 9 + "…"
