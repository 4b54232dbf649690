"""One text under one scorer: layers by tokens or words as a frame and a heat map, and words by rank."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.stats import rankdata

from app.figures.theme import ground, scale, shown
from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.units import unit_index, unit_names, unit_scores
from workbench.reporting.figures.cells import stretches
from workbench.reporting.figures.heatmap import TOPS, rationale_of, shares
from workbench.reporting.figures.style import VERMILLION

COLUMNS = (
    "scorer", "method", "text_id", "window", "layer", "unit", "place", "written", "score", "rank",
    "state", "rationale",
)  # fmt: skip
STATES = {
    "scored": "has a score",
    "dropped here": "dropped in this layer, its last score is shown",
    "dropped": "dropped before this layer",
    "silent": "the scorer says nothing about this layer",
}
"""What is known of a unit in a layer. A dropped unit has no score, which is not a score of 0."""
_CELL, _HEAD, _FOOT = 24, 90, 60
"""Pixels of a layer's row, of the words above a line, and of the legend."""
_MARKS = {"dropped here": ("x-thin", 9), "dropped": ("x-thin", 5), "silent": ("line-ew", 9)}


def heat_frame(record: TokenScores, unit: str) -> pd.DataFrame:
    """A row per layer and unit (`token` or `word`) of one window, special tokens left out: `COLUMNS`.

    A word's score is the highest of its tokens', it is dropped when all are, and it is rationale if any
    is, as in the evaluation (`units.scored_units`). `rank` is 1 for the highest score of a layer, ties
    share the best rank; NaN, as the score, for what is dropped. `state` is a key of `STATES`.
    `rationale` is missing where nobody annotated the text.
    """
    index = unit_index(record.word_index, unit)
    scores = unit_scores(record.scores, index)
    layers, n = scores.shape
    kept = np.ones((layers, n), dtype=bool)
    if record.kept is not None:
        kept = unit_scores(record.kept.astype(float), index) > 0
    silent = np.isnan(record.scores).all(axis=1) & kept.any(axis=1)
    return pd.DataFrame(
        {
            "scorer": record.scorer,
            "method": record.method,
            "text_id": record.text_id,
            "window": record.window,
            "layer": np.repeat(np.arange(layers), n),
            "unit": unit,
            "place": np.tile(np.arange(n), layers),
            "written": unit_names(record.tokens, index) * layers,
            "score": scores.ravel(),
            "rank": _ranks(scores).ravel(),
            "state": _states(scores, kept, silent).ravel(),
            "rationale": pd.array(_marks(record, index, n) * layers, dtype="boolean"),
        },
        columns=list(COLUMNS),
    )


def _ranks(scores: np.ndarray) -> np.ndarray:
    ranks = rankdata(-np.nan_to_num(scores, nan=-np.inf), axis=1, method="min")
    return np.where(np.isnan(scores), np.nan, ranks)


def _states(scores: np.ndarray, kept: np.ndarray, silent: np.ndarray) -> np.ndarray:
    scored = ~np.isnan(scores)
    states = np.where(scored, np.where(kept, "scored", "dropped here"), "dropped").astype(object)
    states[np.broadcast_to(silent[:, None], states.shape) & kept] = "silent"
    return states


def _marks(record: TokenScores, index: np.ndarray, n: int) -> list[object]:
    if record.rationale is None:
        return [None] * n
    marked = set(index[np.asarray(record.rationale, dtype=bool)].tolist())
    return [unit in marked for unit in range(n)]


def sign_of(record: TokenScores, explains: str = "") -> str:
    """How the scores stand to signs: `signed`, `absolute values`, or `never negative`.

    `explains` is what the run says of the scorer, for records that carry no target.
    """
    if (record.scores < 0).any():
        return "signed"
    target = record.target or explains
    return "absolute values" if target.endswith(", absolute") else "never negative"


def ranked_words(frame: pd.DataFrame, layer: int) -> pd.DataFrame:
    """The units of one layer of `heat_frame`, highest score first; what is dropped or silent comes last
    in the order of the text."""
    rows = frame[frame["layer"] == layer]
    return rows.sort_values(["rank", "place"], na_position="last", kind="stable").reset_index(drop=True)


def draw_heat(
    frame: pd.DataFrame,
    *,
    sign: str,
    layers: Sequence[int] | None = None,
    per_layer: bool = True,
    line: int = 30,
    dark: bool = False,
) -> go.Figure:
    """Units across, layers downward, the text broken into lines of `line` units.

    `frame` is `heat_frame`'s of one record, `sign` is `sign_of`'s. With `per_layer` the colours of a
    layer reach up to its own largest size, else to the largest of all `layers` shown (default: all).
    Dropped units are blank with a cross, silent layers blank with a bar; rationale is outlined.
    """
    shown_layers = sorted(set(frame["layer"]) if layers is None else layers)
    frame = frame[frame["layer"].isin(shown_layers)]
    n = int(frame["place"].max()) + 1 if len(frame) else 0
    starts = range(0, max(n, 1), line)
    body = len(shown_layers) * _CELL
    plot = max(len(starts) * (body + _HEAD) - _HEAD, 1)
    grid = shares(frame, shown_layers, per_layer)
    # One description for Plotly to check: trace by trace and axis by axis it takes twice as long.
    traces: list[dict[str, Any]] = []
    layout = ground(dark=dark, height=plot + _HEAD + _FOOT) | {
        "coloraxis": {
            "colorscale": scale(signed=sign == "signed", dark=dark),
            "cmin": -1 if sign == "signed" else 0,
            "cmax": 1,
            "colorbar": _bar(sign, plot),
        },
        "showlegend": False,
        "margin": {"l": 50, "r": 10, "t": _HEAD, "b": _FOOT},
        "annotations": [_about_colours(sign, per_layer)],
        "shapes": [],
    }
    for number, start in enumerate(starts):
        axes = _Axes(str(number + 1) if number else "")
        part = frame[frame["place"].between(start, start + line - 1)]
        colour = grid.iloc[:, start : start + line]
        traces += _cells(part, colour, axes)
        layout["shapes"] += _outlines(start, rationale_of(part), len(shown_layers), axes)
        top = 1 - number * (body + _HEAD) / plot if number else 1.0
        layout[f"xaxis{axes.number}"] = _words(
            part, colour.columns.tolist(), (start, start + min(line, max(n, 1))), axes
        )
        layout[f"yaxis{axes.number}"] = _layers(shown_layers, (max(0.0, top - body / plot), top), axes)
    return go.Figure(traces, layout)


