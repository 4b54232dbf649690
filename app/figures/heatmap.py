"""One text's scores as a map of layers by tokens or words, and how scorers agree on it as a matrix."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.data.one_text import STATES
from workbench.reporting.figures.chart import CellMap, Cells, short
from workbench.reporting.text.wording import method_name, scorer_name

TOPS = {True: "its layer's largest size", False: "the map's largest size"}
"""What has the full colour, by whether layers are told apart."""
_MARKS = {"dropped here": "cross", "dropped": "small cross", "silent": "bar"}


def shares(frame: pd.DataFrame, layers: Sequence[int], per_layer: bool) -> pd.DataFrame:
    """Return scores as shares of the size with the full colour: a row per layer, a column per place.

    Args:
        frame: `heat_frame` of one record.
        layers: Rows of the result.
        per_layer: Whether that size is the layer's own largest, or the largest of all `layers`.

    Returns:
        Shares; NaN where there is no score.
    """
    table = frame.pivot(index="layer", columns="place", values="score").reindex(list(layers))
    sizes = table.abs().max(axis=1).fillna(0.0)
    tops = sizes if per_layer or sizes.empty else sizes.clip(lower=sizes.max())
    return table.div(tops.replace(0.0, 1.0), axis=0)


def heat_map(
    frame: pd.DataFrame,
    *,
    sign: str,
    layers: Sequence[int] | None = None,
    per_layer: bool = True,
    line: int = 30,
) -> CellMap:
    """Return units across, layers downward, the text broken into lines.

    Dropped units are blank with a cross, silent layers blank with a bar; rationale is outlined.

    Args:
        frame: `heat_frame` of one record.
        sign: `sign_of` the record.
        layers: Layers that are shown; None: all.
        per_layer: Whether the colours of a layer reach up to its own largest size, else to the largest
            of all layers shown.
        line: Units in a line.
    """
    chosen = sorted(set(frame["layer"]) if layers is None else layers)
    frame = frame[frame["layer"].isin(chosen)]
    values = shares(frame, chosen, per_layer)
    hover = frame.assign(text=_hover(frame)).pivot(index="layer", columns="place", values="text")
    hover = hover.reindex(chosen)
    units = frame.drop_duplicates("place").sort_values("place")
    row = {layer: number for number, layer in enumerate(chosen)}
    marks = {
        mark: [
            (row[layer], place)
            for layer, place in frame.loc[frame["state"] == state, ["layer", "place"]].to_numpy()
        ]
        for state, mark in _MARKS.items()
    }
    cells = Cells(
        values.to_numpy(dtype=np.float64),
        [str(layer) for layer in chosen],
        units["written"].tolist(),
        hover=hover.to_numpy().tolist(),
        outlined=units["rationale"].fillna(False).astype(bool).tolist(),
        marks=marks,
    )
    bar = f"score, {sign}; max: {TOPS[per_layer]}"
    return CellMap(cells.lines(line), sign == "signed", bar, "layer", min(line, max(len(units), 1)))


def _hover(frame: pd.DataFrame) -> list[str]:
    texts = []
    columns = ["written", "layer", "score", "rank", "state", "rationale"]
    for word, layer, score, rank, state, marked in frame[columns].itertuples(index=False):
        number = "no score" if score != score else f"score {score:.4g}, rank {rank:.0f}"
        human = "" if marked is pd.NA else "\nhuman rationale" if marked else "\nnot rationale"
        texts.append(f"{short(word, 60)}\nlayer {layer}: {number}\n{STATES[state]}{human}")
    return texts


def pair_map(frame: pd.DataFrame, systems: Sequence[tuple[str, str]], metric: str) -> CellMap:
    """Return a matrix of correlations with the value in each cell, blank without a correlation.

    Args:
        frame: `pair_frame` of the systems.
        systems: Scorer and method of each row.
        metric: Name of the correlation.
    """
    place = {pair: number for number, pair in enumerate(systems)}
    values = np.full((len(systems), len(systems)), np.nan)
    for scorer, method, against, against_method, value in frame.itertuples(index=False):
        i, j = place[scorer, method], place[against, against_method]
        values[i, j] = values[j, i] = value
    names = [f"{scorer_name(scorer)} ({method_name(method)})" for scorer, method in systems]
    texts = [["–" if value != value else f"{value:.2f}" for value in row] for row in values.tolist()]
    hover = [
        [f"{column}\n{row}\n{metric} {text}" for column, text in zip(names, line, strict=True)]
        for row, line in zip(names, texts, strict=True)
    ]
    cells = Cells(values, names, names, metric, texts, hover)
    return CellMap([cells], signed=True, width=max(1, len(systems)))
