"""Maps of coloured cells for print."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from workbench.core.documents import runs
from workbench.reporting.figures.chart import CellMap, Cells, short
from workbench.reporting.figures.page import LETTERS, plain, print_axes
from workbench.reporting.figures.style import SCALES, STRONG, VERMILLION

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
