"""One description, four writers: marks, and text that means something in HTML or Markdown."""

from pathlib import Path

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.seen_html import Seen
from workbench.reporting.tables.table import Table, ranks
from workbench.reporting.text.render import markdown_line

SHOWN = pd.DataFrame({"method": ["a|b", "<i>c</i>", "d"], "acc": ["80.0", "79.0", "–"]})
TABLE = Table(
    "small",
    "Accuracy, 100 % & more.",
    pd.DataFrame({"method": ["a|b", "<i>c</i>", "d"], "acc": [0.8, 0.79, None]}),
    SHOWN,
    ("method",),
    pd.DataFrame({"acc": ["best", "second", ""]}),
)
MARKDOWN = """\
Accuracy, 100 % &amp; more.

| method | acc |
| --- | --- |
| a\\|b | **80.0** |
| &lt;i>c&lt;/i> | <u>79.0</u> |
| d | – |
"""
HTML = """\
<table>
<caption>Accuracy, 100 % &amp; more.</caption>
<thead><tr><th scope="col" class="text">method</th><th scope="col">acc</th></tr></thead>
<tbody>
<tr><td class="text">a|b</td><td><b>80.0</b></td></tr>
<tr><td class="text">&lt;i&gt;c&lt;/i&gt;</td><td><u>79.0</u></td></tr>
<tr><td class="text">d</td><td>–</td></tr>
</tbody></table>
"""
LATEX_ROWS = r"""
a\textbar{}b & \textbf{80.0} \\
\textless{}i\textgreater{}c\textless{}/i\textgreater{} & \underline{79.0} \\
d & -- \\
"""


def test_golden_files(tmp_path: Path) -> None:
    csv, tex = TABLE.write(tmp_path)
    assert csv.read_text(encoding="utf-8") == "method,acc\na|b,0.8\n<i>c</i>,0.79\nd,\n"
    assert LATEX_ROWS in tex.read_text(encoding="utf-8")
    assert csv.with_suffix(".md").read_text(encoding="utf-8") == MARKDOWN
    assert csv.with_suffix(".html").read_text(encoding="utf-8") == HTML


def test_ranks_follow_the_direction_and_what_is_printed() -> None:
    nan = float("nan")
    assert ranks([0.81, 0.8, 0.9], ["81", "80", "90"], higher=True) == ["second", "", "best"]
    assert ranks([0.81, 0.8, 0.9], ["81", "80", "90"], higher=False) == ["second", "best", ""]
    assert ranks([0.801, 0.799, nan], ["80", "80", "–"], higher=True) == ["", "", ""]
    assert ranks([0.801, 0.799, 0.7], ["80", "80", "70"], higher=True) == ["best", "best", "second"]
    assert ranks([0.8], ["80"], higher=True) == [""]


@given(st.lists(st.floats(allow_infinity=False), max_size=8))
def test_best_is_the_largest_and_second_the_next(values: list[float]) -> None:
    marks = ranks(values, values, higher=True)
    distinct = sorted({value for value in values if value == value}, reverse=True)
    for value, mark in zip(values, marks, strict=True):
        place = distinct.index(value) if value == value else 2
        assert mark == (("best", "second", "")[min(place, 2)] if len(distinct) > 1 else "")


@given(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=30))
def test_no_text_becomes_a_tag_or_a_cell(text: str) -> None:
    shown = pd.DataFrame({"a": [text]})
    table = Table("t", "", shown, shown, ())
    read = Seen()
    read.feed(str(table.html()))
    read.close()
    assert read.tags == ["table", "caption", "thead", "tr", "th", "tbody", "tr", "td"]
    assert text in read.text
    line = table.markdown().splitlines()[-1]
    assert line == f"| {markdown_line(text)} |"
    assert line.replace("\\\\", "").replace("\\|", "").count("|") == 2
