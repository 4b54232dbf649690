"""Tables as GitHub shows them."""

import re
from collections.abc import Iterable, Sequence

import pandas as pd

_EMPHASIS = {"best": "**%s**", "second": "<u>%s</u>"}
_SPECIAL = re.compile(r"[\\|*`]|(?<=\])\(")


def markdown(frame: pd.DataFrame) -> str:
    """`frame`, formatted already, as a Markdown table."""
    rows = [[(str(value), "") for value in row] for row in frame.itertuples(index=False)]
    return markdown_table([str(name) for name in frame.columns], rows)


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[tuple[str, str]]]) -> str:
    """A Markdown table; a cell is its text and "", "best" (bold) or "second" (underlined)."""
    lines = [[cell(name) for name in headings], ["---"] * len(headings)]
    lines += [[_EMPHASIS.get(mark, "%s") % cell(text) for text, mark in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(value: object) -> str:
    """A value as one line of text, shown as it stands: no cell's end, no HTML, no emphasis, no link."""
    text = " ".join(str(value).split()).replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(lambda found: "\\" + found[0], text)
