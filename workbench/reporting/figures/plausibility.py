"""Agreement with rationales layer by layer: the frame behind each figure, and its drawing."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.catalog.scorers import CONTROLS, SCORERS
from workbench.metrics.registry import METRICS
from workbench.reporting.figures.all import DOUBLE, SINGLE, legend_below, name_axes, print_panels
from workbench.reporting.figures.style import GREY, SKY, line_style, plain
from workbench.reporting.text.wording import capitalised, method_name, scorer_name


def plausibility_frame(
    plausibility: pd.DataFrame, *, unit: str = "token", universe: str = "with-evidence"
) -> pd.DataFrame:
    """The AP rows and the uniform-selection FPR rows of one unit and universe.

    The contract's columns in drawing order: scorers, then controls, each by method and layer. A
    control is the same on every model, so one method stands for it. Source: AdapLeR, figure of
    AP and FPR by layer.
    """
    frame = plausibility[(plausibility["unit"] == unit) & (plausibility["universe"] == universe)]
    ap, fpr = frame["metric"] == "ap", frame["metric"] == "fpr"
    frame = frame[ap | (fpr & (frame["selection"] == "uniform"))]
    return one_control(in_order(frame))


def kept_frame(
    plausibility: pd.DataFrame, *, unit: str = "token", universe: str = "with-evidence"
) -> pd.DataFrame:
    """FPR and TPR of the tokens that each dropping model keeps, one scorer per method.

    What a model keeps does not depend on who scores, so the first scorer of each method stands for
    it. Empty where nothing is ever dropped.
    """
    frame = plausibility[
        (plausibility["unit"] == unit)
        & (plausibility["universe"] == universe)
        & (plausibility["selection"] == "kept")
        & plausibility["metric"].isin(["fpr", "tpr"])
    ]
    return kept_once(in_order(frame))


def kept_once(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop all but the first scorer of each method."""
    first = frame.groupby("method", observed=True)["scorer"].transform("first")
    return frame[frame["scorer"] == first].reset_index(drop=True)


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by scorer (controls last), method, metric and layer."""
    frame = frame.astype({"scorer": str, "method": str})
    scorers = ordered(frame["scorer"], SCORERS)
    methods = ordered(frame["method"], METHODS)
    ranks = {"scorer": scorers, "method": methods}
    return frame.sort_values(
        ["scorer", "method", "metric", "layer"],
        key=lambda column: column.map(ranks[column.name].index) if column.name in ranks else column,
        kind="stable",
    ).reset_index(drop=True)


def one_control(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop all but the first method of each control."""
    first = frame.groupby("scorer")["method"].transform("first")
    return frame[~frame["scorer"].isin(CONTROLS) | (frame["method"] == first)].reset_index(drop=True)


def draw_plausibility(frame: pd.DataFrame, width: float = DOUBLE) -> Figure:
    """Two panels, AP and FPR by layer, from the rows of `plausibility_frame`."""
    figure, axes = print_panels(width, 2.5, 2)
    panels = (("ap", "Average precision (higher is better)"),
              ("fpr", "False positive rate (lower is better)"))  # fmt: skip
    for ax, (metric, title) in zip(axes, panels, strict=True):
        _lines(ax, frame[frame["metric"] == metric], by="scorer")
        name_axes(ax, "layer", METRICS[metric].label, title)
    legend_below(figure, axes[0])
    return figure


def draw_metric(frame: pd.DataFrame, width: float = DOUBLE) -> Figure:
    """One panel of any metric by layer, from rows of a single metric and selection, in order."""
    figure, (ax,) = print_panels(width, 2.5, 1)
    _lines(ax, frame, by="scorer")
    if len(frame):
        first = frame.iloc[0]
        label = METRICS[first["metric"]].label
        name_axes(ax, "layer", label, f"{label}: {where(frame)}, selection {first['selection']}")
        ax.set_ylim(*_span(frame))
    legend_below(figure, ax)
    return figure


def spread_frame(values: pd.Series, bins: int = 25) -> pd.DataFrame:
    """`low`, `high`, `texts`: how many of the texts' values lie in [low, high), the last end included;
    bins of one width from the lowest value to the highest."""
    counts, edges = np.histogram(values, bins)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "texts": counts})


def draw_spread(frame: pd.DataFrame, mean: float, x: str, width: float = SINGLE) -> Figure:
    """The bins of `spread_frame` with a line at the values' mean (NaN: none); `x` names the values."""
    figure, (ax,) = print_panels(width, 1.8, 1)
    ax.stairs(frame["texts"], [*frame["low"], frame["high"].iloc[-1]], fill=True, color=SKY)
    if mean == mean:
        ax.axvline(mean, color=GREY, linestyle="--", linewidth=1.2, label=f"mean {mean:.3f}")
    name_axes(ax, x, "texts")
    legend_below(figure, ax)
    return figure


def _span(frame: pd.DataFrame) -> tuple[float, float]:
    """The metric's own range, or up to the highest value where it has no end."""
    metric = METRICS[frame["metric"].iloc[0]]
    high = metric.high if math.isfinite(metric.high) else float(frame["value"].max())
    return metric.low - 0.02 * high, 1.02 * high


def draw_kept(frame: pd.DataFrame, width: float = DOUBLE) -> Figure:
    """Two panels, FPR and TPR of kept tokens by layer, from the rows of `kept_frame`."""
    figure, axes = print_panels(width, 2.3, 2)
    for ax, metric in zip(axes, ("fpr", "tpr"), strict=True):
        _lines(ax, frame[frame["metric"] == metric], by="method")
        label = METRICS[metric].label
        name_axes(ax, "layer", label, f"{capitalised(label)} of the tokens kept")
    legend_below(figure, axes[0])
    return figure


def where(frame: pd.DataFrame) -> str:
    """Of which texts the rows speak, for a caption."""
    if frame.empty:
        return ""
    first = frame.iloc[0]
    return f"Split {first['split']}, unit {first['unit']}, windows {first['universe']}."


def _lines(ax: Axes, frame: pd.DataFrame, by: str) -> None:
    """One line with an interval band per scorer and method."""
    models = frame.groupby("scorer")["method"].nunique()
    groups = frame.groupby(["scorer", "method"], sort=False)
    for number, ((scorer, method), rows) in enumerate(groups):
        name = str(scorer if by == "scorer" else method)
        style = line_style(name, number)
        ax.plot(rows["layer"], rows["value"], label=_label(scorer, method, by, models), **style)
        if rows["ci_low"].notna().any() and name not in CONTROLS:
            ax.fill_between(
                rows["layer"], rows["ci_low"], rows["ci_high"], color=style["color"], alpha=0.15, lw=0
            )
    ax.set_ylim(-0.02, 1.02)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _label(scorer: object, method: object, by: str, models: pd.Series) -> str:
    if by == "method":
        return plain(method_name(method))
    if str(scorer) in CONTROLS:
        return plain(scorer_name(scorer))
    return plain(f"{scorer_name(scorer)} ({method_name(method)})")
