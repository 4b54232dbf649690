"""Any description of a figure on the screen (Plotly) and in print (Matplotlib)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from app.data.flows import Flow
from app.figures.cells import draw_cell_map
from app.figures.theme import axis, escaped, ground, ink, lines, series_style
from app.figures.token_flow import flow_figure
from workbench.reporting.figures.chart import Axis, CellMap, Chart, Series
from workbench.reporting.figures.examples import Example, examples_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Description = Chart | CellMap | Sequence[Flow]
_QUANTILES = ("lowerfence", "q1", "median", "q3", "upperfence", "mean")


def on_screen(figure: Description, *, dark: bool = False) -> go.Figure:
    """Return the description as a Plotly figure, for a light or a dark page; charts have one panel."""
    if isinstance(figure, Chart):
        return _draw_chart(figure, dark)
    if isinstance(figure, CellMap):
        return draw_cell_map(figure, dark=dark)
    return flow_figure(figure, dark=dark)


def in_print(figure: Description) -> "Figure":
    """Return the description as a Matplotlib figure as wide as a page."""
    from workbench.reporting.figures.printing import draw

    return draw(figure if isinstance(figure, Chart | CellMap) else flow_map(figure))


def _draw_chart(chart: Chart, dark: bool) -> go.Figure:
    (panel,) = chart.panels
    # One description for Plotly to check: trace by trace it takes twice as long.
    layout = ground(dark=dark, height=chart.pixels) | {
        "xaxis": _axis(panel.x, dark), "yaxis": _axis(panel.y, dark), "boxmode": "group", "shapes": [],
        "showlegend": sum(bool(series.name) for series in panel.series) > 1, "barmode": "group",
        "bargap": 0.05,
    }  # fmt: skip
    if panel.note:
        layout["annotations"] = [
            {"text": escaped(panel.note), "xref": "paper", "yref": "paper", "x": 0.01, "y": 0.02,
             "showarrow": False}
        ]  # fmt: skip
    traces: list[dict[str, Any]] = []
    for number, series in enumerate(panel.series):
        if series.kind in ("level", "upright"):
            layout["shapes"].append(_across(series, dark))
        else:
            traces += _traces(series, f"series {number}", dark)
    return go.Figure(traces, layout)


def _axis(described: Axis, dark: bool) -> dict[str, Any]:
    drawn = axis(described.title, dark=dark)
    if described.log:
        drawn["type"] = "log"
    if described.limits != (None, None):
        limits = [end if end is None or not described.log else np.log10(end) for end in described.limits]
        drawn["range"] = limits
    if described.ticks is not None:
        drawn |= {"tickvals": list(described.ticks), "ticktext": list(described.ticks.values())}
    elif described.whole:
        drawn["dtick"] = 1
    return drawn


def _across(series: Series, dark: bool) -> dict[str, Any]:
    """A line through the whole panel; its name stands at it."""
    (place,) = series.y if series.kind == "level" else series.x
    across, at = "xy" if series.kind == "level" else "yx"
    ends = {f"{across}0": 0, f"{across}1": 1, f"{across}ref": "paper", f"{at}0": place, f"{at}1": place}
    style = series_style(series.look, dark=dark)
    label = {
        "text": lines(series.name),
        "textposition": "end",
        "textangle": 0,
        "font": {"color": ink(dark)},
    }
    return {"type": "line", "line": style["line"], "layer": "below", "label": label, **ends}


def _traces(series: Series, group: str, dark: bool) -> list[dict[str, Any]]:
    style = series_style(series.look, dark=dark)
    shared = {
        "name": lines(series.name), "showlegend": bool(series.name), "legendgroup": group,
        "hovertext": [lines(text) for text in series.hover],
        "hoverinfo": "text" if len(series.hover) else "skip",
    }  # fmt: skip
    if series.kind == "steps":
        edges = np.asarray(series.x, dtype=np.float64)
        middles, colour = (edges[:-1] + edges[1:]) / 2, {"color": series.look.colour}
        return [{"type": "bar", "x": middles, "y": series.y, "marker": colour, **shared}]
    if series.kind == "boxes":
        parts = dict(zip(_QUANTILES, np.asarray(series.y), strict=True))
        box = {"line": {"width": 1.5}, "marker": style["marker"], "boxmean": True, "hoverinfo": "all"}
        return [{"type": "box", "x": series.x, **parts, **shared, **box}]
    mode = "markers" if series.kind == "points" else "lines"
    if series.kind == "line" and (series.look.marker or len(series.hover)):
        mode = "lines+markers"
    trace = {
        "type": "scatter", "x": series.x, "y": series.y, "mode": mode, "connectgaps": False, **shared,
        **style,
    }  # fmt: skip
    if len(series.data):
        trace["customdata"] = [list(point) for point in series.data]
    if not len(series.x):
        # A name without numbers: Plotly shows it for a point that cannot be seen.
        trace |= {"x": [None], "y": [None]}
    if series.low is None or np.isnan(np.asarray(series.low, dtype=np.float64)).all():
        return [trace]
    x, y, low, high = (np.asarray(v) for v in (series.x, series.y, series.low, series.high))
    if series.kind == "points":
        trace["error_y"] = {
            "type": "data", "symmetric": False, "array": high - y, "arrayminus": y - low,
            "thickness": 1.2,
        }  # fmt: skip
        return [trace]
    band = {
        "type": "scatter", "x": [*x, *x[::-1]], "y": [*high, *low[::-1]], "fill": "toself",
        "fillcolor": style["line"]["color"], "line": {"width": 0}, "opacity": 0.18, "mode": "lines",
        "legendgroup": group, "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip
    return [band, trace]


TOKENS = 40
"""Tokens in a line."""


def flow_map(flows: Sequence[Flow]) -> CellMap:
    """Return all flows of one text, line by line, each line of `TOKENS` tokens under every flow."""
    whole = examples_map([Example("", "", {}, (flow.record,), flow.name) for flow in flows])
    panels = []
    for number, line in enumerate(zip(*(panel.lines(TOKENS) for panel in whole.panels), strict=True)):
        for flow, panel in zip(flows, line, strict=True):
            verdict = f"{': ' if flow.verdict else ''}{flow.verdict}"
            more = f", from token {number * TOKENS}" if number else verdict
            panels.append(replace(panel, title=flow.name + more))
    return replace(whole, panels=panels, width=min(TOKENS, whole.width))
