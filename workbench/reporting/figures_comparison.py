"""Quality against speed-up, method by method."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.evaluation.tradeoff import curve, shared_range
from workbench.reporting.figures_speed import COUNTED_LABEL, MEASURED_LABEL
from workbench.reporting.print_figures import DOUBLE, legend_below, name_axes, print_panels
from workbench.reporting.style import line_style, plain
from workbench.reporting.tables import QUALITY_NAMES
from workbench.reporting.wording import method_name

_STEPS = 100
_LABELS = {
    "counted": (COUNTED_LABEL, "Counted"),
    "measured": (MEASURED_LABEL, "Measured"),
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


def draw_tradeoff(points: pd.DataFrame, width: float = DOUBLE) -> Figure:
    """A panel per axis of `comparison_tables.curve_points`: points are cells, lines means over seeds."""
    axes_there = list(points["axis"].drop_duplicates())
    figure, axes = print_panels(width, 2.6, len(axes_there), sharey=True)
    for ax, axis in zip(axes, axes_there, strict=True):
        part = points[points["axis"] == axis]
        _panel(ax, part)
        label, title = _LABELS[axis]
        batch = part["batch_size"].iloc[0]
        at = "" if pd.isna(batch) else f", batch {int(batch)}"
        name_axes(ax, label, QUALITY_NAMES[points["metric"].iloc[0]], title + at)
    axes[-1].label_outer()
    legend_below(figure, axes[0])
    return figure


def _panel(ax: Axes, points: pd.DataFrame) -> None:
    for number, (method, own) in enumerate(points.groupby("method", sort=False)):
        style = line_style(str(method), number)
        x, y = mean_curve(own)
        ax.plot(x, 100 * y, color=style["color"], linewidth=1.4, alpha=0.8)
        cells = own[own["kind"] != "dense"]
        ax.plot(
            cells["speedup"], 100 * cells["quality"], linestyle="none", color=style["color"],
            marker=style["marker"], markersize=4, label=plain(method_name(method)),
        )  # fmt: skip
    dense = points.loc[points["kind"] == "dense", "quality"]
    if len(dense):
        ax.axhline(100 * dense.mean(), color="#BBBBBB", linewidth=1, zorder=0)
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