class _Axes(NamedTuple):
    """The pair of axes of one line of the text."""

    number: str
    """As Plotly writes it: nothing for the first."""

    @property
    def names(self) -> dict[str, str]:
        """What a trace says."""
        return {"xaxis": f"x{self.number}", "yaxis": f"y{self.number}"}


def _about_colours(sign: str, per_layer: bool) -> dict[str, Any]:
    return {
        "text": f"score, {sign}<br>max: {TOPS[per_layer]}", "xref": "paper", "yref": "paper", "x": 0,
        "y": 0, "yshift": -48, "showarrow": False, "xanchor": "left", "align": "left",
    }  # fmt: skip


def _cells(part: pd.DataFrame, colour: pd.DataFrame, axes: _Axes) -> list[dict[str, Any]]:
    """One line of the text: cells coloured by `figures_heat.shares`, and marks on those that are dropped
    or silent."""
    layers = colour.index.tolist()
    cells = {
        "type": "heatmap", "x": colour.columns.tolist(), "y": list(range(len(layers))),
        "z": colour.to_numpy(), "coloraxis": "coloraxis", "xgap": 1, "ygap": 1,
        "text": _hover(part, layers), "hovertemplate": "%{text}<extra></extra>", "hoverongaps": True,
        **axes.names,
    }  # fmt: skip
    number = {layer: i for i, layer in enumerate(layers)}
    marks = []
    for state, (symbol, size) in _MARKS.items():
        where = part[part["state"] == state]
        if len(where):
            marks.append(
                {
                    "type": "scatter", "x": where["place"].tolist(),
                    "y": [number[layer] for layer in where["layer"]], "mode": "markers",
                    "hoverinfo": "skip", "marker": {
                        "symbol": symbol, "size": size, "line": {"width": 1.4, "color": "#888888"}
                    }, **axes.names,
                }
            )  # fmt: skip
    return [cells, *marks]


def _words(part: pd.DataFrame, places: list[Any], ends: tuple[int, int], axes: _Axes) -> dict[str, Any]:
    """The axis of the words. Margins are fixed and labels may stand out: else Plotly measures each."""
    names = part.drop_duplicates("place").set_index("place")["written"]
    return {
        "anchor": axes.names["yaxis"], "range": [ends[0] - 0.5, ends[1] - 0.5], "tickvals": places,
        "ticktext": [_label(names[place], 14) for place in places], "tickangle": -60, "side": "top",
        "ticklabeloverflow": "allow", "showgrid": False, "zeroline": False, "tickfont": {"size": 12},
    }  # fmt: skip


def _layers(layers: Sequence[int], domain: tuple[float, float], axes: _Axes) -> dict[str, Any]:
    return {
        "anchor": axes.names["xaxis"], "domain": domain, "range": [len(layers) - 0.5, -0.5],
        "tickvals": list(range(len(layers))), "ticktext": [str(layer) for layer in layers],
        "ticklabeloverflow": "allow", "showgrid": False, "zeroline": False,
        "title": {"text": "layer", "standoff": 8, "font": {"size": 14}},
    }  # fmt: skip


def _label(word: str, longest: int) -> str:
    return shown(word if len(word) <= longest else f"{word[: longest - 1]}…")


def _hover(part: pd.DataFrame, layers: Sequence[int]) -> list[list[str]]:
    texts = []
    for word, layer, score, rank, state, marked in part[
        ["written", "layer", "score", "rank", "state", "rationale"]
    ].itertuples(index=False):
        number = "no score" if score != score else f"score {score:.4g}, rank {rank:.0f}"
        human = "" if marked is pd.NA else "<br>human rationale" if marked else "<br>not rationale"
        texts.append(f"{_label(word, 60)}<br>layer {layer}: {number}<br>{STATES[state]}{human}")
    grid = part.assign(text=texts).pivot(index="layer", columns="place", values="text")
    return grid.reindex(list(layers)).to_numpy().tolist()


def _outlines(start: int, marks: np.ndarray, layers: int, axes: _Axes) -> list[dict[str, Any]]:
    """A frame around each run of marked units of a line that begins at `start`."""
    return [
        {
            "type": "rect", "x0": start + a - 0.5, "x1": start + b - 0.5, "y0": -0.5, "y1": layers - 0.5,
            "line": {"color": VERMILLION, "width": 2.5}, "xref": axes.names["xaxis"],
            "yref": axes.names["yaxis"],
        }
        for a, b in stretches(marks)
    ]  # fmt: skip


def _bar(sign: str, plot: int) -> dict[str, object]:
    """The colour bar below a plot of so many pixels, to the right of the sentence about it."""
    signed = sign == "signed"
    return {
        "orientation": "h", "thickness": 12, "len": 0.4, "x": 1, "xanchor": "right", "yanchor": "top",
        "y": -20 / plot, "tickvals": [-1, 0, 1] if signed else [0, 1],
        "ticktext": ["−max", "0", "max"] if signed else ["0", "max"],
    }  # fmt: skip
