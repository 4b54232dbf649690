"""Plausibility layer by layer: the frame behind each figure, and what the figure shows."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.catalog.scorers import CONTROLS, SCORERS
from workbench.metrics.registry import METRICS
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.style import BLACK, Look, series_look
from workbench.reporting.tables.table import sorted_by
from workbench.reporting.text.wording import capitalised, method_name, scorer_name

LAYER = Axis("layer", whole=True)


CURVES = (("none", "ap"), ("uniform", "fpr"))
SOFT_CURVES = (("none", "soft_ap"), ("none", "soft_spearman"))
KEPT = (("kept", "fpr"), ("kept", "tpr"))
"""Selection and metric of the figures' panels."""


def layer_frame(
    plausibility: pd.DataFrame,
    measures: Sequence[tuple[str, str]] = CURVES,
    *,
    unit: str = "token",
    window_set: str = "with-evidence",
) -> pd.DataFrame:
    """Return the rows of some measures in drawing order: scorers, then controls, each by layer.

    A control is the same on every model, so one method stands for it. What a model keeps does not depend
    on the scorer, so of `KEPT` one scorer stands for each method; there are no rows where nothing is
    ever dropped. Source: AdapLeR, figure of AP and FPR by layer.

    Args:
        plausibility: The table of that name.
        measures: Selection and metric of the rows; all of `kept`, or none.
        unit: `token` or `word`.
        window_set: Which windows count.
    """
    rows = plausibility[(plausibility["unit"] == unit) & (plausibility["universe"] == window_set)]
    keys = zip(rows["selection"], rows["metric"], strict=True)
    rows = in_order(rows[[key in measures for key in keys]])
    if "kept" not in dict(measures):
        return one_control(rows)
    first = rows.groupby("method")["scorer"].transform("first")
    return rows[rows["scorer"] == first].reset_index(drop=True)


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by scorer (controls last), method, metric and layer."""
    frame = frame.astype({"scorer": str, "method": str})
    ranks = {"scorer": ordered(frame["scorer"], SCORERS), "method": ordered(frame["method"], METHODS)}
    return sorted_by(frame.sort_values(["metric", "layer"], kind="stable"), ranks)


def one_control(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop all but the first method of each control."""
    first = frame.groupby("scorer")["method"].transform("first")
    return frame[~frame["scorer"].isin(CONTROLS) | (frame["method"] == first)].reset_index(drop=True)


def plausibility_chart(
    frame: pd.DataFrame,
    people: pd.DataFrame | None = None,
    measures: Sequence[tuple[str, str]] = CURVES,
) -> Chart:
    """Return a panel per measure that has values, with a line at what people reach where that is known.

    Args:
        frame: Rows of `layer_frame`.
        people: The table `human_bound` of the same split.
        measures: Of the panels: `CURVES` or `SOFT_CURVES`.
    """
    panels = []
    for _, metric in measures:
        rows = frame[frame["metric"] == metric]
        if rows["value"].isna().all():
            continue
        better = "higher" if METRICS[metric].higher_is_better else "lower"
        panel = _panel(frame, metric, f"{capitalised(METRICS[metric].label)} ({better} is better)")
        panels.append(replace(panel, series=[*panel.series, *people_level(rows, people)]))
    return Chart(panels)


def people_level(frame: pd.DataFrame, people: pd.DataFrame | None) -> list[Series]:
    """Return a line at what annotators reach against one another, none where that is not known.

    What a person marked is the selection, whichever rule selects for a scorer.

    Args:
        frame: Rows of one metric, unit and window set.
        people: The table `human_bound` of the same split.
    """
    if people is None or frame.empty:
        return []
    keys = ["metric", "unit", "universe"]
    here = people[(people[keys].astype(str) == frame[keys].iloc[0].astype(str)).all(axis=1)]
    look = Look(BLACK, dash="dash", width=1.0)
    return [Series("annotators", y=[value], look=look, kind="level") for value in here["value"][:1]]


def kept_chart(frame: pd.DataFrame) -> Chart:
    """Return two panels, FPR and TPR of kept tokens by layer, from rows of `KEPT`."""
    titles = {name: f"{capitalised(METRICS[name].label)} of the tokens kept" for name in ("fpr", "tpr")}
    panels = [_panel(frame, metric, title, by="method") for metric, title in titles.items()]
    return Chart(panels, height=2.3)


def where(frame: pd.DataFrame) -> str:
    """Return what texts the rows cover, for a caption."""
    if frame.empty:
        return ""
    first = frame.iloc[0]
    return f"Split {first['split']}, unit {first['unit']}, windows {first['universe']}."


def _panel(frame: pd.DataFrame, metric: str, title: str, by: str = "scorer") -> Panel:
    lines = layer_lines(frame[frame["metric"] == metric], by)
    low = METRICS[metric].low
    return Panel(lines, LAYER, Axis(METRICS[metric].label, (low - 0.02, 1.02)), title)


def layer_lines(frame: pd.DataFrame, by: str) -> list[Series]:
    """Return a line with its interval per scorer and method, coloured `by` one of them.

    Each point's data are (scorer, method, layer).
    """
    lines = []
    for number, ((scorer, method), rows) in enumerate(frame.groupby(["scorer", "method"], sort=False)):
        name = f"{scorer_name(scorer)} ({method_name(method)})"
        if by == "method":
            name = method_name(method)
        elif scorer in CONTROLS:
            name = scorer_name(scorer)
        look = series_look(str(scorer if by == "scorer" else method), number)
        interval = (None, None) if scorer in CONTROLS else (rows["ci_low"], rows["ci_high"])
        lines.append(
            Series(
                name, rows["layer"], rows["value"], look, low=interval[0], high=interval[1],
                hover=_hover(rows),
                data=[(scorer, method, int(layer)) for layer in rows["layer"]],
            )
        )  # fmt: skip
    return lines


def _hover(rows: pd.DataFrame) -> list[str]:
    texts = []
    for layer, value, low, high, n in rows[["layer", "value", "ci_low", "ci_high", "n"]].to_numpy():
        ends = "no interval" if low != low else f"95 % interval {low:.3f} to {high:.3f}"
        texts.append(f"layer {layer:.0f}: {value:.3f}\n{ends}\n{n:.0f} texts")
    return texts
