"""Token flow on the screen: each token's band goes on until the layer that drops it."""

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.figures.theme import dress
from workbench.core.display_text import for_plotly, visible
from workbench.reporting.figures.cells import short, stretches
from workbench.reporting.figures.examples import shades
from workbench.reporting.figures.flow_data import DROPPED, GONE, Flow, ranks, states
from workbench.reporting.figures.style import VERMILLION

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ROW, LINE = 19, 72
"""Pixels of a row; characters in a line of tokens before the next one begins."""
LONGEST = 18
"""Characters of a token that are shown; the hover has more."""
NARROW = 460
"""Pixels that are left for the figure on a page of 800 beside the sidebar: what stands above columns of
tokens fits into them."""
_UNIT, _GAP = 2.5, 1.5
"""Width of a layer, and of the space after a flow, where tokens run down."""
_SCALES = {
    False: [[0, "#C9DCEE"], [0.5, "#4A90C8"], [1, "#08306B"]],
    True: [[0, "#23405C"], [0.5, "#3F8FD2"], [1, "#D6ECFF"]],
}
_FORCED = {"kept": "▲", "dropped": "▼"}


@dataclass
class _Canvas:
    """What is to be drawn, in rows and characters; rows count downward."""

    heat: list[dict[str, Any]]
    words: list[tuple[float, float, str, int]]
    """x, row, text, token."""
    crosses: list[tuple[float, float]]
    outlines: list[tuple[float, float, float, float]]
    """left, top, right, bottom."""
    ends: list[tuple[float, float, str]]
    more: list[tuple[float, float, str]]
    """Further lines of the predictions."""
    names: list[tuple[float, float, str]]
    layers: list[tuple[float, float, str]]
    """The layers' numbers: as points, because Plotly needs minutes for an axis of a thousand labels."""


def flow_figure(
    flows: Sequence[Flow], *, across: bool = True, dark: bool = False, line: int = LINE
) -> "Figure":
    """Up to a handful of flows of one text, one below the other, or side by side with the tokens down.

    `across`: tokens run across in lines of about `line` characters, layers downward below each line, so
    that a long text hides nothing; else one token per row, and the layers of each flow across. Colour is
    the score relative to the largest of a word in its layer, a cross stands where a token is dropped,
    orange outlines are human rationale, the diamond at [CLS] is the prediction. The points of the first
    trace are the tokens, with their number as `customdata`: a click on one can be asked about.
    ValueError for flows of different texts.
    """
    tokens = {flow.record.tokens for flow in flows}
    if len(tokens) != 1:
        raise ValueError("flows of one text are drawn together")
    canvas = _Canvas([], [], [], [], [], [], [], [])
    height = _lines(canvas, flows, line) if across else _columns(canvas, flows)
    figure = _drawn(canvas, dark, height, across)
    return _axes(figure, canvas, height, line if across else None)


def _lines(canvas: _Canvas, flows: Sequence[Flow], line: int) -> float:
    """Tokens across; returns the number of rows."""
    labels, cells = _labels(flows), [_cells(flow) for flow in flows]
    top = 0.0
    for number, (start, stop) in enumerate(_broken([len(label) for label in labels], line)):
        edges = np.cumsum([0, *(_width(len(label)) for label in labels[start:stop])])
        middles = (edges[:-1] + edges[1:]) / 2
        for index, x in zip(range(start, stop), middles, strict=True):
            canvas.words.append((float(x), top + 0.5, labels[index], index))
        marks = flows[0].record.rationale
        marked = stretches(None if marks is None else marks[start:stop])
        canvas.outlines += [(float(edges[a]), top, float(edges[b]), top + 1) for a, b in marked]
        top += 1
        for flow, (found, colours, texts) in zip(flows, cells, strict=True):
            if len(flows) > 1 or not number:
                canvas.names.append((0.0, top + 0.5, flow.name))
                top += 1
            layers, part = flow.record.layers, np.s_[:, start:stop]
            rows = np.arange(layers + 1) + top
            canvas.heat.append({"x": edges, "y": rows, "z": colours[part], "text": texts[part]})
            for layer, column in np.argwhere(found[part] == DROPPED):
                canvas.crosses.append((float(middles[column]), top + layer + 0.5))
            for a, b in marked:
                canvas.outlines.append((float(edges[a]), top, float(edges[b]), top + layers))
            canvas.layers += [
                (-0.5, top + layer + 0.5, str(layer) if layer else "layer 0") for layer in range(layers)
            ]
            top += layers
            if not number and flow.verdict:
                canvas.ends.append((float(middles[0]), top + 0.5, flow.verdict))
                top += 1
        top += 0.6
    return top


