"""Agreement with rationales layer by layer: the frame behind each figure, and its drawing."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workbench.evaluation.metrics import METRICS
from workbench.reporting.run_data import CONTROLS, METHOD_ORDER, SCORER_ORDER, ordered
from workbench.reporting.style import label_axes, line_style, new_figure, plain
from workbench.reporting.wording import method_name, scorer_name

_KEPT = "the tokens that a pruned model passes on"


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
    scorers = ordered(frame["scorer"], (*SCORER_ORDER,))
    scorers = [s for s in scorers if s not in CONTROLS] + [s for s in CONTROLS if s in scorers]
    methods = ordered(frame["method"], METHOD_ORDER)
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


def draw_plausibility(frame: pd.DataFrame) -> Figure:
    """Two panels, AP and FPR by layer, from the rows of `plausibility_frame`."""
    where = _where(frame)
    figure, axes = new_figure(10, 4.6, 1, 2)
    panels = (("ap", "Average precision (higher is better)"),
              ("fpr", "False positive rate (lower is better)"))  # fmt: skip
    for ax, (metric, title) in zip(axes[0], panels, strict=True):
        _lines(ax, frame[frame["metric"] == metric], by="scorer")
        label_axes(ax, "layer", METRICS[metric].label, title)
    figure.suptitle(plain(f"Agreement with rationales: {where}, FPR by uniform selection"), fontsize=11)
    _legend(figure, axes[0, 0])
    return figure


def draw_metric(frame: pd.DataFrame) -> Figure:
    """One panel of any metric by layer, from rows of a single metric and selection, in order."""
    figure, axes = new_figure(7, 4.6)
    ax = axes[0, 0]
    _lines(ax, frame, by="scorer")
    if len(frame):
        first = frame.iloc[0]
        label = METRICS[first["metric"]].label
        label_axes(ax, "layer", label, f"{label}: {_where(frame)}, selection {first['selection']}")
        ax.set_ylim(*_span(frame))
    _legend(figure, ax)
    return figure


def _span(frame: pd.DataFrame) -> tuple[float, float]:
    """The metric's own range, or up to the highest value where it has no end."""
    metric = METRICS[frame["metric"].iloc[0]]
    high = metric.high if math.isfinite(metric.high) else float(frame["value"].max())
    return metric.low - 0.02 * high, 1.02 * high


def draw_kept(frame: pd.DataFrame) -> Figure:
    """Two panels, FPR and TPR of kept tokens by layer, from the rows of `kept_frame`."""
    figure, axes = new_figure(10, 4.2, 1, 2)
    for ax, metric in zip(axes[0], ("fpr", "tpr"), strict=True):
        _lines(ax, frame[frame["metric"] == metric], by="method")
        label_axes(ax, "layer", METRICS[metric].label, f"{METRICS[metric].label.capitalize()}")
    title = f"Rationale among {_KEPT}: {_where(frame)}, selection kept"
    figure.suptitle(plain(title), fontsize=11)
    _legend(figure, axes[0, 0])
    return figure


def _where(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "no rows"
    first = frame.iloc[0]
    return f"split {first['split']}, unit {first['unit']}, windows {first['universe']}"


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
    ax.grid(axis="y", color="#E5E5E5", linewidth=0.8, zorder=0)


def _label(scorer: object, method: object, by: str, models: pd.Series) -> str:
    if by == "method":
        return plain(method_name(method))
    if str(scorer) in CONTROLS:
        return plain(scorer_name(scorer))
    return plain(f"{scorer_name(scorer)} ({method_name(method)})")


def _legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        figure.legend(
            handles, labels, loc="outside lower center", ncols=min(4, len(labels)), fontsize=9,
            frameon=False,
        )  # fmt: skip
