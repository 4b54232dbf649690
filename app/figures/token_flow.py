"""Token flow on the screen: each token's band goes on until the layer that drops it."""

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.data.flows import DROPPED, GONE, Flow, ranks, states
from app.figures.theme import escaped, ground, ink, scale
from workbench.core.display_text import visible
from workbench.core.documents import runs
from workbench.reporting.figures.chart import short
from workbench.reporting.figures.examples import shades
from workbench.reporting.figures.style import VERMILLION

ROW, LINE = 19, 72
"""Pixels of a row; characters in a line of tokens before the next one begins."""
LONGEST = 18
"""Characters of a token that are shown; the hover has more."""
NARROW = 460
"""Pixels that are left for the figure on a page of 800 beside the sidebar: what stands above columns of
tokens fits into them."""
_UNIT, _GAP = 2.5, 1.5
"""Width of a layer, and of the space after a flow, where tokens run down."""
_FORCED = {"kept": "▲", "dropped": "▼"}
_Text = tuple[float, float, str]
"""x, row, and what stands there."""
_TEXTS = {
    "layers": ("text", "{}", "middle left", 12),
    "flows": ("text", "<b>{}</b>", "middle right", 13),
    "prediction": ("markers+text", "  {}", "middle right", 14),
    "more": ("text", "    {}", "middle right", 14),
}
"""Mode, form, place and size of texts: the layers' numbers (as points, because Plotly needs minutes for
an axis of a thousand labels), names of flows, predictions and their further lines."""


@dataclass
class _Canvas:
    """What is to be drawn, in rows and characters; rows count downward."""

    heat: list[dict[str, Any]] = field(default_factory=list)
    words: list[_Text] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    """The number of each word's token."""
    crosses: list[_Text] = field(default_factory=list)
    outlines: list[tuple[float, float, float, float]] = field(default_factory=list)
    """left, top, right, bottom."""
    texts: dict[str, list[_Text]] = field(default_factory=lambda: {name: [] for name in _TEXTS})


def flow_figure(flows: Sequence[Flow], *, across: bool = True, dark: bool = False) -> go.Figure:
    """Return up to a handful of flows of one text, below each other or side by side.

    Colour is the score relative to the largest of a word in its layer, a cross stands where a token is
    dropped, orange outlines are human rationale, the diamond at [CLS] is the prediction. The points of
    the first trace are the tokens, with their number as `customdata` for a click on one.

    Args:
        flows: ValueError where they are of different texts.
        across: Tokens run across in lines, layers downward below each line, so that a long text hides
            nothing; else there is one token per row, and the layers of each flow run across.
        dark: Whether the page is dark.
    """
    if len({flow.record.tokens for flow in flows}) != 1:
        raise ValueError("flows of one text are drawn together")
    canvas = _Canvas()
    height = _place_across(canvas, flows) if across else _place_down(canvas, flows)
    right = max(float(heat["x"][-1]) for heat in canvas.heat)
    if across:
        # A short text is not stretched over the whole width.
        left, right, margin = -7.0, max(0.6 * LINE, right), 5
    else:
        left, margin = -_GAP, _beside(word for *_, word in canvas.words)
    hidden = {"visible": False, "fixedrange": True}
    layout = ground(dark=dark, height=int(height * ROW + 10)) | {
        "showlegend": False, "clickmode": "event+select", "dragmode": False,
        "font": {"family": "Source Sans, sans-serif"}, "margin": {"l": margin, "r": 5, "t": 5, "b": 5},
        "xaxis": hidden | {"range": [left, right + 0.5]}, "yaxis": hidden | {"range": [height, 0]},
    }  # fmt: skip
    return go.Figure(_traces(canvas, dark, across), layout)


