"""Printed heat maps and matrices: the numbers of the screen's, files that are pictures."""

import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from app.figures.pairs import pair_frame
from matplotlib.colors import to_rgb
from matplotlib.image import imread
from workbench.reporting.figures.heatmap import draw_heat, draw_pairs, pair_matrix, shares

from app.data.downloads import View, picture
from app.figures.heatmap import draw_heat as screen_heat
from app.figures.heatmap import heat_frame, sign_of
from tests.app.figures.test_heatmap import RECORD, heat_cells
from tests.helpers.fake_run import SCRIPT, all_records
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
def test_print_and_screen_have_the_same_cells(record, how) -> None:
    frame, sign = heat_frame(record, "word"), sign_of(record)
    printed, screen = draw_heat(frame, sign=sign, **how), screen_heat(frame, sign=sign, **how)
    lines = cells(printed)
    for ours, theirs in zip(lines, heat_cells(screen), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    layers = how.get("layers", range(record.layers))
    kept = frame[frame["layer"].isin(layers)]
    tops = kept["score"].abs().groupby(kept["layer"]).transform("max")
    if how:
        tops = tops * 0 + kept["score"].abs().max()
    wanted = (kept["score"] / tops.where(tops > 0, 1)).to_numpy().reshape(len(layers), -1)
    np.testing.assert_allclose(np.hstack(lines), wanted)


def test_words_marks_and_rationale_are_drawn() -> None:
    ax, bar = draw_heat(heat_frame(RECORD, "word"), sign="never negative").axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Wasabi", "is", "good"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "1", "2"]
    here, before, silent = ({tuple(point) for point in line.get_xydata()} for line in ax.get_lines())
    assert (here, silent) == ({(1, 0), (0, 1)}, {(2, 2)})
    assert before == {(1, 1), (0, 2), (1, 2)}
    (outline,) = ax.patches
    assert (outline.get_x(), outline.get_width()) == (1.5, 1)
    assert bar.get_xlabel() == "score, never negative; max: its layer's largest size"


def test_a_signed_map_has_a_middle() -> None:
    figure = draw_heat(heat_frame(SIGNED, "token"), sign="signed")
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
    data = picture(View("x", "", frame, printed=lambda: draw_heat(frame, sign="never negative")), "svg")
    assert b"<script" not in data
    special = heat_frame(replace(RECORD, word_index=np.full(6, -1)), "word")
    assert special.empty
    assert not draw_heat(special, sign="never negative").axes[0].collections


def test_a_matrix_has_the_values_of_its_frame() -> None:
    made = all_records()
    records = [made[name][3] for name in ("cp", "top", "saliency")]
    # ToP says nothing about layer 0.
    frame = pair_frame(records, 0, "token", "kendall")
    who = [(record.scorer, record.method) for record in records]
    ax = draw_pairs(frame, who, "kendall").axes[0]
    names, values, texts = pair_matrix(frame, who)
    drawn = ax.collections[0].get_array().filled(np.nan)
    np.testing.assert_array_equal(drawn, values)
    assert drawn[0, 2] == drawn[2, 0] == frame["value"].item()
    assert np.isnan(drawn).sum() == 7
    assert [text.get_text() for text in ax.texts] == [text for row in texts for text in row]
    assert [label.get_text() for label in ax.get_yticklabels()] == names


@pytest.mark.parametrize("n", [4, 150])
def test_pictures_of_a_map_are_png_and_svg(n: int) -> None:
    scores = np.random.default_rng(0).random((3, n))
    record = replace(
        RECORD, tokens=("word",) * n, word_index=np.arange(n), scores=scores, kept=None,
        rationale=np.arange(n) % 5 == 0,
    )  # fmt: skip
    frame = heat_frame(record, "word")
    view = View("heat", "", frame, printed=lambda: draw_heat(frame, sign="never negative"))
    png = picture(view, "png")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    height, width, _ = imread(io.BytesIO(png)).shape
    assert width == 1050
    assert height > 100 * -(-n // 30)
    svg = ElementTree.fromstring(picture(view, "svg"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert pd.to_numeric(svg.get("width").removesuffix("pt")) == pytest.approx(504)
