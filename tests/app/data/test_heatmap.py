"""One text's heat map as a frame, and ranked words: by hand, equal to the evaluation."""

from dataclasses import replace

import numpy as np
import pytest

from app.data.one_text import heat_frame, ranked_words, sign_of
from tests.helpers.fake_run import all_records
from tests.helpers.heat_record import RECORD
from workbench.core.token_scores import to_frame
from workbench.metrics.plausibility.units import scored_units


def test_words_by_hand() -> None:
    frame = heat_frame(RECORD, "word").set_index(["layer", "written"])
    assert frame["score"].xs(0).to_dict() == {"Wasabi": 0.4, "is": 0.1, "good": 0.4}
    assert frame["rank"].xs(0).to_dict() == {"Wasabi": 1, "is": 3, "good": 1}
    assert frame["state"].to_dict() == {
        (0, "Wasabi"): "scored", (0, "is"): "dropped here", (0, "good"): "scored",
        (1, "Wasabi"): "dropped here", (1, "is"): "dropped", (1, "good"): "scored",
        (2, "Wasabi"): "dropped", (2, "is"): "dropped", (2, "good"): "silent",
    }  # fmt: skip
    assert np.isnan(frame["score"][1, "is"])
    assert np.isnan(frame["rank"][1, "is"])
    assert frame["rationale"].xs(0).to_dict() == {"Wasabi": False, "is": False, "good": True}


@pytest.mark.parametrize("unit", ["token", "word"])
def test_scores_and_marks_are_those_of_the_evaluation(unit) -> None:
    for records in all_records().values():
        for record in records[:4]:
            frame, units = heat_frame(record, unit), scored_units(record, unit)
            shape = units.scores.shape
            np.testing.assert_array_equal(frame["score"].to_numpy().reshape(shape), units.scores)
            marks = frame["rationale"].to_numpy(dtype=bool).reshape(shape)
            np.testing.assert_array_equal(marks[0], units.marks)
            if units.kept is not None:
                gone = frame["state"].isin(["dropped", "dropped here"]).to_numpy().reshape(shape)
                np.testing.assert_array_equal(gone, ~units.kept)


def test_tokens_are_the_rows_of_the_score_table() -> None:
    record = all_records()["cp"][0]
    table = to_frame([record])
    table = table[table["word_index"] >= 0]
    frame = heat_frame(record, "token")
    assert frame["written"].tolist() == table["token"].astype(str).tolist()
    np.testing.assert_array_equal(frame["score"].to_numpy(np.float32), table["score"].to_numpy())


def test_ranked_words_put_what_is_dropped_last() -> None:
    ranked = ranked_words(heat_frame(RECORD, "word"), 1)
    assert ranked["written"].tolist() == ["good", "Wasabi", "is"]
    assert ranked["state"].tolist() == ["scored", "dropped here", "dropped"]


def test_signs() -> None:
    signed = replace(RECORD, scores=-RECORD.scores)
    assert sign_of(signed) == "signed"
    assert sign_of(RECORD) == "never negative"
    assert sign_of(RECORD, "sum over H, absolute") == "never negative"  # The record's own target counts.
    assert sign_of(replace(RECORD, target="sum over H, absolute")) == "absolute values"
    assert sign_of(replace(RECORD, target=""), "sum over H, absolute") == "absolute values"
