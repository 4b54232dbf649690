"""Heat maps on the screen and in print: by hand, hostile and long texts, files that are pictures."""

import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from app.data.downloads import View, picture
from app.data.one_text import heat_frame, sign_of
from app.figures.drawing import in_print, on_screen
from app.figures.heatmap import heat_map, shares
from tests.helpers.fake_run import SCRIPT, all_records
from tests.helpers.heat_record import RECORD
from workbench.core.token_scores import TokenScores
from workbench.reporting.figures.style import SCALES

SIGNED = replace(RECORD, scores=RECORD.scores * [[1, -1, -1, 1, 1, 1]])


def cells(figure) -> list[np.ndarray]:
    """(layers, n) of each line of the text, NaN where the cell is blank."""
    meshes = [ax.collections[0] for ax in figure.axes[:-1]]
    return [mesh.get_array().filled(np.nan) for mesh in meshes]


def test_shares_by_hand() -> None:
    frame = heat_frame(RECORD, "word")
    found = shares(frame, [0, 1], per_layer=True).to_numpy()
    np.testing.assert_allclose(found, [[1, 0.25, 1], [0.6, np.nan, 1]])
    # The largest size of the whole map, 0.5, is in layer 1.
    found = shares(frame, [0, 1], per_layer=False).to_numpy()
    np.testing.assert_allclose(found, [[0.8, 0.2, 0.8], [0.6, np.nan, 1]])


@pytest.mark.parametrize("record", [RECORD, SIGNED, all_records()["top"][3]])
@pytest.mark.parametrize("how", [{}, {"layers": [1], "per_layer": False, "line": 2}])
def test_cells_are_shares_of_the_largest_size(record, how) -> None:
    frame = heat_frame(record, "word")
    lines = cells(in_print(heat_map(frame, sign=sign_of(record), **how)))
    layers = how.get("layers", range(record.layers))
    kept = frame[frame["layer"].isin(layers)]
    tops = kept["score"].abs().groupby(kept["layer"]).transform("max")
    if how:
        tops = tops * 0 + kept["score"].abs().max()
    wanted = (kept["score"] / tops.where(tops > 0, 1)).to_numpy().reshape(len(layers), -1)
    np.testing.assert_allclose(np.hstack(lines), wanted)


def test_words_marks_and_rationale_are_drawn() -> None:
    ax, bar = in_print(heat_map(heat_frame(RECORD, "word"), sign="never negative")).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Wasabi", "is", "good"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "1", "2"]
    here, before, undefined = ({tuple(point) for point in line.get_xydata()} for line in ax.get_lines())
    assert (here, undefined) == ({(1, 0), (0, 1)}, {(2, 2)})
    assert before == {(1, 1), (0, 2), (1, 2)}
    (outline,) = ax.patches
    assert (outline.get_x(), outline.get_width()) == (1.5, 1)
    assert bar.get_xlabel() == "score, never negative; max: its layer's largest size"


def test_a_signed_map_has_a_middle() -> None:
    figure = in_print(heat_map(heat_frame(SIGNED, "token"), sign="signed"))
    mesh = figure.axes[0].collections[0]
    assert mesh.get_clim() == (-1, 1)
    low, middle, high = SCALES[True, False]
    for value, colour in ((-1.0, low), (0.0, middle), (1.0, high)):
        assert mesh.to_rgba(value)[:3] == pytest.approx(to_rgb(colour), abs=0.01)
    assert [tick.get_text() for tick in figure.axes[-1].get_xticklabels()] == ["−max", "0", "max"]


def test_texts_are_text_and_an_empty_map_is_drawn() -> None:
    tokens = ("[CLS]", "$x_1$", SCRIPT, "飯", "_dull", "[SEP]")
    record = replace(RECORD, tokens=tokens, word_index=np.array([-1, 0, 1, 2, 3, -1]))
    frame = heat_frame(record, "word")
    data = picture(View("x", "", frame, figure=heat_map(frame, sign="never negative")), "svg")
    assert b"<script" not in data
    special = heat_frame(replace(RECORD, word_index=np.full(6, -1)), "word")
    assert special.empty
    assert not in_print(heat_map(special, sign="never negative")).axes[0].collections


@pytest.mark.parametrize("n", [4, 150])
def test_pictures_of_a_map_are_png_and_svg(n: int) -> None:
    scores = np.random.default_rng(0).random((3, n))
    record = replace(
        RECORD, tokens=("word",) * n, word_index=np.arange(n), scores=scores, kept=None,
        rationale=np.arange(n) % 5 == 0,
    )  # fmt: skip
    frame = heat_frame(record, "word")
    view = View("heat", "", frame, figure=heat_map(frame, sign="never negative"))
    png = picture(view, "png")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    height, width, _ = imread(io.BytesIO(png)).shape
    assert width == 1050
    assert height > 100 * -(-n // 30)
    svg = ElementTree.fromstring(picture(view, "svg"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert pd.to_numeric(svg.get("width").removesuffix("pt")) == pytest.approx(504)


def heat_cells(figure) -> list[list[float]]:
    return [
        np.asarray(trace.z, dtype=float).tolist() for trace in figure.data if trace.type == "heatmap"
    ]


def test_dropped_cells_have_no_colour_but_a_cross() -> None:
    figure = on_screen(heat_map(heat_frame(RECORD, "word"), sign="never negative"))
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
    figure = on_screen(heat_map(heat_frame(signed, "token"), sign=sign_of(signed), per_layer=False))
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1, 1)
    assert "signed" in figure.layout.annotations[-1].text
    # The largest size, 0.5 in layer 1, has the full colour in the whole map.
    assert heat_cells(figure)[0][0][1] == pytest.approx(-0.8)


def test_layers_can_be_chosen_and_lines_broken() -> None:
    figure = on_screen(
        heat_map(heat_frame(RECORD, "token"), sign="never negative", layers=[1, 0], line=3)
    )
    first, second = heat_cells(figure)
    assert (np.shape(first), np.shape(second)) == ((2, 3), (2, 1))
    assert figure.layout.yaxis.ticktext == ("0", "1")


@settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_any_token_is_shown_as_text(token) -> None:
    record = replace(RECORD, tokens=("[CLS]", token, SCRIPT, "[a](b)", "x" * 10_000, "[SEP]"),
                     word_index=np.array([-1, 0, 1, 2, 3, -1]))  # fmt: skip
    figure = on_screen(heat_map(heat_frame(record, "word"), sign="never negative"))
    labels = figure.layout.xaxis.ticktext
    assert not any("<" in label for label in labels)
    assert all(len(label) < 100 for label in labels)
    hovers = [text for row in figure.data[0].text for text in row]
    assert not any("<script" in text for text in hovers)


def test_without_annotation_nothing_is_outlined() -> None:
    frame = heat_frame(replace(RECORD, rationale=None), "word")
    assert frame["rationale"].isna().all()
    assert not on_screen(heat_map(frame, sign="never negative")).layout.shapes


def test_special_tokens_alone_are_an_empty_map() -> None:
    record = TokenScores(
        "cp", "adapler", "t", 0, ("[CLS]", "[SEP]"), np.array([-1, -1]), np.ones((2, 2))
    )
    frame = heat_frame(record, "word")
    assert frame.empty
    assert pd.isna(frame["score"].max())
    on_screen(heat_map(frame, sign="never negative"))
