"""Figures for print: any description as a Matplotlib figure.

They are as wide as a printed column, so that nobody scales them and letters keep their size.
"""

from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from workbench.core.documents import runs
from workbench.reporting.figures.chart import Axis, CellMap, Cells, Chart, Panel, Series, short
from workbench.reporting.figures.page import DOUBLE, GRID, LETTERS, legend_below, plain, print_axes
from workbench.reporting.figures.style import SCALES, STRONG, VERMILLION, Look

_DASHES = {"solid": "-", "dash": (0, (6, 2)), "dot": (0, (1, 1.5)), "dashdot": (0, (6, 2, 1, 2))}


def draw(figure: Chart | CellMap, width: float = DOUBLE) -> Figure:
    """Return the description as a Matplotlib figure of `width` inches."""
    if isinstance(figure, Chart):
        return _draw_chart(figure, width)
    return draw_cell_map(figure, width)


def _draw_chart(chart: Chart, width: float) -> Figure:
    """Panels side by side on a whole page, else one below the other."""
    columns = min(chart.columns or len(chart.panels), len(chart.panels)) if width >= DOUBLE else 1
    rows = -(-len(chart.panels) // columns)
    # Beside axes that must be square there is no room in a single column.
    height = chart.height + 1 if chart.square and width < DOUBLE else chart.height
    figure, axes = print_axes(width, height * rows + 0.4, rows, columns, sharey=chart.share_y)
    handles: dict[str, Any] = {}
    for number, (ax, panel) in enumerate(zip(axes.flat, chart.panels, strict=False)):
        handles |= _draw_panel(ax, panel)
        below = chart.panels[number + columns :][:1]
        left = chart.panels[number - 1 : number] if number % columns else ()
        # What the neighbour says already is not said again.
        x = "" if any(other.x.title == panel.x.title for other in below) else panel.x.title
        y = "" if any(other.y.title == panel.y.title for other in left) else panel.y.title
        ax.set_xlabel(plain(x), fontsize=LETTERS)
        ax.set_ylabel(plain(y), fontsize=LETTERS)
        ax.set_title(plain(panel.title), fontsize=LETTERS, loc="left")
    for ax in axes.flat[len(chart.panels) :]:
        ax.set_visible(False)
    if chart.square:
        # The only layout that keeps labels inside the figure when the axes must be square.
        figure.set_layout_engine("compressed")
        axes[0, 0].set_aspect("equal")
    if chart.square and width >= DOUBLE:
        axes[0, 0].legend(
            handles.values(), handles.keys(), loc="center left", bbox_to_anchor=(1.02, 0.5),
            fontsize=LETTERS - 1, frameon=False,
        )  # fmt: skip
    elif handles:
        legend_below(figure, handles)
    return figure


def _draw_panel(ax: Axes, panel: Panel) -> dict[str, Any]:
    """Draw the series; returns what the legend shows for each name."""
    handles = {}
    boxes = sum(series.kind == "boxes" for series in panel.series)
    for number, series in enumerate(panel.series):
        is_box = series.kind == "boxes"
        handle = _draw_boxes(ax, series, number, boxes) if is_box else _draw_series(ax, series)
        if series.name:
            handles[plain(series.name)] = handle
    _set_axis(ax, panel.x, "x")
    _set_axis(ax, panel.y, "y")
    # A long line that does not wrap leaves the panel no room.
    ax.text(0.02, 0.02, plain(panel.note), transform=ax.transAxes, fontsize=LETTERS - 1, wrap=True)
    return handles


def _style(look: Look, *, joined: bool) -> dict[str, Any]:
    marker = {"marker": "o", "fillstyle": "none"} if look.marker == "ring" else {"marker": look.marker}
    return marker | {
        "color": look.colour, "markersize": look.size, "linewidth": look.width,
        "linestyle": _DASHES[look.dash] if joined else "none", "zorder": 2 if look.marker else 1,
    }  # fmt: skip


def _draw_series(ax: Axes, series: Series) -> Any:
    look, x, y = series.look, series.x, np.asarray(series.y, dtype=np.float64)
    style = _style(look, joined=series.kind != "points") | {"label": plain(series.name) or "_"}
    if not len(series.x) and not len(y):
        return Line2D([], [], **style)
    if series.kind == "level":
        return ax.axhline(y[0], **style)
    if series.kind == "upright":
        return ax.axvline(x[0], **style)
    if series.kind == "steps":
        return ax.stairs(y, x, color=look.colour, fill=look.filled)
    if series.low is None or np.isnan(np.asarray(series.low, dtype=np.float64)).all():
        return ax.plot(x, y, **style)[0]
    low, high = (np.asarray(end, dtype=np.float64) for end in (series.low, series.high))
    if series.kind == "line":
        ax.fill_between(x, low, high, color=look.colour, alpha=0.15, lw=0)
        return ax.plot(x, y, **style)[0]
    spread = np.nan_to_num([y - low, high - y]).clip(min=0)
    return ax.errorbar(x, y, yerr=spread, **style | {"capsize": 2, "linewidth": 1, "markersize": 5})


def _draw_boxes(ax: Axes, series: Series, number: int, count: int) -> Any:
    """Boxes of the series, the `number`th of so many beside each other at the same places."""
    room = 0.8 / count
    names = ("whislo", "q1", "med", "q3", "whishi", "mean")
    stats = [dict(zip(names, box, strict=True), fliers=[]) for box in np.transpose(series.y)]
    line: dict[str, Any] = {"color": series.look.colour}
    mean = {"marker": "D", "markersize": 3, "markerfacecolor": "black", "markeredgecolor": "black"}
    ax.bxp(
        stats, positions=np.asarray(series.x) + (number - (count - 1) / 2) * room,
        widths=0.75 * room, showfliers=False, showmeans=True, manage_ticks=False, patch_artist=True,
        medianprops={"color": "black"}, meanprops=mean, whiskerprops=line, capprops=line,
        boxprops={"facecolor": series.look.colour, "alpha": 0.35, "edgecolor": series.look.colour},
    )  # fmt: skip
    return Line2D([], [], linewidth=4, **line)


def _set_axis(ax: Axes, axis: Axis, side: Literal["x", "y"]) -> None:
    matplotlib_axis = getattr(ax, f"{side}axis")
    if axis.log:
        getattr(ax, f"set_{side}scale")("log")
    if axis.ticks is not None:
        ticks = axis.ticks
        matplotlib_axis.set_major_locator(FixedLocator(list(ticks)))
        matplotlib_axis.set_major_formatter(lambda value, _: plain(ticks.get(value, "")))
        matplotlib_axis.set_minor_locator(NullLocator())
    elif axis.whole:
        matplotlib_axis.set_major_locator(MaxNLocator(integer=True))
    if axis.grid:
        ax.grid(axis=side, color=GRID, linewidth=0.6)
    getattr(ax, f"set_{side}lim")(*axis.limits)


_MARKS = {"cross": ("x", 4.0), "small cross": ("x", 2.2), "bar": ("_", 4.0)}


def draw_cell_map(cells: CellMap, width: float) -> Figure:
    """Return the panels below each other, the columns' names below each."""
    rows = max((len(panel.rows) for panel in cells.panels), default=2)
    count = max(1, len(cells.panels))
    written = any(panel.texts is not None for panel in cells.panels)
    height = 0.3 * rows + 1.3 if written else 0.16 * rows + 1.0
    figure, axes = print_axes(width, count * height + (0.6 if cells.bar else 0), count)
    colours = LinearSegmentedColormap.from_list("scores", SCALES[cells.signed, False])
    for ax, panel in zip(axes[:, 0], cells.panels, strict=False):
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        ax.set_xlim(-0.5, cells.width - 0.5)
        _draw_cells(ax, panel, colours.with_extremes(bad="white"), -1.0 if cells.signed else 0.0)
        if written:
            names = {"labels": [plain(name) for name in panel.columns], "rotation": 30, "ha": "right"}
        else:
            names = {"labels": [plain(short(name)) for name in panel.columns], "rotation": 90}
        # Letters are no higher than a column is wide.
        letters = min(LETTERS - 1.0, 72 * (width - 0.6) / cells.width)
        ax.set_xticks(range(len(panel.columns)), fontsize=letters, **names)
        ax.set_ylabel(cells.row_title, fontsize=LETTERS - 1)
        ax.set_title(plain(panel.title), fontsize=LETTERS - 1, loc="left")
    if cells.bar:
        _draw_bar(figure, axes[:, 0].tolist(), colours, cells)
    return figure


def _draw_cells(ax: Axes, panel: Cells, colours: Colormap, low: float) -> None:
    rows, columns = panel.values.shape
    if columns:
        ax.pcolormesh(
            np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, np.ma.masked_invalid(panel.values),
            cmap=colours, vmin=low, vmax=1, edgecolors="white", linewidth=0.8,
        )  # fmt: skip
    ax.set_ylim(max(rows, 1) - 0.5, -0.5)
    ax.set_yticks(range(rows), [plain(name) for name in panel.rows])
    ax.tick_params(axis="y", labelsize=LETTERS - 2)
    for span in runs(panel.outlined):
        frame = Rectangle((span.start - 0.5, -0.5), span.end - span.start, rows, fill=False)
        frame.set(edgecolor=VERMILLION, linewidth=1.2, clip_on=False)
        ax.add_patch(frame)
    for mark, places in panel.marks.items():
        marker, size = _MARKS[mark]
        ax.plot(
            [column for _, column in places], [row for row, _ in places], linestyle="none",
            marker=marker, markersize=size, color="#888888", markeredgewidth=0.8,
        )  # fmt: skip
    for row, texts in enumerate(panel.texts or ()):
        for column, text in enumerate(texts):
            colour = "white" if abs(panel.values[row, column]) > STRONG else "black"
            ax.text(column, row, text, ha="center", va="center", color=colour, fontsize=LETTERS - 1)
    if panel.second is not None:
        ax.axvline(panel.second - 0.5, color="black", linewidth=1.2, linestyle="--")


def _draw_bar(figure: Figure, axes: list[Axes], colours: Colormap, cells: CellMap) -> None:
    ticks = {-1: "−max", 0: "0", 1: "max"} if cells.signed else {0: "0", 1: "max"}
    bar = figure.colorbar(
        ScalarMappable(Normalize(min(ticks), 1), colours), ax=axes, orientation="horizontal", shrink=0.3,
        aspect=25, pad=0.1 / figure.get_figheight(), ticks=list(ticks),
    )  # fmt: skip
    bar.ax.set_xticklabels(ticks.values())
    bar.ax.tick_params(labelsize=LETTERS - 1)
    bar.set_label(cells.bar, fontsize=LETTERS - 1)
