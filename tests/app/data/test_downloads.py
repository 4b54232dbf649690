"""What is on screen as files."""

import io
from html.parser import HTMLParser

import pandas as pd
import pytest
from matplotlib.image import imread

from app.data import downloads
from app.data.corpus import histogram
from app.data.downloads import View
from app.figures.charts import histogram_chart
from app.figures.drawing import in_print
from workbench.storage.spreadsheets import undone

HOSTILE = "<script>alert(1)</script> $x$ & 50% [a](b)"
FRAME = pd.DataFrame({"name": [HOSTILE, "=1+1"], "value": [1 / 3, float("nan")], "n": [10, 2000]})
BINS = histogram(pd.DataFrame({"split": [HOSTILE, "test"], "words": [1, 5]}), "words", 5)
PICTURE = View("lengths", HOSTILE, BINS, figure=histogram_chart(BINS, HOSTILE))


class Tags(HTMLParser):
    """Opening tags with their attributes, and the text that is no script."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.seen and self.seen[-1][0] not in ("script", "style"):
            self.text += data


def test_csv_has_the_full_numbers() -> None:
    written = io.StringIO(downloads.csv(View("x", "", FRAME)))
    pd.testing.assert_frame_equal(undone(pd.read_csv(written)), FRAME)


def test_latex_is_escaped_and_rounded() -> None:
    table = downloads.latex(View("x", HOSTILE, FRAME))
    assert r"{@{}lrr@{}}" in table
    assert r"0.3333 & 10 \\" in table
    assert r"– & 2000" in table.replace("--", "–")
    assert r"\textless{}script\textgreater{}" in table
    assert "<script>" not in table


def test_words_that_stand_on_screen_are_those_in_latex() -> None:
    words = FRAME.assign(value=["a third", "none"])
    assert "a third" in downloads.latex(View("x", "", FRAME, words))


def test_pictures_are_pictures_and_equal_ones_equal() -> None:
    inches = in_print(PICTURE.figure).get_size_inches()
    shape = imread(io.BytesIO(downloads.picture(PICTURE, "png"))).shape
    assert shape[:2] == pytest.approx(150 * inches[::-1], abs=1)
    svg = downloads.picture(PICTURE, "svg")
    assert b"<svg" in svg
    assert b"<script" not in svg
    assert svg == downloads.picture(PICTURE, "svg")


def test_the_page_loads_nothing_and_shows_texts_as_texts() -> None:
    tags = Tags()
    tags.feed(downloads.page(HOSTILE, [View("table", HOSTILE, FRAME), PICTURE]))
    assert not any(set(attributes) & {"src", "href", "onerror"} for _, attributes in tags.seen)
    assert tags.text.count(HOSTILE) >= 3
    # One copy of Plotly, one figure; no script of ours or theirs.
    scripts = [attributes for tag, attributes in tags.seen if tag == "script"]
    assert len(scripts) <= 4
