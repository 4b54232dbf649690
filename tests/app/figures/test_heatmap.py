"""One text's heat map and ranked words: by hand, equal to the evaluation, hostile and long texts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.figures.heatmap import draw_heat, heat_frame, ranked_words, sign_of
from tests.helpers.fake_run import SCRIPT, all_records
from workbench.core.token_scores import TokenScores, to_frame
from workbench.metrics.plausibility.units import scored_units

NAN = float("nan")
RECORD = TokenScores(
    "cp", "adapler", "t", 0, ("[CLS]", "Wa", "##sabi", "is", "good", "[SEP]"),
    np.array([-1, 0, 0, 1, 2, -1]),
    np.array([[0.1, 0.2, 0.4, 0.1, 0.4, 0.1], [0.1, NAN, 0.3, NAN, 0.5, 0.1], [NAN] * 6]),
    np.array([[1, 0, 1, 0, 1, 1], [1, 0, 0, 0, 1, 1], [1, 0, 0, 0, 1, 1]], dtype=bool),
    np.array([0, 0, 0, 0, 1, 0], dtype=bool),
    "shares",
)  # fmt: skip
"""The last layer is silent about the token that is left."""


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


def heat_cells(figure) -> list[list[float]]:
    return [
        np.asarray(trace.z, dtype=float).tolist() for trace in figure.data if trace.type == "heatmap"
    ]


def test_dropped_cells_have_no_colour_but_a_cross() -> None:
    figure = draw_heat(heat_frame(RECORD, "word"), sign="never negative")
    (cells,) = heat_cells(figure)
    assert cells[0] == [1.0, 0.25, 1.0]
    assert cells[1][0] == 0.6
    assert np.isnan(cells[1][1])
    marked = {trace.marker.symbol: list(zip(trace.x, trace.y, strict=True)) for trace in figure.data[2:]}
    assert marked["x-thin"] == [(1, 1), (0, 2), (1, 2)]
    assert marked["line-ew"] == [(2, 2)]
    (outline,) = figure.layout.shapes
    assert (outline.x0, outline.x1) == (1.5, 2.5)


def test_legend_says_signed_and_the_scale_is_symmetric() -> None:
    signed = replace(RECORD, scores=RECORD.scores * [[1, -1, -1, 1, 1, 1]])
    figure = draw_heat(heat_frame(signed, "token"), sign=sign_of(signed), per_layer=False)
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1, 1)
    assert "signed" in figure.layout.annotations[-1].text
    # The largest size, 0.5 in layer 1, has the full colour in the whole map.
    assert heat_cells(figure)[0][0][1] == pytest.approx(-0.8)


def test_layers_can_be_chosen_and_lines_broken() -> None:
    figure = draw_heat(heat_frame(RECORD, "token"), sign="never negative", layers=[1, 0], line=3)
    first, second = heat_cells(figure)
    assert (np.shape(first), np.shape(second)) == ((2, 3), (2, 1))
    assert figure.layout.yaxis.ticktext == ("0", "1")


@settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_any_token_is_shown_as_text(token) -> None:
    record = replace(RECORD, tokens=("[CLS]", token, SCRIPT, "[a](b)", "x" * 10_000, "[SEP]"),
                     word_index=np.array([-1, 0, 1, 2, 3, -1]))  # fmt: skip
    figure = draw_heat(heat_frame(record, "word"), sign="never negative")
    labels = figure.layout.xaxis.ticktext
    assert not any("<" in label for label in labels)
    assert all(len(label) < 100 for label in labels)
    hovers = [text for row in figure.data[0].text for text in row]
    assert not any("<script" in text for text in hovers)


def test_without_annotation_nothing_is_outlined() -> None:
    frame = heat_frame(replace(RECORD, rationale=None), "word")
    assert frame["rationale"].isna().all()
    assert not draw_heat(frame, sign="never negative").layout.shapes


def test_special_tokens_alone_are_an_empty_map() -> None:
    record = TokenScores(
        "cp", "adapler", "t", 0, ("[CLS]", "[SEP]"), np.array([-1, -1]), np.ones((2, 2))
    )
    frame = heat_frame(record, "word")
    assert frame.empty
    assert pd.isna(frame["score"].max())
    draw_heat(frame, sign="never negative")
