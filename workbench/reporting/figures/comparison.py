"""Quality against speed-up, method by method."""

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from workbench.metrics.stats.tradeoff import curve, shared_range
from workbench.reporting.figures.all import DOUBLE, LETTERS, legend_below, name_axes, print_panels
from workbench.reporting.figures.speed import COUNTED_LABEL, MEASURED_LABEL, quality_point
from workbench.reporting.figures.style import line_style, plain
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.reporting.text.wording import method_name

SPEED_TICKS = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128)
"""Where a logarithmic axis of speed-ups is labelled: 1x, 2x."""
_STEPS = 100
LABELS = {
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


def is_outlier(points: pd.DataFrame) -> np.ndarray:
    """Which of the points (speedup, quality) would squeeze the others together: (points,) bool.

    Beyond Tukey's outer fences, three interquartile ranges from the quartiles, of quality or of the
    logarithm of the speed-up; yet within ten points of quality, or a factor of two, of them none is.
    """
    beyond = np.zeros(len(points), dtype=bool)
    for values, least in ((points["quality"], 0.1), (np.log2(points["speedup"]), 1.0)):
        low, high = values.quantile([0.25, 0.75])
        reach = max(3 * (high - low), least)
        beyond |= ((values < low - reach) | (values > high + reach)).to_numpy()
    return beyond


def outside(points: pd.DataFrame) -> str:
    """A sentence about the points that the axes leave out; empty without any."""
    beyond = points.loc[is_outlier(points), ["method", "speedup", "quality"]]
    told = [
        f"{method_name(method)} {speedup:.1f}x, {100 * quality:.1f}"
        for method, speedup, quality in beyond.itertuples(index=False)
    ]
    return f"outside the axes: {'; '.join(told)}" if told else ""


def limits(points: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """The range of speed-ups and of quality in hundredths that holds all points but those far out."""
    inside = points[~is_outlier(points)]
    x, y = inside["speedup"], 100 * inside["quality"]
    room = 0.06 * max(y.max() - y.min(), 1.0)
    stretch = (x.max() / x.min()) ** 0.04 * 1.01
    return (x.min() / stretch, x.max() * stretch), (y.min() - room, y.max() + room)


def draw_tradeoff(points: pd.DataFrame, width: float = DOUBLE) -> Figure:
    """A panel per axis of `comparison_tables.curve_points`: points are cells, lines means over seeds.

    The speed-up axis is logarithmic; cells that would squeeze the others are named instead
    (`is_outlier`).
    """
    axes_there = list(points["axis"].drop_duplicates())
    figure, axes = print_panels(width, 2.6, len(axes_there), sharey=True)
    for ax, axis in zip(axes, axes_there, strict=True):
        part = points[points["axis"] == axis]
        _panel(ax, part)
        label, title = LABELS[axis]
        batch = part["batch_size"].iloc[0]
        at = "" if pd.isna(batch) else f", batch {int(batch)}"
        name_axes(ax, label, QUALITY_NAMES[points["metric"].iloc[0]], title + at)
    ranges = [limits(part)[1] for _, part in points.groupby("axis")]
    axes[0].set_ylim(min(low for low, _ in ranges), max(high for _, high in ranges))
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
    _speed_axis(ax)
    ax.set_xlim(limits(points)[0])
    ax.text(0.02, 0.02, plain(outside(points)), transform=ax.transAxes, fontsize=LETTERS - 1)


def quality_points(
    frame: pd.DataFrame, speedup: str, quality: str
) -> Iterator[tuple[str, int, dict[Hashable, Any]]]:
    """Name, number of its marker, and row of each run and method that has both columns.

    `frame` is that of `viewing.compared.side_by_side`; of several runs each has a marker.
    """
    runs = list(dict.fromkeys(frame["run"]))
    for number, row in enumerate(frame.dropna(subset=[speedup, quality]).to_dict("records")):
        name = method_name(row["method"])
        if len(runs) == 1:
            yield name, number, row
        else:
            yield f"{name} ({row['run']})", runs.index(row["run"]), row


def draw_quality(
    frame: pd.DataFrame, speedup: str, quality: str, x: str, width: float = DOUBLE
) -> Figure:
    """A point with its 95 % interval for each of `quality_points`; `x` names the speed-up."""
    figure, (ax,) = print_panels(width, 2.8, 1)
    for name, number, row in quality_points(frame, speedup, quality):
        found = (row[quality], row[f"{quality}_low"], row[f"{quality}_high"])
        quality_point(ax, row[speedup], found, line_style(row["method"], number), name)
    _speed_axis(ax)
    name_axes(ax, x, QUALITY_NAMES[quality])
    legend_below(figure, ax)
    return figure


def _speed_axis(ax: Axes) -> None:
    """Equal factors at equal distances, labelled 1x, 2x, 4x."""
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(SPEED_TICKS))
    ax.xaxis.set_major_formatter(lambda speedup, _: f"{speedup:g}x")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
