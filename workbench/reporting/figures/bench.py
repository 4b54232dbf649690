"""What saved operations were worth in time: measured against counted speed-up."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.metrics.efficiency.table import MASKED
from workbench.reporting.figures.all import DOUBLE, LETTERS, legend_below, name_axes, print_panels
from workbench.reporting.figures.speed import COUNTED_LABEL
from workbench.reporting.figures.style import BLACK, GREY, line_style, plain
from workbench.reporting.text.wording import method_name

REALISED_COLUMNS = (
    "method", "split", "batch_size", "flops_speedup_timed", "realised_share", "speedup_vs_dense",
)  # fmt: skip
_NEEDED = ["flops_speedup_timed", "realised_share"]
_SPEEDUPS = {"flops_speedup_timed": COUNTED_LABEL, "speedup_vs_dense": "our dense seconds / method's"}


def realised_frame(efficiency: pd.DataFrame) -> pd.DataFrame:
    """Counted and measured speed-up over our own dense model: columns of `REALISED_COLUMNS`.

    One row per method, split and batch size for which `efficiency` (columns of
    `schemas.EFFICIENCY`) has both the unpadded FLOPs speed-up on the timed texts and the
    realised share; their product is the measured speed-up. Stock models and masked runs have no such
    share, the dense model's is 1 by definition: all are left out.
    """
    names = efficiency["method"].astype(str)
    wanted = efficiency["quantity"].isin(_NEEDED) & efficiency["batch_size"].notna()
    plain_run = ~names.str.startswith("hf") & ~names.str.endswith(MASKED) & (names != "dense")
    rows = efficiency[wanted & plain_run]
    rows = rows.astype({"method": str, "split": str})
    wide = rows.pivot(index=["method", "split", "batch_size"], columns="quantity", values="value")
    frame = wide.reindex(columns=_NEEDED).dropna().reset_index().rename_axis(columns=None)
    frame["speedup_vs_dense"] = frame["flops_speedup_timed"] * frame["realised_share"]
    rank = ordered(frame["method"], METHODS)
    frame = frame.sort_values("method", key=lambda column: column.map(rank.index), kind="stable")
    return frame[list(REALISED_COLUMNS)].reset_index(drop=True)


def draw_realised(frame: pd.DataFrame, width: float = DOUBLE) -> Figure:
    """`draw_worth` of `realised_frame`."""
    return draw_worth(frame, _SPEEDUPS, width)


def draw_worth(frame: pd.DataFrame, titles: Mapping[str, str], width: float = DOUBLE) -> Figure:
    """A point per method (colour) and batch size (marker); on the diagonal all time was saved.

    `titles` has the columns of `frame` with the counted and the measured speed-up, and their names.
    """
    x, y = titles
    figure, (ax,) = print_panels(width, 3.2 if width >= DOUBLE else 4.2, 1)
    # The only layout that keeps labels inside the figure when the axes must be square.
    figure.set_layout_engine("compressed")
    end = 1.1 * frame[[x, y]].to_numpy(dtype=np.float64).max(initial=1.5)
    references = [
        ax.plot(
            [0, end], [0, end], **line_style("random"), label="every saved operation\nsaved its time"
        )[0],
        ax.axhline(1, **line_style("uniform"), label="no time saved"),
    ]
    sizes = {
        size: line_style("", i)["marker"] for i, size in enumerate(sorted(set(frame["batch_size"])))
    }
    colours = {}
    for number, (method, rows) in enumerate(frame.groupby("method", sort=False)):
        colours[str(method)] = line_style(str(method), number)["color"]
        _points(ax, rows.set_index("batch_size")[[x, y]], colours[str(method)], sizes)
    ax.set(xlim=(0, end), ylim=(0, end), aspect="equal")
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
    name_axes(ax, titles[x], titles[y])
    _legend(figure, ax, colours, sizes, references)
    return figure


def share_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """method, batch_size and realised_share of the rows of `screen.speed.time_frame` that have one; the
    dense model's, 1 by definition, is left out."""
    there = frame[frame["method"] != "dense"].dropna(subset=["realised_share"])
    return there[["method", "batch_size", "realised_share"]].sort_values("batch_size", kind="stable")


def draw_shares(frame: pd.DataFrame, width: float = DOUBLE) -> Figure:
    """A line per method of `share_frame` over the batch sizes, which stand at equal distances."""
    figure, (ax,) = print_panels(width, 2.4, 1)
    sizes = sorted(set(frame["batch_size"]))
    for number, (method, own) in enumerate(frame.groupby("method", sort=False)):
        places = [sizes.index(size) for size in own["batch_size"]]
        style = line_style(str(method), number)
        ax.plot(places, own["realised_share"], label=plain(method_name(method)), **style)
    ax.axhline(1, color=GREY, linestyle="--", linewidth=1)
    ax.set_xticks(range(len(sizes)), [str(size) for size in sizes])
    ax.set_ylim(bottom=0)
    name_axes(ax, "batch size (texts)", "realised share")
    legend_below(figure, ax)
    return figure


def _points(ax: Axes, rows: pd.DataFrame, colour: str, markers: dict[int, str]) -> None:
    """One method's points, joined from the smallest to the largest batch: counted and measured by batch
    size."""
    rows = rows.sort_index()
    ax.plot(*rows.to_numpy(dtype=np.float64).T, color=colour, linewidth=1, alpha=0.5, zorder=2)
    for size, *place in rows.itertuples():
        ax.plot(
            *place, color=colour, marker=markers[size], markersize=7, markeredgecolor="white",
            linestyle="none", zorder=3,
        )  # fmt: skip


def _legend(
    figure: Figure, ax: Axes, colours: dict[str, str], markers: dict[int, str], references: list[Line2D]
) -> None:
    """Colours, then markers, then the two reference lines: beside the axes, in one column below."""
    methods = [
        Line2D([], [], color=colour, linewidth=4, label=plain(method_name(method)))
        for method, colour in colours.items()
    ]
    sizes = [
        Line2D([], [], color=BLACK, marker=marker, markersize=7, linestyle="none", label=f"batch {size}")
        for size, marker in markers.items()
    ]
    handles: list[Any] = [*methods, *sizes, *references]
    if figure.get_figwidth() < DOUBLE:
        figure.legend(
            handles=handles, loc="outside lower center", ncols=2, fontsize=LETTERS - 1, frameon=False
        )
        return
    beside: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.02, 0.5)}
    ax.legend(handles=handles, fontsize=LETTERS - 1, frameon=False, **beside)
