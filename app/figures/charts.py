"""The charts of the pages: values layer by layer, histograms, quality and time."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.metrics.registry import METRICS
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.comparison import speed_axis
from workbench.reporting.figures.plausibility import LAYER, layer_lines, people_level, where
from workbench.reporting.figures.speed import TOKENS_TITLE, quality_series
from workbench.reporting.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    Dash,
    Look,
    by_method,
    series_look,
)
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.reporting.text.wording import method_name


def metric_chart(
    frame: pd.DataFrame,
    chosen: tuple[str, str, int] | None = None,
    people: pd.DataFrame | None = None,
) -> Chart:
    """Return one panel of any metric by layer; each point's data are (scorer, method, layer).

    Args:
        frame: Rows of a single metric and selection, in order.
        chosen: The point that a ring marks.
        people: The table `human_bound` of the same split: a line at what people reach.
    """
    if frame.empty:
        return Chart([Panel((), LAYER, Axis())])
    metric = METRICS[str(frame["metric"].iloc[0])]
    better = {None: "", True: " (higher is better)", False: " (lower is better)"}
    title = f"{where(frame).removesuffix('.')}, selection {frame['selection'].iloc[0]}"
    # The metric's own range, or up to the highest value where it has no end.
    high = metric.high if math.isfinite(metric.high) else float(frame["value"].max())
    y = Axis(metric.label + better[metric.higher_is_better], (metric.low - 0.02 * high, 1.02 * high))
    lines = [*layer_lines(frame, by="scorer"), *people_level(frame, people)]
    if chosen is not None:
        here = frame[(frame[["scorer", "method", "layer"]] == list(chosen)).all(axis=1)]
        ring = Look(GREY, "ring", size=10, width=1.6)
        lines.append(Series("chosen point", here["layer"], here["value"], ring, "points"))
    return Chart([Panel(lines, LAYER, y, title)], pixels=460)


_COLOURS = {"train": BLUE, "dev": GREEN, "test": ORANGE}


def spread_frame(values: pd.Series, bins: int = 25) -> pd.DataFrame:
    """Return `low`, `high`, `texts`: how many of the texts' values lie in [low, high).

    The last end is included; bins have one width, from the lowest value to the highest.
    """
    counts, edges = np.histogram(values, bins)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "texts": counts})


def spread_chart(frame: pd.DataFrame, mean: float, x: str) -> Chart:
    """Return the bins of `spread_frame` with a line at the values' mean.

    Args:
        frame: Bins of `spread_frame`.
        mean: Mean of the values; NaN for no line.
        x: Name of the values.
    """
    series = [_steps(frame, Look(SKY, filled=True))]
    if mean == mean:
        look = Look(GREY, dash="dash", width=1.2)
        series.append(Series(f"mean {mean:.3f}", [mean], look=look, kind="upright"))
    return Chart([Panel(series, Axis(x), Axis("texts"))], height=1.8, pixels=220)


def histogram_chart(frame: pd.DataFrame, x: str) -> Chart:
    """Return steps per split over the bins of `data.corpus.histogram`; `x` names quantity and unit."""
    series = [
        _steps(rows, Look(_COLOURS.get(str(split), GREY)), str(split))
        for split, rows in frame.groupby("split", sort=False)
    ]
    return Chart([Panel(series, Axis(x), Axis("texts"))], height=2.2, pixels=320)


def _steps(frame: pd.DataFrame, look: Look, name: str = "") -> Series:
    hover = [
        f"{low:.3g} to {high:.3g}: {texts} texts"
        for low, high, texts in frame[["low", "high", "texts"]].itertuples(index=False)
    ]
    edges = [*frame["low"], frame["high"].iloc[-1]]
    return Series(name, edges, frame["texts"].to_numpy(), look, "steps", hover=hover)


def quality_chart(frame: pd.DataFrame, speedup: str, quality: str, x: str) -> Chart:
    """Return a point with its 95 % interval for each run and method that has both columns.

    Args:
        frame: Main tables with a column `run`; of several runs each has a marker.
        speedup: Column of the speed-up.
        quality: Column of the quality, a share; with `_low` and `_high` its interval.
        x: Name of the speed-up.
    """
    runs = list(dict.fromkeys(frame["run"]))
    series = []
    for number, row in enumerate(frame.dropna(subset=[speedup, quality]).to_dict("records")):
        name = method_name(row["method"]) + (f" ({row['run']})" if len(runs) > 1 else "")
        look = series_look(str(row["method"]), runs.index(row["run"]) if len(runs) > 1 else number)
        values = [row[quality], row[f"{quality}_low"], row[f"{quality}_high"]]
        hover = f"{row[speedup]:.2f}x, {100 * row[quality]:.1f}\n{row['n']} texts"
        series.append(quality_series(name, row[speedup], values, look, hover))
    return Chart([Panel(series, speed_axis(x), Axis(QUALITY_NAMES[quality]))], height=2.8)


def token_boxes_chart(frame: pd.DataFrame) -> Chart:
    """Return a box per method and layer: quartiles, whiskers from 5 % to 95 % of the texts, the mean."""
    columns = ["q05", "q25", "median", "q75", "q95", "mean"]
    boxes = [
        Series(name, rows["layer"], 100 * rows[columns].to_numpy().T, look, "boxes")
        for name, look, rows in by_method(frame)
    ]
    return Chart([Panel(boxes, Axis("layer", whole=True), Axis(TOKENS_TITLE, (0, 104)))])


def shares_chart(frame: pd.DataFrame) -> Chart:
    """Return a line per method of `share_frame` over the batch sizes, which stand at equal distances."""
    sizes = sorted(set(frame["batch_size"]))
    lines = []
    for name, look, rows in by_method(frame):
        places, shares = [sizes.index(size) for size in rows["batch_size"]], rows["realised_share"]
        hover = [f"batch {sizes[x]}: {share:.2f}" for x, share in zip(places, shares, strict=True)]
        lines.append(Series(name, places, shares, look, hover=hover))
    lines.append(Series(y=[1], look=Look(GREY, dash="dash", width=1.0), kind="level"))
    x = Axis("batch size (texts)", ticks={place: str(size) for place, size in enumerate(sizes)})
    return Chart([Panel(lines, x, Axis("realised share", (0, None)))], height=2.4, pixels=380)


_KINDS: tuple[Dash, ...] = ("solid", "dash", "dot", "dashdot")


def passing_chart(frame: pd.DataFrame, quantities: Sequence[str]) -> Chart:
    """Return a line per system and quantity: how much goes on past each layer's cut.

    Args:
        frame: Rows of `schemas.SYSTEMS_BY_LAYER`.
        quantities: Which ones, at most four, told apart by their dashes.
    """
    lines = []
    for number, (system, rows) in enumerate(frame.groupby("system", sort=False)):
        look = series_look(str(rows["method"].iloc[0]), number)
        for quantity, dash in zip(quantities, _KINDS, strict=False):
            part = rows[rows["quantity"] == quantity]
            hover = [
                f"layer {layer}: {100 * value:.1f} %\n{n} windows"
                for layer, value, n in part[["layer", "value", "n"]].itertuples(index=False)
            ]
            name, own = f"{system}: {quantity}", replace(look, dash=dash)
            lines.append(Series(name, part["layer"], 100 * part["value"], own, hover=hover))
    y = Axis("goes on past the layer's cut, %", (0, 104))
    return Chart([Panel(lines, LAYER, y)], height=2.8)
