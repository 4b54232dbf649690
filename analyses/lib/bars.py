"""Bars: groups of values with intervals, and products of factors on a logarithmic axis."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from workbench.reporting.figures.printing import (
    DOUBLE,
    LETTERS,
    legend_below,
    name_axes,
    named_handles,
    plain,
    print_axes,
    width_for,
)
from workbench.reporting.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILLION

_COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, SKY, GREY)


def draw_groups(
    frame: pd.DataFrame, panels: Sequence[tuple[object, str]], *, by: str, group: str, bar: str, y: str
) -> Figure:
    """Draw points with intervals side by side: a panel per (value of `by`, title), groups of `bar`s.

    `frame` has columns value, ci_low, ci_high (shares, shown in percent) and the three named ones.
    """
    figure, axes = print_axes(DOUBLE, 2.7, 1, max(1, len(panels)), sharey=True)
    groups, bars = frame[group].drop_duplicates().tolist(), frame[bar].drop_duplicates().tolist()
    step = 0.8 / max(1, len(bars))
    for number, (ax, (value, title)) in enumerate(zip(axes[0], panels, strict=True)):
        part = frame[frame[by] == value]
        for place, name in enumerate(bars):
            line = part[part[bar] == name].set_index(group).reindex(groups)
            x = np.arange(len(groups)) + (place - (len(bars) - 1) / 2) * step
            ends = (line["value"] - line["ci_low"], line["ci_high"] - line["value"])
            ax.errorbar(
                x, 100 * line["value"], yerr=[100 * end.clip(lower=0).fillna(0) for end in ends],
                color=_COLOURS[place % len(_COLOURS)], marker="os^Dv"[place % 5], markersize=4,
                linestyle="none", capsize=2, linewidth=1, label=plain(str(name)),
            )  # fmt: skip
        ax.set_xticks(range(len(groups)), [plain(str(name)) for name in groups])
        ax.set_ylim(0, 104)
        name_axes(ax, "", y if number == 0 else "", title)
    legend_below(figure, named_handles(axes[0, 0]))
    return figure


def draw_factors(frame: pd.DataFrame, factors: Sequence[tuple[str, str]], reported: str) -> Figure:
    """Draw horizontal bars of products on a logarithmic axis: a row per `label`.

    `factors` are (column, what it is) and lie end to end; the column `reported` (NaN: nothing) is a
    mark. A row's first factor begins at 1.
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
