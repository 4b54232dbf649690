"""One text's scores as a heat map, and how scorers agree on it as a matrix, for print."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure

from workbench.reporting.figures.all import DOUBLE, LETTERS
from workbench.reporting.figures.cells import draw_cells, fitting
from workbench.reporting.figures.style import new_figure, plain, score_colours
from workbench.reporting.text.wording import method_name, scorer_name

TOPS = {True: "its layer's largest size", False: "the map's largest size"}
"""What has the full colour, by whether layers are told apart."""
STRONG = 0.6
"""Size of a correlation from which on its cell is so dark that letters on it are light."""
_MARKS = {"dropped here": ("x", 4.0), "dropped": ("x", 2.2), "silent": ("_", 4.0)}


def shares(frame: pd.DataFrame, layers: Sequence[int], per_layer: bool) -> pd.DataFrame:
    """Scores as shares of the size that gets the full colour: a row per layer, a column per place.

    `frame` is `screen.heat.heat_frame`'s of one record. That size is the layer's own largest, or the
    largest of all `layers`; NaN where there is no score.
    """
    table = frame.pivot(index="layer", columns="place", values="score").reindex(list(layers))
    sizes = table.abs().max(axis=1).fillna(0.0)
    tops = sizes if per_layer or sizes.empty else sizes.clip(lower=sizes.max())
    return table.div(tops.replace(0.0, 1.0), axis=0)


def rationale_of(part: pd.DataFrame) -> np.ndarray:
    """(n,) bool: which of the frame's n places are human rationale."""
    marks = part.drop_duplicates("place").sort_values("place")["rationale"]
    return marks.fillna(False).to_numpy(dtype=bool)


def draw_heat(
    frame: pd.DataFrame,
    *,
    sign: str,
    layers: Sequence[int] | None = None,
    per_layer: bool = True,
    line: int = 30,
    width: float = DOUBLE,
) -> Figure:
    """The heat map of `screen.heat.draw_heat`, with the same arguments: a panel per line of the text.

    Dropped units are blank with a cross, silent layers blank with a bar; rationale is outlined.
    """
    chosen = sorted(set(frame["layer"]) if layers is None else layers)
    frame = frame[frame["layer"].isin(chosen)]
    grid = shares(frame, chosen, per_layer)
    n = grid.shape[1]
    starts = range(0, max(n, 1), line)
    columns = min(line, max(n, 1))
    signed = sign == "signed"
    colours, low = score_colours(signed=signed), -1.0 if signed else 0.0
    figure, axes = new_figure(width, len(starts) * (0.16 * len(chosen) + 1.0) + 0.6, len(starts))
    for ax, start in zip(axes[:, 0], starts, strict=True):
        part = frame[frame["place"].between(start, start + line - 1)]
        if len(part):
            cells = grid.iloc[:, start : start + line].to_numpy(dtype=np.float64)
            words = part.drop_duplicates("place").sort_values("place")["written"].tolist()
            draw_cells(ax, cells, chosen, words, rationale_of(part), colours=colours, low=low,
                       letters=fitting(width, columns))  # fmt: skip
            _mark(ax, part.assign(place=part["place"] - start), chosen)
        ax.set_xlim(-0.5, columns - 0.5)
    _bar(figure, axes[:, 0].tolist(), colours, low, f"score, {sign}; max: {TOPS[per_layer]}")
    return figure


def _mark(ax: Axes, part: pd.DataFrame, layers: Sequence[int]) -> None:
    """Crosses and bars where a unit has no score, or its last one."""
    row = {layer: number for number, layer in enumerate(layers)}
    for state, (marker, size) in _MARKS.items():
        cells = part[part["state"] == state]
        ax.plot(
            cells["place"], cells["layer"].map(row), linestyle="none", marker=marker, markersize=size,
            color="#888888", markeredgewidth=0.8,
        )  # fmt: skip


def _bar(figure: Figure, axes: list[Axes], colours: Colormap, low: float, told: str) -> None:
    mapped = ScalarMappable(Normalize(low, 1), colours)
    height = figure.get_figheight()
    bar = figure.colorbar(
        mapped, ax=axes, orientation="horizontal", shrink=0.3, aspect=25, pad=0.1 / height,
        ticks=[-1, 0, 1] if low else [0, 1],
    )  # fmt: skip
    bar.ax.set_xticklabels(["−max", "0", "max"] if low else ["0", "max"])
    bar.ax.tick_params(labelsize=LETTERS - 1)
    bar.set_label(told, fontsize=LETTERS - 1)


def pair_matrix(
    frame: pd.DataFrame, who: Sequence[tuple[str, str]]
) -> tuple[list[str], np.ndarray, list[list[str]]]:
    """Names of these (scorer, method), their matrix of the values of `screen.pairs.pair_frame`, and the
    same as text: NaN, a dash, where there is no correlation."""
    place = {pair: i for i, pair in enumerate(who)}
    values = np.full((len(who), len(who)), np.nan)
    for scorer, method, against, against_method, value in frame.itertuples(index=False):
        i, j = place[scorer, method], place[against, against_method]
        values[i, j] = values[j, i] = value
    names = [f"{scorer_name(scorer)} ({method_name(method)})" for scorer, method in who]
    texts = [["–" if value != value else f"{value:.2f}" for value in row] for row in values.tolist()]
    return names, values, texts


def draw_pairs(
    frame: pd.DataFrame, who: Sequence[tuple[str, str]], metric: str, width: float = DOUBLE
) -> Figure:
    """The matrix of `pair_matrix` with the value in each cell, blank without a correlation."""
    names, values, texts = pair_matrix(frame, who)
    figure, axes = new_figure(width, 0.3 * len(who) + 1.3)
    ax = axes[0, 0]
    edges = np.arange(len(who) + 1) - 0.5
    ax.pcolormesh(
        edges, edges, np.ma.masked_invalid(values), cmap=score_colours(signed=True), vmin=-1, vmax=1,
        edgecolors="white", linewidth=0.8,
    )  # fmt: skip
    for (i, j), value in np.ndenumerate(values):
        colour = "white" if abs(value) > STRONG else "black"
        ax.text(j, i, texts[i][j], ha="center", va="center", color=colour, fontsize=LETTERS - 1)
    shown = [plain(name) for name in names]
    ax.set_xticks(range(len(who)), shown, rotation=30, ha="right", fontsize=LETTERS - 1)
    ax.set_yticks(range(len(who)), shown, fontsize=LETTERS - 1)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.invert_yaxis()
    ax.set_title(plain(metric), fontsize=LETTERS, loc="left")
    return figure
