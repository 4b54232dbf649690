"""Bars: groups of values with intervals, and products of factors on a logarithmic axis."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.page import (
    LETTERS,
    legend_below,
    name_axes,
    named_handles,
    plain,
    print_axes,
    width_for,
)
from workbench.reporting.figures.printing import draw
from workbench.reporting.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILLION, Look

_COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, SKY, GREY)


def draw_groups(
    frame: pd.DataFrame, panels: Sequence[tuple[object, str]], *, by: str, group: str, bar: str, y: str
) -> Figure:
    """Draw points with intervals side by side.

    Args:
        frame: Columns value, ci_low, ci_high (shares, shown in percent), `by`, `group` and `bar`.
        panels: Value of `by` and title of each panel.
        by: Column that tells the panels apart.
        group: Column of the places across.
        bar: Column of the points at each place.
        y: Name of the values.
    """
    groups, bars = frame[group].drop_duplicates().tolist(), frame[bar].drop_duplicates().tolist()
    across, upward = Axis(ticks={n: str(name) for n, name in enumerate(groups)}), Axis(y, (0, 104))
    drawn = []
    for value, title in panels:
        rows = frame[frame[by] == value].set_index([bar, group])[["value", "ci_low", "ci_high"]]
        lines = []
        for place, name in enumerate(bars):
            x = np.arange(len(groups)) + (place - (len(bars) - 1) / 2) * 0.8 / len(bars)
            middle, low, high = 100 * rows.reindex([(name, one) for one in groups]).to_numpy().T
            look = Look(_COLOURS[place % len(_COLOURS)], "os^Dv"[place % 5], size=4)
            lines.append(Series(str(name), x, middle, look, "points", low, high))
        drawn.append(Panel(lines, across, upward, title))
    return draw(Chart(drawn, height=2.7, share_y=True))


def draw_factors(frame: pd.DataFrame, factors: Sequence[tuple[str, str]], reported: str) -> Figure:
    """Draw horizontal bars of products on a logarithmic axis, beginning at 1.

    Args:
        frame: A row per bar, with a column label.
        factors: Column and name of the factors, which lie end to end.
        reported: Column of a mark beside each bar; NaN for none.
    """
    figure, axes = print_axes(width_for(frame["label"]), 0.23 * len(frame) + 1.0)
    ax = axes[0, 0]
    places = np.arange(len(frame))[::-1]
    left = np.ones(len(frame))
    for number, (column, what) in enumerate(factors):
        right = left * frame[column].to_numpy(dtype=np.float64)
        ax.barh(places, right - left, left=left, height=0.65, color=_COLOURS[number], label=plain(what))
        left = right
    marks = frame[reported].to_numpy(dtype=np.float64)
    ax.plot(marks, places, "D", color=BLACK, markersize=3.5, label="reported", clip_on=False)
    ax.set_xscale("log")
    highest = float(np.nanmax(np.concatenate([left, marks])))
    ticks = [tick for tick in (1, 2, 3, 5, 10, 20, 50) if tick <= 1.3 * highest]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([f"{tick}x" for tick in ticks])
    ax.set_xlim(1, 1.15 * highest)
    ax.set_yticks(places, [plain(str(label)) for label in frame["label"]], fontsize=LETTERS - 1)
    ax.grid(visible=False, axis="y")
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
    name_axes(ax, "speed-up in FLOPs, logarithmic", "")
    legend_below(figure, named_handles(ax))
    return figure
