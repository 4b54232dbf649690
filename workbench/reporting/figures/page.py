"""A printed page's axes, letters and legends in Matplotlib, without touching its global state."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

SINGLE, DOUBLE = 3.4, 7.0
"""Inches: one column, and the width of a page of two columns."""
LETTERS = 8
"""Points: titles and axes; ticks and legends have one less."""
GRID = "#E5E5E5"
USUAL_LEGEND = 0.9
"""Inches: the height of a legend for which panels leave room."""
_LONGEST = 28


def print_axes(
    width: float, height: float, rows: int = 1, columns: int = 1, *, sharey: bool = False
) -> tuple[Figure, np.ndarray]:
    """Return an empty figure and its (rows, columns) array of axes; a light grid is horizontal.

    Args:
        width: In inches.
        height: In inches, of all rows.
        rows: Axes below each other.
        columns: Axes side by side.
        sharey: Whether they have one scale upward.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=sharey)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=LETTERS - 1)
        ax.grid(axis="y", color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
    return figure, axes


def legend_below(figure: Figure, handles: dict[str, Any]) -> None:
    """Write one legend under all panels, in as many columns as the width allows.

    A legend of many rows makes the figure higher, so that the panels keep their size.
    """
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(
            handles.values(), handles.keys(), loc="outside lower center", ncols=columns,
            fontsize=LETTERS - 1, frameon=False,
        )  # fmt: skip
        box = legend.get_window_extent()
        if columns == 1 or box.width <= figure.bbox.width:
            higher = max(0.0, box.height / figure.dpi - USUAL_LEGEND)
            figure.set_figheight(figure.get_figheight() + higher)
            return
        legend.remove()


def named_handles(ax: Axes) -> dict[str, Any]:
    """Return what the legend shows for each name on these axes."""
    handles, names = ax.get_legend_handles_labels()
    return dict(zip(names, handles, strict=True))


def width_for(labels: Iterable[object]) -> float:
    """Return `SINGLE` where names of rows leave room for what they name, else `DOUBLE`."""
    return SINGLE if max((len(str(label)) for label in labels), default=0) <= _LONGEST else DOUBLE


def plain(text: str) -> str:
    """Return `text` as Matplotlib will show it letter by letter: no mathematics, no absent glyphs."""
    shown = "".join(c if ord(c) in _glyphs() else "□" for c in " ".join(str(text).split()))
    # A leading underscore would hide a legend entry.
    return ("\u200b" if shown.startswith("_") else "") + shown.replace("$", r"\$")


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())
