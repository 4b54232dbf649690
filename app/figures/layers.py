"""One metric layer by layer, with a ring around the chosen point."""

import math

import pandas as pd

from workbench.metrics.registry import METRICS
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.plausibility import LAYER, layer_lines, where
from workbench.reporting.figures.style import GREY, Look


def metric_chart(frame: pd.DataFrame, chosen: tuple[str, str, int] | None = None) -> Chart:
    """Return one panel of any metric by layer, from rows of a single metric and selection, in order.

    Each point's data are (scorer, method, layer); a ring marks the `chosen` one.
    """
    if frame.empty:
        return Chart([Panel((), LAYER, Axis())])
    metric = METRICS[str(frame["metric"].iloc[0])]
    better = {None: "", True: " (higher is better)", False: " (lower is better)"}
    title = f"{where(frame).removesuffix('.')}, selection {frame['selection'].iloc[0]}"
    # The metric's own range, or up to the highest value where it has no end.
    high = metric.high if math.isfinite(metric.high) else float(frame["value"].max())
    y = Axis(metric.label + better[metric.higher_is_better], (metric.low - 0.02 * high, 1.02 * high))
    lines = layer_lines(frame, by="scorer")
    if chosen is not None:
        here = frame[(frame[["scorer", "method", "layer"]] == list(chosen)).all(axis=1)]
        ring = Look(GREY, "ring", size=10, width=1.6)
        lines.append(Series("chosen point", here["layer"], here["value"], ring, "points"))
    return Chart([Panel(lines, LAYER, y, title)], pixels=460)
