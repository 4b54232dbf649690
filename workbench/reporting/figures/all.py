"""Figures at the width of a printed column, so that nobody scales them and letters keep their size."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workbench.catalog.scorers import CONTROLS
from workbench.reporting.figures.style import GREY, line_style, new_figure, plain

SINGLE, DOUBLE = 3.4, 7.0
"""Inches: one column, and the width of a page of two columns."""
LETTERS = 8
"""Points: titles and axes; ticks and legends have one less."""
_GRID = "#E5E5E5"
_LONGEST = 28


def print_axes(
    width: float, height: float, rows: int = 1, columns: int = 1, *, sharey: bool = False
) -> tuple[Figure, np.ndarray]:
    """`style.new_figure` with the letters of a printed page and a light horizontal grid."""
    figure, axes = new_figure(width, height, rows, columns, sharey=sharey)
    for ax in axes.flat:
        ax.tick_params(labelsize=LETTERS - 1)
        ax.grid(axis="y", color=_GRID, linewidth=0.6)
        ax.set_axisbelow(True)
    return figure, axes


def print_panels(
    width: float, height: float, number: int, *, sharey: bool = False
) -> tuple[Figure, list[Axes]]:
    """`number` panels of `height` inches, side by side on a whole page, else one below the other."""
    rows, columns = (1, number) if width >= DOUBLE else (number, 1)
    figure, axes = print_axes(width, height * rows + 0.4, rows, columns, sharey=sharey)
    return figure, list(axes.flat)


def name_axes(ax: Axes, x: str, y: str, title: str = "") -> None:
    """Plain axis labels and a title to the left."""
    ax.set_xlabel(plain(x), fontsize=LETTERS)
    ax.set_ylabel(plain(y), fontsize=LETTERS)
    ax.set_title(plain(title), fontsize=LETTERS, loc="left")


def legend_below(figure: Figure, ax: Axes) -> None:
    """One legend under all panels, of what `ax` shows, in as many columns as the width allows."""
    handles, labels = ax.get_legend_handles_labels()
    for columns in range(len(labels), 0, -1):
        legend = figure.legend(
            handles, labels, loc="outside lower center", ncols=columns, fontsize=LETTERS - 1,
            frameon=False,
        )  # fmt: skip
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def width_for(labels: Iterable[object]) -> float:
    """`SINGLE` where names of rows leave room for what they name, else `DOUBLE`."""
    return SINGLE if max((len(str(label)) for label in labels), default=0) <= _LONGEST else DOUBLE


def draw_by_layer(
    frame: pd.DataFrame,
    panels: Sequence[tuple[object, str]],
    *,
    by: str = "metric",
    y: str = "",
    limits: tuple[float, float] | None = (0.0, 1.0),
    from_zero: bool = False,
    columns: int = 2,
) -> Figure:
    """Values by layer at double width: a panel per (value of column `by`, title), a line per series.

    `frame` has columns layer, value, ci_low, ci_high, `series` (what `line_style` knows) and `label`;
    bands are intervals. Where they are there, a column `chance` is drawn in grey and lines with a true
    `dashed` are dashed. Without `limits` each panel has its own, which may start at 0.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = print_axes(DOUBLE, 2.05 * rows + 0.55, rows, columns, sharey=limits is not None)
    order = {label: number for number, label in enumerate(frame["label"].drop_duplicates())}
    for number, (ax, (value, title)) in enumerate(zip(axes.flat, panels, strict=False)):
        _lines(ax, frame[frame[by] == value], order)
        last_row = number >= len(panels) - columns
        name_axes(ax, "layer" if last_row else "", y if number % columns == 0 else "", title)
        if limits is not None:
            margin = 0.03 * (limits[1] - limits[0])
            ax.set_ylim(limits[0] - margin, limits[1] + margin)
        elif from_zero:
            ax.set_ylim(bottom=0)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    legend_below(figure, _fullest(axes))
    return figure


def _lines(ax: Axes, frame: pd.DataFrame, order: dict[str, int]) -> None:
    for label, own in frame.groupby("label", sort=False):
        name = str(own["series"].iloc[0])
        style = line_style(name, order[str(label)]) | {"linewidth": 1.2}
        if "marker" in style:
            style["markersize"] = 3.2
        if "dashed" in own and own["dashed"].iloc[0]:
            style["linestyle"] = "--"
        ax.plot(own["layer"], own["value"], label=plain(str(label)), **style)
        if own["ci_low"].notna().any() and name not in CONTROLS:
            band = (own["layer"], own["ci_low"], own["ci_high"])
            ax.fill_between(*band, color=style["color"], alpha=0.15, lw=0)
    if "chance" in frame and len(frame):
        floor = frame.groupby("layer")["chance"].mean()
        ax.plot(floor.index, floor, color=GREY, linestyle=(0, (6, 2)), linewidth=1, label="random order")


def _fullest(axes: np.ndarray) -> Axes:
    """The panel with the most lines, whose legend speaks for all."""
    return max(axes.flat, key=lambda ax: len(ax.get_legend_handles_labels()[1]))