def _columns(canvas: _Canvas, flows: Sequence[Flow]) -> float:
    """Tokens down, the flows side by side; returns the number of rows."""
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
    n, left, head = len(labels), 0.0, below + max(map(len, ends)) + 1.0
    rows = np.arange(n + 1) + head
    for index, label in enumerate(labels):
        canvas.words.append((left - 0.7, head + index + 0.5, label, index))
    for flow, layers, name, said in zip(flows, depths, names, ends, strict=True):
        found, colours, texts = _cells(flow)
        edges = left + _UNIT * np.arange(layers + 1)
        canvas.names += [(left, row + 0.5, part) for row, part in enumerate(name)]
        canvas.heat.append({"x": edges, "y": rows, "z": colours.T, "text": texts.T})
        for layer, index in np.argwhere(found == DROPPED):
            canvas.crosses.append((float(edges[layer] + _UNIT / 2), head + index + 0.5))
        step = math.ceil((9 if layers <= 10 else 16) / (pixels * _UNIT))
        canvas.layers += [
            (float(edges[layer] + _UNIT / 2), head - 0.5, str(layer)) for layer in range(0, layers, step)
        ]
        for row, part in enumerate(said):
            (canvas.more if row else canvas.ends).append((left + 0.5, below + row + 0.5, part))
        for a, b in stretches(flow.record.rationale):
            canvas.outlines.append((left, head + a, float(edges[-1]), head + b))
        left = float(edges[-1]) + _GAP
    return n + head


def _wrapped(text: str, pixels: float) -> list[str]:
    """Lines of ordinary letters, 6.4 pixels each, no wider than so many; more than six lines are cut."""
    return textwrap.wrap(visible(text), max(4, int(pixels / 6.4)), max_lines=6, placeholder="…")


def _beside(words: Iterable[str]) -> int:
    """Pixels that the longest of the tokens beside the rows needs."""
    return 10 + int(7.5 * max(map(len, words)))


def _cells(flow: Flow) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(layers, n) each: state, shade, and the hover's text."""
    found = states(flow.record)
    return found, shades(flow.record), _hovers(flow, found)


def _hovers(flow: Flow, found: np.ndarray) -> np.ndarray:
    """(layers, n) of texts: token, layer, what became of it, score, threshold, rank."""
    record = flow.record
    places, living = ranks(record), (found != GONE).sum(axis=1)
    names = [for_plotly(short(token, 200)) for token in record.tokens]
    dropped_at = (found == DROPPED).argmax(axis=0)
    texts = np.empty(found.shape, dtype=object)
    for layer, index in np.ndindex(*found.shape):
        lines = [f"<b>{names[index]}</b>, layer {layer}"]
        if found[layer, index] == GONE:
            lines.append(f"dropped at layer {dropped_at[index]}")
        else:
            lines.append("dropped here" if found[layer, index] == DROPPED else "stays")
            lines += _numbers(flow, layer, index, float(places[layer, index]), int(living[layer]))
        texts[layer, index] = "<br>".join(lines)
    return texts


def _numbers(flow: Flow, layer: int, index: int, place: float, living: int) -> list[str]:
    score = float(flow.record.scores[layer, index])
    if np.isnan(score):
        return ["no score in this layer"]
    limit = np.nan if flow.thresholds is None else float(flow.thresholds[layer, index])
    needed = "" if np.isnan(limit) else f", threshold {limit:.4f}"
    return [f"score {score:.4f}{needed}", f"rank {int(place)} of {living}"]