def _place_across(canvas: _Canvas, flows: Sequence[Flow]) -> float:
    """Place tokens across; returns the number of rows."""
    labels, cells = _labels(flows), [_cells(flow) for flow in flows]
    top = 0.0
    for number, (start, stop) in enumerate(_broken([len(label) for label in labels])):
        edges = np.cumsum([0, *(_width(len(label)) for label in labels[start:stop])])
        middles = (edges[:-1] + edges[1:]) / 2
        for index, x in zip(range(start, stop), middles, strict=True):
            canvas.words.append((float(x), top + 0.5, labels[index]))
            canvas.tokens.append(index)
        spans = _marked(flows[0], slice(start, stop))
        canvas.outlines += [(float(edges[a]), top, float(edges[b]), top + 1) for a, b in spans]
        top += 1
        for flow, (state, colours, texts) in zip(flows, cells, strict=True):
            if len(flows) > 1 or not number:
                canvas.texts["flows"].append((0.0, top + 0.5, flow.name))
                top += 1
            layers, part = flow.record.layers, np.s_[:, start:stop]
            rows = np.arange(layers + 1) + top
            canvas.heat.append({"x": edges, "y": rows, "z": colours[part], "text": texts[part]})
            for layer, column in np.argwhere(state[part] == DROPPED):
                canvas.crosses.append((float(middles[column]), top + layer + 0.5, ""))
            canvas.outlines += [(float(edges[a]), top, float(edges[b]), top + layers) for a, b in spans]
            canvas.texts["layers"] += [
                (-0.5, top + layer + 0.5, str(layer) if layer else "layer 0") for layer in range(layers)
            ]
            top += layers
            if not number and flow.verdict:
                canvas.texts["prediction"].append((float(middles[0]), top + 0.5, flow.verdict))
                top += 1
        top += 0.6
    return top


def _place_down(canvas: _Canvas, flows: Sequence[Flow]) -> float:
    """Place tokens down, the flows side by side; returns the number of rows."""
    labels = _labels(flows)
    depths = [flow.record.layers for flow in flows]
    pixels = (NARROW - _beside(labels)) / (_UNIT * sum(depths) + _GAP * (len(flows) + 1))
    rooms = [pixels * (_UNIT * layers + 0.5 * _GAP) for layers in depths]
    names = [
        [line for part in flow.name.split(" · ", 1) for line in _wrapped(part, room)]
        for flow, room in zip(flows, rooms, strict=True)
    ]
    ends = [_wrapped(flow.verdict, room - 16) for flow, room in zip(flows, rooms, strict=True)]
    below = max(map(len, names))
    left, head = 0.0, below + max(map(len, ends)) + 1.0
    rows = np.arange(len(labels) + 1) + head
    canvas.words += [(-0.7, head + index + 0.5, label) for index, label in enumerate(labels)]
    canvas.tokens += range(len(labels))
    for flow, layers, name, verdict in zip(flows, depths, names, ends, strict=True):
        state, colours, texts = _cells(flow)
        edges = left + _UNIT * np.arange(layers + 1)
        middles = edges[:-1] + _UNIT / 2
        canvas.texts["flows"] += [(left, row + 0.5, part) for row, part in enumerate(name)]
        canvas.heat.append({"x": edges, "y": rows, "z": colours.T, "text": texts.T})
        for layer, index in np.argwhere(state == DROPPED):
            canvas.crosses.append((float(middles[layer]), head + index + 0.5, ""))
        step = math.ceil((9 if layers <= 10 else 16) / (pixels * _UNIT))
        canvas.texts["layers"] += [
            (float(middles[layer]), head - 0.5, str(layer)) for layer in range(0, layers, step)
        ]
        lines = [(left + 0.5, below + row + 0.5, part) for row, part in enumerate(verdict)]
        canvas.texts["prediction"] += lines[:1]
        canvas.texts["more"] += lines[1:]
        canvas.outlines += [
            (left, head + a, float(edges[-1]), head + b) for a, b in _marked(flow, slice(None))
        ]
        left = float(edges[-1]) + _GAP
    return len(labels) + head


def _marked(flow: Flow, part: slice) -> list[tuple[int, int]]:
    """Half-open runs of human rationale within a part of the text."""
    marks = flow.record.rationale
    return [] if marks is None else [(span.start, span.end) for span in runs(marks[part])]


def _wrapped(text: str, pixels: float) -> list[str]:
    """Lines of ordinary letters, 6.4 pixels each, no wider than so many; more than six lines are cut."""
    return textwrap.wrap(visible(text), max(4, int(pixels / 6.4)), max_lines=6, placeholder="…")


def _beside(words: Iterable[str]) -> int:
    """Pixels that the longest of the tokens beside the rows needs."""
    return 10 + int(7.5 * max(map(len, words)))


def _cells(flow: Flow) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(layers, n) each: state, shade, and the hover's text."""
    state = states(flow.record)
    return state, shades(flow.record), _hovers(flow, state)


def _hovers(flow: Flow, state: np.ndarray) -> np.ndarray:
    """(layers, n) of texts: token, layer, what became of it, score, threshold, rank."""
    places, remaining = ranks(flow.record), (state != GONE).sum(axis=1)
    names = [escaped(short(token, 200)) for token in flow.record.tokens]
    dropped_at = (state == DROPPED).argmax(axis=0)
    texts = np.empty(state.shape, dtype=object)
    for layer, index in np.ndindex(*state.shape):
        lines = [f"<b>{names[index]}</b>, layer {layer}"]
        if state[layer, index] == GONE:
            lines.append(f"dropped at layer {dropped_at[index]}")
        else:
            lines.append("dropped here" if state[layer, index] == DROPPED else "stays")
            lines += _numbers(flow, layer, index, float(places[layer, index]), int(remaining[layer]))
        texts[layer, index] = "<br>".join(lines)
    return texts


