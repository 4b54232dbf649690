"""A table of a report: numbers for CSV, the same numbers in words for LaTeX, Markdown and HTML."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from workbench.reporting.tables.latex import latex_table
from workbench.reporting.text.render import markdown_line, render
from workbench.storage.atomic import write_text
from workbench.storage.spreadsheets import csv_text

_HTML_TAGS = {"best": "b", "second": "u"}
_MARKDOWN = {"best": "**%s**", "second": "<u>%s</u>", "": "%s"}


@dataclass(frozen=True)
class Table:
    """One table: `frame` with full numbers, `shown` with the same rows as formatted text."""

    name: str
    caption: str
    """What is shown, by which conventions."""
    frame: pd.DataFrame
    shown: pd.DataFrame
    text_columns: tuple[str, ...]
    """Columns of `shown` that hold words; the others hold numbers."""
    marks: pd.DataFrame | None = None
    """For some columns of `shown`: "best", "second" or "" in every row, see `ranks`."""

    def write(self, run_dir: Path) -> tuple[Path, Path]:
        """Write tables/`name`.csv, .tex, .md and .html, each whole or not; returns the first two."""
        texts = {
            "csv": csv_text(self.frame),
            "tex": self.latex(),
            "md": self.markdown() + "\n",
            "html": f"{self.html()}\n",
        }
        paths = {kind: run_dir / "tables" / f"{self.name}.{kind}" for kind in texts}
        for kind, text in texts.items():
            write_text(paths[kind], text)
        return paths["csv"], paths["tex"]

    def latex(self) -> str:
        """Return a floating table with booktabs rules; it compiles with pdflatex, xelatex, lualatex."""
        return latex_table(self._headings(), self._rows(), self.caption, self.name, self.text_columns)

    def markdown(self) -> str:
        """Return the caption and the table, as GitHub shows them."""
        return f"{markdown_line(self.caption)}\n\n{_markdown(self._headings(), self._rows())}"

    def html(self) -> Markup:
        """Return a table element with its caption, escaped; cells of words have the class `text`."""
        text = render(
            "table.html.j2", headings=self._headings(), rows=self._rows(), caption=self.caption,
            text_columns=self.text_columns, tags=_HTML_TAGS,
        )  # fmt: skip
        return Markup(text.rstrip("\n"))

    def _headings(self) -> list[str]:
        return [str(name) for name in self.shown.columns]

    def _rows(self) -> list[list[tuple[str, str]]]:
        """Text and mark of every cell."""
        marks = pd.DataFrame("", index=self.shown.index, columns=self.shown.columns)
        if self.marks is not None:
            marks[self.marks.columns] = self.marks
        pairs = zip(self.shown.to_numpy(dtype=object), marks.to_numpy(dtype=object), strict=True)
        return [[(str(t), m) for t, m in zip(*row, strict=True)] for row in pairs]


def formatted(frame: pd.DataFrame, columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return the columns that readers see: heading -> columns of `frame`, and, last, what writes a row's
    values of them; a single column without a writer is shown as it is."""
    shown = {}
    for heading, (*names, last) in columns.items():
        if names:
            rows = frame[names].itertuples(index=False, name=None)
            shown[heading] = pd.Series([last(*row) for row in rows], frame.index, dtype=object)
        else:
            shown[heading] = frame[last]
    return pd.DataFrame(shown)


def markdown(frame: pd.DataFrame) -> str:
    """Return `frame`, formatted already, as a Markdown table."""
    rows = [[(str(value), "") for value in row] for row in frame.itertuples(index=False)]
    return _markdown([str(name) for name in frame.columns], rows)


def _markdown(headings: Sequence[str], rows: Iterable[Sequence[tuple[str, str]]]) -> str:
    lines = [[markdown_line(name) for name in headings], ["---"] * len(headings)]
    lines += [[_MARKDOWN[mark] % markdown_line(text) for text, mark in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ranks(values: Iterable[float], texts: Iterable[object], *, higher: bool) -> list[str]:
    """Return "best", "second" or "" for each value.

    Numbers that are printed alike, before an interval, deviation, star or dagger, are equal; NaN has no
    rank. No cell is marked best unless at least two values differ.

    Args:
        values: The numbers.
        texts: The same numbers as they are printed.
        higher: Whether the largest is the best.
    """
    numbers = [str(text).partition(" ")[0].rstrip("*†") for text in texts]
    frame = pd.DataFrame({"value": list(values), "text": numbers})
    ordered = frame.dropna().sort_values("value", ascending=not higher)
    places = list(dict.fromkeys(ordered["text"]))
    named = dict(zip(places, ("best", "second"), strict=False)) if len(places) > 1 else {}
    return [
        "" if pd.isna(value) else named.get(text, "") for value, text in frame.itertuples(index=False)
    ]


def sorted_by(frame: pd.DataFrame, orders: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Sort rows by columns whose order is given: column -> all its values, first ones first."""
    return frame.sort_values(
        list(orders), key=lambda column: column.map(orders[str(column.name)].index), kind="stable"
    ).reset_index(drop=True)


Writer = Callable[[float], str]
"""How a table writes a number."""
