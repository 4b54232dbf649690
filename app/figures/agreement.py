"""Agreement with rationales layer by layer, for the screen: rows of one choice, and their curves."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.figures.theme import dress, series_style, shown
from workbench.catalog.scorers import CONTROLS
from workbench.metrics.registry import METRICS
from workbench.reporting.figures.plausibility import in_order, kept_once, one_control
from workbench.reporting.figures.style import SKY
from workbench.reporting.text.wording import method_name, scorer_name

Point = tuple[str, str, int]
"""Scorer, method, layer."""


def layer_frame(
    plausibility: pd.DataFrame, *, unit: str, universe: str, selection: str, metric: str
) -> pd.DataFrame:
    """The rows of one metric by scorer, method and layer, in the order of the report's figures.

    A control is the same on every model, so one method stands for it; what a model keeps does not
    depend on who scores, so with selection `kept` one scorer stands for each method.
    """
    chosen = {"unit": unit, "universe": universe, "selection": selection, "metric": metric}
    rows = plausibility
    for column, value in chosen.items():
        rows = rows[rows[column] == value]
    rows = in_order(rows)
    return kept_once(rows) if selection == "kept" else one_control(rows)


def not_measured(plausibility: pd.DataFrame, frame: pd.DataFrame, selection: str) -> list[str]:
    """A sentence for each scorer of the table, or layer of it, without a value in the chosen `frame`."""
    there = set(frame["scorer"].astype(str))
    layers = set(plausibility["layer"].astype(int))
    sentences = []
    for scorer in in_order(plausibility)["scorer"].unique():
        name = scorer_name(scorer)
        if scorer not in there:
            if selection != "kept":
                sentences.append(f"{name}: not measured, because no text has a value for this choice.")
            continue
        lacking = sorted(layers - set(frame.loc[frame["scorer"] == scorer, "layer"].astype(int)))
        if lacking:
            told = ", ".join(map(str, lacking))
            sentences.append(f"{name}: not measured in layer {told}, of which it says nothing.")
    if selection == "kept":
        sentences.append(
            "Scorers on a model that drops nothing have no kept tokens; of several scorers on one model "
            "the first is shown, because what the model keeps is the same for all."
        )
    return sentences


def draw_layers(frame: pd.DataFrame, *, dark: bool = False, chosen: Point | None = None) -> go.Figure:
    """A line with its 95 % interval per scorer and method of `layer_frame`; a ring marks `chosen`.

    Each point carries (scorer, method, layer) as its customdata.
    """
    metric = METRICS.get(str(frame["metric"].iloc[0])) if len(frame) else None
    title = "" if metric is None else f"{metric.label}{_direction(metric.higher_is_better)}"
    figure = dress(go.Figure(), dark=dark, height=460, x="layer", y=title)
    for number, ((scorer, method), rows) in enumerate(frame.groupby(["scorer", "method"], sort=False)):
        style = series_style(str(scorer), number, dark=dark)
        who = (
            scorer_name(scorer)
            if scorer in CONTROLS
            else f"{scorer_name(scorer)} ({method_name(method)})"
        )
        if rows["ci_low"].notna().any() and scorer not in CONTROLS:
            figure.add_trace(_band(rows, style["line"]["color"], f"{scorer} {method}"))
        if scorer in CONTROLS:
            style["marker"]["size"] = 4
        figure.add_trace(_line(rows, style, shown(who), f"{scorer} {method}"))
    if chosen is not None:
        _ring(figure, frame, chosen)
    figure.update_xaxes(dtick=1)
    return figure


def _direction(higher: bool | None) -> str:
    return "" if higher is None else f" ({'higher' if higher else 'lower'} is better)"


def _line(rows: pd.DataFrame, style: dict[str, Any], name: str, group: str) -> go.Scatter:
    interval = [
        "no interval" if low != low else f"95 % interval {low:.3f} to {high:.3f}"
        for low, high in rows[["ci_low", "ci_high"]].to_numpy(dtype=float)
    ]
    data = list(
        zip(rows["scorer"], rows["method"], rows["layer"].astype(int), interval, rows["n"], strict=True)
    )
    return go.Scatter(
        x=rows["layer"], y=rows["value"], mode="lines+markers", name=name, legendgroup=group,
        customdata=data, connectgaps=False, **style,
        hovertemplate="layer %{x}: %{y:.3f}<br>%{customdata[3]}<br>%{customdata[4]} texts",
    )  # fmt: skip


def _band(rows: pd.DataFrame, colour: str, group: str) -> go.Scatter:
    layers = rows["layer"].tolist()
    return go.Scatter(
        x=[*layers, *layers[::-1]], y=[*rows["ci_high"], *rows["ci_low"][::-1]], fill="toself",
        line={"width": 0, "color": colour}, fillcolor=colour, opacity=0.18, mode="lines",
        legendgroup=group, showlegend=False, hoverinfo="skip",
    )  # fmt: skip


def _ring(figure: go.Figure, frame: pd.DataFrame, chosen: Point) -> None:
    scorer, method, layer = chosen
    at = frame[(frame["scorer"] == scorer) & (frame["method"] == method) & (frame["layer"] == layer)]
    figure.add_trace(
        go.Scatter(
            x=at["layer"],
            y=at["value"],
            mode="markers",
            name="chosen point",
            hoverinfo="skip",
            marker={"symbol": "circle-open", "size": 18, "line": {"width": 3}, "color": "#7F7F7F"},
        )
    )


def draw_spread(frame: pd.DataFrame, mean: float, x: str, *, dark: bool = False) -> go.Figure:
    """The bins of `figures.spread_frame` with a line at the values' mean (NaN: none)."""
    figure = dress(go.Figure(), dark=dark, height=220, x=x, y="texts")
    figure.add_bar(
        x=(frame["low"] + frame["high"]) / 2, y=frame["texts"], width=frame["high"] - frame["low"],
        marker={"color": SKY}, customdata=frame[["low", "high"]],
        hovertemplate="%{customdata[0]:.3f} to %{customdata[1]:.3f}: %{y} texts<extra></extra>",
    )  # fmt: skip
    if mean == mean:
        figure.add_vline(mean, line={"dash": "dash", "width": 2}, annotation_text=f"mean {mean:.3f}")
    return figure
