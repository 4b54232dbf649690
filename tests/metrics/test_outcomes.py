"""Texts that flipped, and what was dropped in them, by hand."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.score_frames import grid, one, record
from workbench.errors import InputError
from workbench.metrics import schemas
from workbench.metrics.outcomes import (
    OUTCOMES,
    dropped_by_outcome,
    flipped_words,
    outcomes,
    rated_words,
)  # fmt: skip

TOKENS, WORDS = ("[CLS]", "dis", "##like", "it", "[SEP]"), [-1, 0, 0, 1, -1]
LATE = [[True] * 5, [True, True, False, True, False], [True, False, False, True, False]]
NEVER = [[True] * 5] * 3


def predictions() -> pd.DataFrame:
    rows = [
        ("dense", "a", "pos", "pos"), ("dense", "b", "pos", "pos"), ("dense", "c", "pos", "neg"),
        ("dense", "d", "pos", "neg"), ("dense", "e", "pos", "pos"),
        ("top", "a", "pos", "pos"), ("top", "b", "pos", "neg"), ("top", "c", "pos", "pos"),
        ("top", "d", "pos", "neg"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["method", "text_id", "label", "predicted"])


def made(**kept: list[list[bool]]):
    return grid(
        *(
            record(
                [[1.0] * 5] * 3, tokens=TOKENS, words=WORDS, text_id=text_id, method="top", kept=rows,
                marks=[False, True, True, False, False],
            )
            for text_id, rows in kept.items()
        )
    )  # fmt: skip


def rate(word: str) -> float:
    return {"dislike": -1.6}.get(word, 0.0)


def test_outcomes_by_hand() -> None:
    found = outcomes(predictions(), "top")
    assert found["outcome"].to_dict() == dict(zip("abcd", OUTCOMES, strict=True))
    assert found.loc["b", ["label", "reference", "predicted"]].tolist() == ["pos", "pos", "neg"]
    with pytest.raises(InputError, match="'adapler'"):
        outcomes(predictions(), "adapler")


def test_dropped_and_layers_by_hand() -> None:
    own = made(a=NEVER, b=LATE)
    groups = {"all": own.inside, "rationale": own.marks}
    frame = dropped_by_outcome(own, {"a": "right in both", "b": "lost"}, "test", groups=groups)
    assert one(frame, outcome="lost", tokens="all", measure="dropped")["value"] == pytest.approx(2 / 3)
    assert one(frame, outcome="lost", tokens="rationale", measure="dropped")["value"] == 1
    # dis: 2 of 3 layers, ##like: 1 of 3, it: all.
    assert one(frame, outcome="lost", tokens="all", measure="layers")["value"] == pytest.approx(2 / 3)
    assert one(frame, outcome="lost", tokens="rationale", measure="layers")["value"] == 0.5
    right = frame[frame["outcome"] == "right in both"]
    assert right.loc[right["measure"] == "dropped", "value"].tolist() == [0, 0]


def test_texts_without_a_token_of_the_group_have_no_value() -> None:
    own = made(a=NEVER, b=LATE)
    none = {"valence": np.zeros(own.tokens.shape, dtype=bool)}
    assert dropped_by_outcome(own, {"a": "lost", "b": "lost"}, "test", groups=none).empty


def test_words_are_rated_whole() -> None:
    ratings = rated_words(made(a=NEVER), rate)
    assert ratings[0].tolist() == [0, -1.6, -1.6, 0, 0]


def test_flipped_words_by_hand() -> None:
    frame = flipped_words(made(a=NEVER, b=LATE), outcomes(predictions(), "top"), rate)
    assert tuple(frame.columns) == schemas.FLIPPED_WORDS.columns
    assert frame["text_id"].tolist() == ["b", "b"]
    assert frame["word"].tolist() == ["dislike", "it"]
    # The word lives as long as one of its sub-words.
    assert frame["left_layer"].tolist() == [2, pd.NA]
    assert frame["rationale"].tolist() == [True, False]
    assert frame["rating"].tolist() == [-1.6, 0.0]
    assert flipped_words(made(b=LATE), outcomes(predictions(), "top"), None)["rating"].isna().all()


def test_a_model_that_drops_nothing_is_refused() -> None:
    own = grid(record([[1.0] * 5], tokens=TOKENS, words=WORDS))
    with pytest.raises(InputError, match="kept"):
        dropped_by_outcome(own, {}, "test", groups={})
    with pytest.raises(InputError, match="kept"):
        flipped_words(own, outcomes(predictions(), "top"), rate)