def _numbers(flow: Flow, layer: int, index: int, place: float, remaining: int) -> list[str]:
    score = float(flow.record.scores[layer, index])
    if np.isnan(score):
        return ["no score in this layer"]
    limit = np.nan if flow.thresholds is None else float(flow.thresholds[layer, index])
    needed = "" if np.isnan(limit) else f", threshold {limit:.4f}"
    return [f"score {score:.4f}{needed}", f"rank {int(place)} of {remaining}"]


def _traces(canvas: _Canvas, dark: bool, across: bool) -> list[dict[str, Any]]:
    letters, colours = {"color": ink(dark)}, scale(signed=False, dark=dark)
    diamond = {"symbol": "diamond", "size": 10, **letters}
    cross = {"symbol": "x-thin", "size": 7,
             "line": {"color": "#9A9AA0" if dark else "#77777C", "width": 1.5}}  # fmt: skip
    tokens = _scatter(canvas.words) | {
        "mode": "markers+text", "name": "tokens", "customdata": canvas.tokens,
        "textposition": "middle center" if across else "middle left", "textfont": letters | {"size": 13},
        "marker": {"size": ROW, "opacity": 0, "symbol": "square"}, "unselected": {"textfont": letters},
        # "none" shows nothing but, unlike "skip", lets a click through.
        "hoverinfo": "none", "cliponaxis": False,
    }  # fmt: skip
    heat = [
        part | {
            "type": "heatmap", "zmin": 0, "zmax": 1, "colorscale": colours, "showscale": False,
            "hoverinfo": "text", "xgap": 1 + across, "ygap": 2 - across, "name": "score",
        }
        for part in canvas.heat
    ]  # fmt: skip
    outlines = _path(canvas.outlines) | {
        "mode": "lines", "line": {"color": VERMILLION, "width": 2}, "name": "rationale",
    }  # fmt: skip
    crosses = _scatter(canvas.crosses) | {"mode": "markers", "marker": cross, "name": "dropped"}
    texts = [
        _scatter(canvas.texts[name], template) | {
            "mode": mode, "marker": diamond, "name": name, "textfont": letters | {"size": size},
            "textposition": "middle center" if name == "layers" and not across else place,
        }
        for name, (mode, template, place, size) in _TEXTS.items()
    ]  # fmt: skip
    return [tokens, *heat, outlines, crosses, *texts]


def _scatter(texts: Sequence[_Text], template: str = "{}") -> dict[str, Any]:
    x, y, words = zip(*texts, strict=True) if texts else ((), (), ())
    written = [template.format(escaped(word)) for word in words]
    return {"type": "scatter", "x": x, "y": y, "text": written, "hoverinfo": "skip"}


def _path(boxes: Sequence[tuple[float, float, float, float]]) -> dict[str, Any]:
    """All outlines in one line, with gaps between them."""
    x: list[float | None] = []
    y: list[float | None] = []
    for left, top, right, bottom in boxes:
        x += [left, right, right, left, left, None]
        y += [top, top, bottom, bottom, top, None]
    return {"type": "scatter", "x": x, "y": y, "hoverinfo": "skip"}


def _labels(flows: Sequence[Flow]) -> list[str]:
    forced = {index: kind for flow in flows for index, kind in flow.forced.items()}
    return [
        _FORCED.get(forced.get(index, ""), "") + short(token, LONGEST)
        for index, token in enumerate(flows[0].record.tokens)
    ]


def _broken(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Half-open ranges of tokens, at least one to a line; lines are as even as their number allows."""
    ranges = _filled(lengths, LINE)
    for narrower in range(LINE - 1, 0, -1):
        evener = _filled(lengths, narrower)
        if len(evener) > len(ranges):
            break
        ranges = evener
    return ranges


def _filled(lengths: Sequence[int], line: int) -> list[tuple[int, int]]:
    ranges, start, used = [], 0, 0.0
    for index, length in enumerate(lengths):
        if index > start and used + _width(length) > line:
            ranges.append((start, index))
            start, used = index, 0.0
        used += _width(length)
    return [*ranges, (start, len(lengths))]


def _width(length: int) -> float:
    return max(length, 2) + 1.5
