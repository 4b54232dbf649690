"""Maps of coloured cells on the screen."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from app.figures.theme import axis, escaped, ground, lines, scale
from workbench.core.documents import runs
from workbench.reporting.figures.chart import CellMap, Cells, short
from workbench.reporting.figures.style import STRONG, VERMILLION

_ROW, _WRITTEN_ROW, _HEAD, _FOOT = 24, 46, 90, 60
"""Pixels of a row, of a row with texts in its cells, of the words above a panel, and of the legend."""
_MARKS = {"cross": ("x-thin", 9), "small cross": ("x-thin", 5), "bar": ("line-ew", 9)}


def draw_cell_map(cells: CellMap, *, dark: bool) -> go.Figure:
    """Return the panels below each other, the columns' names above each."""
    written = any(panel.texts is not None for panel in cells.panels)
    row = _WRITTEN_ROW if written else _ROW
    body = row * max((len(panel.rows) for panel in cells.panels), default=1)
    plot = max(len(cells.panels) * (body + _HEAD) - _HEAD, 1)
    # One description for Plotly to check: trace by trace and axis by axis it takes twice as long.
    traces: list[dict[str, Any]] = []
    layout = ground(dark=dark, height=plot + _HEAD + _FOOT) | {
        "coloraxis": {
            "colorscale": scale(signed=cells.signed, dark=dark), "cmin": -1 if cells.signed else 0,
            "cmax": 1, "showscale": bool(cells.bar), "colorbar": _bar(cells.signed, plot),
        },
        "showlegend": False,
        "margin": {"l": 160 if written else 50, "r": 10, "t": _HEAD, "b": _FOOT},
        "annotations": [_about_colours(cells.bar)] if cells.bar else [],
        "shapes": [],
    }  # fmt: skip
    for number, panel in enumerate(cells.panels):
        name = str(number + 1) if number else ""
        refs = {"xaxis": f"x{name}", "yaxis": f"y{name}"}
        traces += _traces(panel, refs)
        layout["shapes"] += _outlines(panel, refs)
        layout["annotations"] += _texts(panel, refs, dark)
        top = 1 - number * (body + _HEAD) / plot if number else 1.0
        layout[f"xaxis{name}"] = {
            "anchor": refs["yaxis"], "range": [-0.5, cells.width - 0.5], "side": "top",
            "tickangle": -20 if written else -60, "tickfont": {"size": 12},
            **_ticks(panel.columns, 40 if written else 14),
        }  # fmt: skip
        layout[f"yaxis{name}"] = {
            "anchor": refs["xaxis"], "domain": (max(0.0, top - body / plot), top),
            "range": [len(panel.rows) - 0.5, -0.5], "title": axis(cells.row_title, dark=dark)["title"],
            **_ticks(panel.rows, 40),
        }  # fmt: skip
    return go.Figure(traces, layout)


def _ticks(names: Sequence[str], longest: int) -> dict[str, Any]:
    """Margins are fixed and labels may stand out: else Plotly measures each."""
    return {
        "tickvals": list(range(len(names))), "ticklabeloverflow": "allow", "showgrid": False,
        "ticktext": [escaped(short(name, longest)) for name in names], "zeroline": False,
    }  # fmt: skip


def _about_colours(text: str) -> dict[str, Any]:
    return {
        "text": "<br>".join(map(escaped, text.split("; "))), "xref": "paper", "yref": "paper", "x": 0,
        "y": 0, "yshift": -48, "showarrow": False, "xanchor": "left", "align": "left",
    }  # fmt: skip


def _traces(panel: Cells, refs: dict[str, str]) -> list[dict[str, Any]]:
    hover = [[lines(text) for text in row] for row in panel.hover or []]
    traces = [
        {
            "type": "heatmap", "x": list(range(len(panel.columns))), "y": list(range(len(panel.rows))),
            "z": panel.values, "coloraxis": "coloraxis", "xgap": 1, "ygap": 1, "text": hover,
            "hovertemplate": "%{text}<extra></extra>", "hoverongaps": True, **refs,
        }
    ]  # fmt: skip
    for mark, places in panel.marks.items():
        symbol, size = _MARKS[mark]
        if places:
            y, x = zip(*places, strict=True)
            marker = {"symbol": symbol, "size": size, "line": {"width": 1.4, "color": "#888888"}}
            traces.append(
                {"type": "scatter", "x": x, "y": y, "mode": "markers", "hoverinfo": "skip",
                 "marker": marker, **refs}
            )  # fmt: skip
    return traces


def _texts(panel: Cells, refs: dict[str, str], dark: bool) -> list[dict[str, Any]]:
    """The texts in the cells; on a strong colour they are those of the ground."""
    strong = {"color": "#111111" if dark else "#FFFFFF"}
    return [
        {"x": column, "y": row, "text": escaped(text), "showarrow": False, "xref": refs["xaxis"],
         "yref": refs["yaxis"],
         "font": strong if abs(panel.values[row, column]) > STRONG else None}
        for row, texts in enumerate(panel.texts or ())
        for column, text in enumerate(texts)
    ]  # fmt: skip


def _outlines(panel: Cells, refs: dict[str, str]) -> list[dict[str, Any]]:
    """A frame around each run of marked columns."""
    return [
        {"type": "rect", "x0": span.start - 0.5, "x1": span.end - 0.5, "y0": -0.5,
         "y1": len(panel.rows) - 0.5, "line": {"color": VERMILLION, "width": 2.5},
         "xref": refs["xaxis"], "yref": refs["yaxis"]}
        for span in runs(panel.outlined)
    ]  # fmt: skip


def _bar(signed: bool, plot: int) -> dict[str, object]:
    """The colour bar below a plot of so many pixels, to the right of the sentence about it."""
    return {
        "orientation": "h", "thickness": 12, "len": 0.4, "x": 1, "xanchor": "right", "yanchor": "top",
        "y": -20 / plot, "tickvals": [-1, 0, 1] if signed else [0, 1],
        "ticktext": ["−max", "0", "max"] if signed else ["0", "max"],
    }  # fmt: skip
