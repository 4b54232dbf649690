"""The one result type and its table."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.core.token_scores import COLUMNS, TokenScores, from_frame, to_frame


def record(n: int = 4, layers: int = 2, **more) -> TokenScores:
    rng = np.random.default_rng(n)
    values = {
        "scorer": "cp", "method": "adapler", "text_id": f"text-{n}", "window": 0,
        "tokens": ("[CLS]", *(f"w{i}" for i in range(n - 2)), "[SEP]"),
        "word_index": np.array([-1, *range(n - 2), -1]),
        "scores": rng.random((layers, n)).astype(np.float32),
        "kept": rng.random((layers, n)) < 0.5,
        "rationale": rng.random(n) < 0.5,
    }  # fmt: skip
    return TokenScores(**values | more)


def check_equal(first: TokenScores, second: TokenScores) -> None:
    for name in ("scorer", "method", "text_id", "window", "tokens"):
        assert getattr(first, name) == getattr(second, name)
    assert second.scores.dtype == np.float32
    np.testing.assert_array_equal(first.scores, second.scores)
    np.testing.assert_array_equal(first.word_index, second.word_index)
    for name, kind in (("kept", bool), ("rationale", bool), ("shares", np.float32)):
        one, other = getattr(first, name), getattr(second, name)
        assert (one is None) == (other is None)
        if one is not None:
            assert other.dtype == kind
            np.testing.assert_array_equal(one, other)


MANY = [
    record(4),
    record(7, layers=3, kept=None, scorer="saliency", method="dense"),
    record(5, rationale=None),
    record(6, window=1, text_id="text-4"),
    record(8, shares=np.array([0, 1, 2 / 3, 1 / 3, 0, 0, 1, 0], dtype=np.float32)),
    record(2, kept=None, rationale=None),
]


@pytest.mark.parametrize("one", MANY)
def test_round_trip_of_one(one: TokenScores) -> None:
    (back,) = from_frame(to_frame([one]))
    check_equal(one, back)


def test_round_trip_of_many_keeps_their_order() -> None:
    back = from_frame(to_frame(MANY))
    assert len(back) == len(MANY)
    for one, other in zip(MANY, back, strict=True):
        check_equal(one, other)


def test_round_trip_through_parquet_and_shuffled_rows(tmp_path) -> None:
    to_frame(MANY).sample(frac=1, random_state=0).to_parquet(tmp_path / "a.parquet")
    back = {
        (r.scorer, r.text_id, r.window): r for r in from_frame(pd.read_parquet(tmp_path / "a.parquet"))
    }
    for one in MANY:
        check_equal(one, back[one.scorer, one.text_id, one.window])


def test_nan_scores_survive() -> None:
    one = record(4)
    one.scores[1, 2] = np.nan
    (back,) = from_frame(to_frame([one]))
    assert np.argwhere(np.isnan(back.scores)).tolist() == [[1, 2]]


def test_the_table_has_a_row_per_layer_and_token() -> None:
    one = record(4)
    frame = to_frame([one])
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 8
    row = frame[(frame["layer"] == 1) & (frame["token_index"] == 2)].iloc[0]
    assert row["token"] == "w1"
    assert row["word_index"] == 1
    assert row["score"] == one.scores[1, 2]
    assert row["kept"] == one.kept[1, 2]
    assert row["rationale"] == one.rationale[2]


def test_what_is_unknown_is_null() -> None:
    frame = to_frame([record(4, kept=None, rationale=None), record(5)])
    assert frame[frame["text_id"] == "text-4"][["kept", "rationale"]].isna().all(axis=None)
    assert not frame[frame["text_id"] == "text-5"][["kept", "rationale"]].isna().any(axis=None)


def test_tables_of_earlier_versions_have_no_shares() -> None:
    back = from_frame(to_frame(MANY).drop(columns="share"))
    assert len(back) == len(MANY)
    for one, other in zip(MANY, back, strict=True):
        check_equal(replace(one, shares=None), other)


def test_no_records_make_an_empty_table() -> None:
    frame = to_frame([])
    assert tuple(frame.columns) == COLUMNS
    assert from_frame(frame) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": np.zeros((2, 5))}, "do not fit 4 tokens"),
        ({"scores": np.zeros(4)}, "do not fit 4 tokens"),
        ({"word_index": np.zeros(3)}, "do not fit 4 tokens"),
        ({"kept": np.zeros((1, 4), dtype=bool)}, "kept"),
        ({"rationale": np.zeros(5, dtype=bool)}, "rationale"),
        ({"shares": np.zeros(5)}, "shares"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_the_text(change, message: str) -> None:
    with pytest.raises(ValueError, match=f"text-4: .*{message}"):
        replace(record(4), **change)


def test_layers_are_counted() -> None:
    assert record(4, layers=3).layers == 3
