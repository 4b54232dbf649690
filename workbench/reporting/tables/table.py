"""A table of a report: numbers for CSV, the same numbers in words for LaTeX, Markdown and HTML."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from workbench.reporting.tables.html import html_table
from workbench.reporting.tables.latex import latex_table
from workbench.reporting.tables.markdown import cell, markdown_table
from workbench.storage.atomic import write_text

RANKS = "Best in bold, second underlined"


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
    """Of some columns of `shown`: "best", "second" or "" for every row, see `ranks`."""

    def write(self, run_dir: Path) -> tuple[Path, Path]:
        """Write tables/`name`.csv, .tex, .md and .html, each whole or not; returns the first two."""
        stem = run_dir / "tables" / self.name
        csv, tex, md, html = (
            stem.with_name(f"{self.name}.{kind}") for kind in ("csv", "tex", "md", "html")
        )
        write_text(csv, self.frame.to_csv(index=False, lineterminator="\n"))
        write_text(tex, self.latex())
        write_text(md, self.markdown() + "\n")
        write_text(html, f"{self.html()}\n")
        return csv, tex

    def latex(self) -> str:
        """A floating table with booktabs rules; compiles with pdflatex, xelatex and lualatex."""
        return latex_table(self._headings(), self._rows(), self.caption, self.name, self.text_columns)

    def markdown(self) -> str:
        """The caption and the table, as GitHub shows them."""
        return f"{cell(self.caption)}\n\n{markdown_table(self._headings(), self._rows())}"

    def html(self) -> Markup:
        """A table element with its caption, escaped."""
        return html_table(self._headings(), self._rows(), self.caption, self.text_columns)

    def _headings(self) -> list[str]:
        return [str(name) for name in self.shown.columns]

    def _rows(self) -> list[list[tuple[str, str]]]:
        """Text and mark of every cell."""
        marks = pd.DataFrame("", index=self.shown.index, columns=self.shown.columns)
        if self.marks is not None:
            marks[self.marks.columns] = self.marks
        pairs = zip(self.shown.to_numpy(dtype=object), marks.to_numpy(dtype=object), strict=True)
        return [[(str(t), m) for t, m in zip(*row, strict=True)] for row in pairs]


def ranks(values: Iterable[float], texts: Iterable[object], *, higher: bool) -> list[str]:
    """ "best", "second" or "" for each value; numbers that are printed alike, before an interval,
    deviation or star, are equal, NaN has no rank.

    Nobody is best among less than two different texts.
    """
    frame = pd.DataFrame({"value": list(values), "text": [_number(text) for text in texts]})
    ordered = frame.dropna().sort_values("value", ascending=not higher)
    places = list(dict.fromkeys(ordered["text"]))
    named = dict(zip(places, ("best", "second"), strict=False)) if len(places) > 1 else {}
    return [
        "" if pd.isna(value) else named.get(text, "") for value, text in frame.itertuples(index=False)
    ]


def _number(text: object) -> str:
    return str(text).partition(" ")[0].rstrip("*")