def _drawn(canvas: _Canvas, dark: bool, height: float, across: bool) -> "Figure":
    import plotly.graph_objects as go

    ink, grey = ("#E6E6E6", "#9A9AA0") if dark else ("#1C1C1E", "#77777C")
    figure = go.Figure()
    x, y, words, numbers = zip(*canvas.words, strict=True)
    figure.add_scatter(
        x=x, y=y, text=[for_plotly(word) for word in words], customdata=numbers, mode="markers+text",
        textposition="middle center" if across else "middle left", textfont={"size": 13, "color": ink},
        marker={"size": ROW, "opacity": 0, "symbol": "square"}, unselected={"textfont": {"color": ink}},
        # "none" shows nothing but, unlike "skip", lets a click through.
        hoverinfo="none", cliponaxis=False, name="tokens",
    )  # fmt: skip
    for heat in canvas.heat:
        figure.add_heatmap(
            **heat, zmin=0, zmax=1, colorscale=_SCALES[dark], showscale=False, hoverinfo="text",
            xgap=1 + across, ygap=2 - across, name="score",
        )  # fmt: skip
    outline = {"color": VERMILLION, "width": 2}
    figure.add_scatter(
        **_path(canvas.outlines), mode="lines", line=outline, hoverinfo="skip", name="rationale"
    )
    cross = {"symbol": "x-thin", "size": 7, "line": {"color": grey, "width": 1.5}}
    x, y = zip(*canvas.crosses, strict=True) if canvas.crosses else ((), ())
    figure.add_scatter(x=x, y=y, mode="markers", marker=cross, hoverinfo="skip", name="dropped")
    diamond = {"symbol": "diamond", "size": 10, "color": ink}
    beside = "middle left" if across else "middle center"
    for name, mode, texts, template, place, size in (
        ("layers", "text", canvas.layers, "{}", beside, 12),
        ("flows", "text", canvas.names, "<b>{}</b>", "middle right", 13),
        ("prediction", "markers+text", canvas.ends, "  {}", "middle right", 14),
        ("more", "text", canvas.more, "    {}", "middle right", 14),
    ):
        x, y, words = zip(*texts, strict=True) if texts else ((), (), ())
        said = [template.format(for_plotly(word)) for word in words]
        figure.add_scatter(
            x=x, y=y, text=said, mode=mode, marker=diamond,
            textposition=place, textfont={"size": size, "color": ink}, hoverinfo="skip", name=name,
        )  # fmt: skip
    return dress(figure, dark=dark, height=int(height * ROW + 10))


def _axes(figure: "Figure", canvas: _Canvas, height: float, line: int | None) -> "Figure":
    """`line` is that of tokens across; None: they run down."""
    right = max(float(heat["x"][-1]) for heat in canvas.heat)
    if line is None:
        left, margin = -_GAP, _beside(word for _, _, word, _ in canvas.words)
    else:
        # A short text is not stretched over the whole width.
        left, right, margin = -7.0, max(0.6 * line, right), 5
    figure.update_layout(
        showlegend=False, font_family="Source Sans, sans-serif", clickmode="event+select",
        dragmode=False, margin={"l": margin, "r": 5, "t": 5, "b": 5},
    )  # fmt: skip
    figure.update_xaxes(visible=False, fixedrange=True, range=[left, right + 0.5])
    figure.update_yaxes(visible=False, fixedrange=True, range=[height, 0])
    return figure


def _path(boxes: Sequence[tuple[float, float, float, float]]) -> dict[str, list[float | None]]:
    """All outlines in one line, with gaps between them."""
    x: list[float | None] = []
    y: list[float | None] = []
    for left, top, right, bottom in boxes:
        x += [left, right, right, left, left, None]
        y += [top, top, bottom, bottom, top, None]
    return {"x": x, "y": y}


def _labels(flows: Sequence[Flow]) -> list[str]:
    forced = {index: kind for flow in flows for index, kind in flow.forced.items()}
    return [
        _FORCED.get(forced.get(index, ""), "") + short(token, LONGEST)
        for index, token in enumerate(flows[0].record.tokens)
    ]


def _broken(lengths: Sequence[int], line: int) -> list[tuple[int, int]]:
    """Half-open ranges of tokens, at least one to a line; lines are as even as their number allows."""
    found = _filled(lengths, line)
    for narrower in range(line - 1, 0, -1):
        ranges = _filled(lengths, narrower)
        if len(ranges) > len(found):
            break
        found = ranges
    return found


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
