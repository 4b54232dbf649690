"""Quality against speed-up, method by method."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.evaluation.tradeoff import curve, shared_range
from workbench.reporting.style import label_axes, line_style, new_figure, plain
from workbench.reporting.tables import QUALITY_NAMES
from workbench.reporting.wording import method_name

_STEPS = 100
_LABELS = {
    "counted": ("dense FLOPs / method FLOPs, no padding in either", "Counted"),
    "measured": ("stock padded model's seconds / method's seconds", "Measured"),
}


def mean_curve(points: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """One method's curve, averaged over its seeds at every speed-up that all of them cover.

    `points` has columns seed, speedup, quality. Two arrays of one shape; empty where the seeds share
    nothing.
    """
    curves = [
        curve(own["speedup"].tolist(), own["quality"].tolist()) for _, own in points.groupby("seed")
    ]
    span = shared_range(curves)
    if span is None:
        return np.zeros(0), np.zeros(0)
    places = np.linspace(*span, _STEPS)
    return places, np.mean([np.interp(places, *xy) for xy in curves], axis=0)


def draw_tradeoff(points: pd.DataFrame) -> Figure:
    """A panel per axis of `comparison_tables.curve_points`: points are cells, lines means over seeds."""
    axes_there = list(points["axis"].drop_duplicates())
    figure, axes = new_figure(5 * len(axes_there), 4.6, 1, len(axes_there), sharey=True)
    for number, axis in enumerate(axes_there):
        ax, part = axes[0, number], points[points["axis"] == axis]
        _panel(ax, part)
        label, title = _LABELS[axis]
        batch = part["batch_size"].iloc[0]
        at = "" if pd.isna(batch) else f", batch {int(batch)}"
        label_axes(ax, label, "" if number else QUALITY_NAMES[points["metric"].iloc[0]], title + at)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    return figure


def _panel(ax: Axes, points: pd.DataFrame) -> None:
    for number, (method, own) in enumerate(points.groupby("method", sort=False)):
        style = line_style(str(method), number)
        x, y = mean_curve(own)
        ax.plot(x, 100 * y, color=style["color"], linewidth=1.4, alpha=0.8)
        cells = own[own["kind"] != "dense"]
        ax.plot(
            cells["speedup"], 100 * cells["quality"], linestyle="none", color=style["color"],
            marker=style["marker"], markersize=5, label=plain(method_name(method)),
        )  # fmt: skip
    dense = points.loc[points["kind"] == "dense", "quality"]
    if len(dense):
        ax.axhline(100 * dense.mean(), color="#BBBBBB", linewidth=1, zorder=0)
    ax.grid(color="#EDEDED", linewidth=0.8, zorder=0)
