"""Quality against speed-up, method by method."""

from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.metrics.stats.tradeoff import curve, shared_range
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.speed import COUNTED_LABEL, MEASURED_LABEL
from workbench.reporting.figures.style import DENSE_LEVEL, by_method
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
    """Return one method's curve, averaged over its seeds at every speed-up that all of them cover.

    `points` has columns seed, speedup, quality. Both arrays are empty where the seeds share nothing.
    """
    curves = [
        curve(rows["speedup"].tolist(), rows["quality"].tolist()) for _, rows in points.groupby("seed")
    ]
    span = shared_range(curves)
    if span is None:
        return np.zeros(0), np.zeros(0)
    places = np.linspace(*span, _STEPS)
    return places, np.mean([np.interp(places, *xy) for xy in curves], axis=0)


def is_outlier(points: pd.DataFrame) -> np.ndarray:
    """Return (points,) bool: which points (speedup, quality) would squeeze the others together.

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
    """Return a sentence about the points that the axes leave out, by method; empty without any."""
    beyond = points.loc[is_outlier(points), ["method", "speedup", "quality"]]
    named = [_left_out(method_name(m), rows) for m, rows in beyond.groupby("method", sort=False)]
    return f"outside the axes: {'; '.join(named)}" if named else ""


def _left_out(name: str, rows: pd.DataFrame) -> str:
    ends = [f"{value:.1f}x" for value in (rows["speedup"].min(), rows["speedup"].max())]
    qualities = [f"{100 * value:.1f}" for value in (rows["quality"].max(), rows["quality"].min())]
    if len(rows) == 1:
        return f"{name} {ends[0]}, {qualities[0]}"
    return f"{len(rows)} of {name}, {' to '.join(ends)}, {' to '.join(qualities)}"


def limits(points: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the range of speed-ups and of quality in hundredths that holds all points but outliers."""
    inside = points[~is_outlier(points)]
    x, y = inside["speedup"], 100 * inside["quality"]
    room = 0.06 * max(y.max() - y.min(), 1.0)
    stretch = (x.max() / x.min()) ** 0.04 * 1.01
    return (x.min() / stretch, x.max() * stretch), (y.min() - room, y.max() + room)


def tradeoff_chart(points: pd.DataFrame) -> Chart:
    """Return a panel per axis of `tables.comparison.curve_points`.

    Points are trials, lines means over seeds. The speed-up axis is logarithmic; trials that would
    squeeze the others are named instead (`is_outlier`).
    """
    parts = {str(axis): part for axis, part in points.groupby("axis", sort=False)}
    ranges = [limits(part)[1] for part in parts.values()]
    bottom, top = min(low for low, _ in ranges), max(high for _, high in ranges)
    panels = []
    for axis, part in parts.items():
        label, title = LABELS[axis]
        batch = part["batch_size"].iloc[0]
        at = "" if pd.isna(batch) else f", batch {int(batch)}"
        panels.append(
            Panel(
                _trials(part), speed_axis(label, limits(part)[0]),
                Axis(QUALITY_NAMES[points["metric"].iloc[0]], (bottom, top)), title + at, outside(part),
            )
        )  # fmt: skip
    return Chart(panels, height=2.6, pixels=480, share_y=True)


def _trials(points: pd.DataFrame) -> list[Series]:
    series = []
    for name, look, rows in by_method(points):
        x, y = mean_curve(rows)
        series.append(Series("", x, 100 * y, replace(look, marker="", width=1.4)))
        trials = rows[rows["kind"] != "dense"]
        hover = [
            f"{speedup:.2f}x, {100 * quality:.1f}\nseed {seed}, {kind}"
            for speedup, quality, seed, kind in zip(
                trials["speedup"], trials["quality"], trials["seed"], trials["kind"], strict=True
            )
        ]
        series.append(
            Series(name, trials["speedup"], 100 * trials["quality"], look, "points", hover=hover)
        )
    dense = points.loc[points["kind"] == "dense", "quality"]
    if len(dense):
        series.append(Series(y=[100 * dense.mean()], look=DENSE_LEVEL, kind="level"))
    return series


def speed_axis(title: str, limits: tuple[float | None, float | None] = (None, None)) -> Axis:
    """Return an axis with equal factors at equal distances, labelled 1x, 2x, 4x."""
    return Axis(title, limits, {tick: f"{tick:g}x" for tick in SPEED_TICKS}, log=True, grid=True)
