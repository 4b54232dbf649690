"""What is on screen as files: CSV, LaTeX, PNG, SVG and one self-contained HTML page."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from app.figures.drawing import Description, in_print, on_screen
from workbench.reporting.tables.latex import latex_table
from workbench.reporting.text.render import render
from workbench.storage.spreadsheets import csv_text


@dataclass(frozen=True)
class View:
    """One figure or table on screen, with the numbers behind it."""

    name: str
    """Stem of its files."""
    caption: str
    """What the numbers are, with unit and convention."""
    frame: pd.DataFrame
    """The numbers in full."""
    words: pd.DataFrame | None = None
    """The same rows formatted, for LaTeX and HTML; None: numbers with four digits."""
    figure: Description | None = None
    """What is drawn of it."""

    @property
    def formatted(self) -> pd.DataFrame:
        """The rows as text."""
        if self.words is not None:
            return self.words
        return self.frame.apply(lambda column: column.map(_cell))


def csv(view: View) -> str:
    """Return the numbers in full, UTF-8, one header line."""
    return csv_text(view.frame)


def latex(view: View) -> str:
    """Return a booktabs table of the formatted rows; words are left-aligned."""
    formatted = view.formatted
    numeric = set(view.frame.select_dtypes("number").columns)
    text = [str(column) for column in formatted.columns if column not in numeric]
    rows = [[(str(cell), "") for cell in row] for row in formatted.itertuples(index=False)]
    return latex_table([*map(str, formatted.columns)], rows, view.caption, view.name, text)


def as_file(view: View, ending: str) -> str | bytes:
    """Return a view as the contents of a file with such an ending: csv, tex, png or svg."""
    if ending in ("png", "svg"):
        return picture(view, ending)
    return csv(view) if ending == "csv" else latex(view)


def picture(view: View, kind: str) -> bytes:
    """Return a view's figure as `png` (150 dpi) or `svg`."""
    import matplotlib

    target = io.BytesIO()
    # Without a date equal figures are equal files.
    metadata = {"Date": None} if kind == "svg" else None
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "svg.hashsalt": view.name}):
        in_print(view.figure).savefig(target, format=kind, dpi=150, metadata=metadata)
    return target.getvalue()


def page(title: str, views: Sequence[View]) -> str:
    """Return all views as one HTML page that loads nothing: figures with hover, and tables as text."""
    library = iter([True])  # The first figure brings Plotly's script.

    def shown(view: View) -> str:
        if view.figure is None:
            return view.formatted.to_html(index=False, border=0)
        figure = on_screen(view.figure).update_layout(paper_bgcolor="#fff", plot_bgcolor="#fff")
        return figure.to_html(full_html=False, include_plotlyjs=next(library, False))

    return render("views.html.j2", title=title, views=views, shown=shown)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.4g}"
    return "–" if value is None or value is pd.NA else str(value)
