"""The figures of the analyses: values by layer, in groups, of factors, by seed, and tokens left."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from workbench.catalog.scorers import CONTROLS
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.page import (
    GRID,
    LETTERS,
    legend_below,
    named_handles,
    plain,
    print_axes,
    width_for,
)
from workbench.reporting.figures.printing import draw
from workbench.reporting.figures.speed import tokens_by_method
from workbench.reporting.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    VERMILLION,
    Look,
    series_look,
)
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.reporting.text.wording import method_name

_COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, SKY, GREY)


def draw_outcomes(frame: pd.DataFrame, groups: Mapping[str, str], y: str) -> Figure:
    """Draw a panel per method: by group of tokens a point with its interval for each outcome.

    Args:
        frame: Columns method, tokens, outcome, value, ci_low, ci_high (shares, shown in percent).
        groups: Values of tokens, and their names.
        y: Name of the values.
    """
    tokens, outcomes = (frame[name].drop_duplicates().tolist() for name in ("tokens", "outcome"))
    across = Axis(ticks={number: groups[name] for number, name in enumerate(tokens)})
    panels = []
    for method, part in frame.groupby("method", sort=False):
        rows = part.set_index(["outcome", "tokens"])[["value", "ci_low", "ci_high"]]
        points = []
        for place, outcome in enumerate(outcomes):
            x = np.arange(len(tokens)) + (place - (len(outcomes) - 1) / 2) * 0.8 / len(outcomes)
            middle, low, high = 100 * rows.reindex([(outcome, name) for name in tokens]).to_numpy().T
            look = Look(_COLOURS[place % len(_COLOURS)], "os^Dv"[place % 5], size=4)
            points.append(Series(str(outcome), x, middle, look, "points", low, high))
        panels.append(Panel(points, across, Axis(y, (0, 104)), method_name(method)))
    return draw(Chart(panels, height=2.7, share_y=True))


def draw_factors(frame: pd.DataFrame, factors: Sequence[tuple[str, str]]) -> Figure:
    """Draw a bar per row on a logarithmic axis, its factors (column, name) end to end from 1.

    `frame` has a column label, and reported for a mark beside the bar; NaN for none.
    """
    figure, axes = print_axes(width_for(frame["label"]), 0.23 * len(frame) + 1.0)
    ax = axes[0, 0]
    places = np.arange(len(frame))[::-1]
    left = np.ones(len(frame))
    for number, (column, what) in enumerate(factors):
        right = left * frame[column].to_numpy(dtype=np.float64)
        ax.barh(places, right - left, left=left, height=0.65, color=_COLOURS[number], label=plain(what))
        left = right
    marks = frame["reported"].to_numpy(dtype=np.float64)
    ax.plot(marks, places, "D", color=BLACK, markersize=3.5, label="reported", clip_on=False)
    ax.set_xscale("log")
    highest = float(np.nanmax(np.concatenate([left, marks])))
    ticks = [tick for tick in (1, 2, 3, 5, 10, 20, 50) if tick <= 1.3 * highest]
    ax.set_xticks(ticks, [f"{tick}x" for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(1, 1.15 * highest)
    _finish_rows(figure, places, frame["label"], "speed-up in FLOPs, logarithmic")
    return figure


def draw_seeds(frame: pd.DataFrame) -> Figure:
    """Draw a row per data set and variant: every seed's quality as a point, below it the
    mean with its interval over texts and seeds.

    `frame` has columns data, variant, method, metric, quality, and the group's value, ci_low, ci_high
    and seeds (NaN without predictions).
    """
    several = frame["data"].nunique() > 1
    groups = list(frame.groupby(["data", "variant"], sort=False))
    meaning = "95 % over texts and seeds" if frame["seeds"].max() > 1 else "95 % over texts"
    names = [f"{data}: " * several + method_name(variant) for (data, variant), _ in groups]
    figure, axes = print_axes(width_for(names), 0.32 * len(groups) + 1.0)
    ax = axes[0, 0]
    for number, (_, rows) in enumerate(groups):
        colour = series_look(str(rows["method"].iloc[0]), number).colour
        mean, low, high = 100 * rows[["value", "ci_low", "ci_high"]].iloc[0].to_numpy(dtype=np.float64)
        first = number == 0
        ax.plot([low, high], [-number - 0.15] * 2, color=GREY, linewidth=3, solid_capstyle="butt",
                label=meaning if first else None)  # fmt: skip
        ax.plot(mean, -number - 0.15, "|", color=BLACK, markersize=7, label="mean" if first else None)
        points = 100 * rows["quality"].to_numpy(dtype=np.float64)
        ax.plot(points, np.full(len(points), -number + 0.12), "o", color=colour, markersize=3.5,
                label="one seed" if first else None)  # fmt: skip
    ax.set_ylim(-len(names) + 0.4, 0.6)
    x = " or ".join(QUALITY_NAMES[name] for name in frame["metric"].unique())
    _finish_rows(figure, -np.arange(len(names)), names, x)
    return figure


def _finish_rows(figure: Figure, places: np.ndarray, names: Iterable[object], x: str) -> None:
    """Name the rows at heights `places` and the axis below, with a vertical grid and a legend."""
    (ax,) = figure.axes
    ax.set_yticks(places, [plain(str(name)) for name in names], fontsize=LETTERS - 1)
    ax.grid(visible=False, axis="y")
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_xlabel(plain(x), fontsize=LETTERS)
    legend_below(figure, named_handles(ax))


def draw_by_layer(
    frame: pd.DataFrame,
    panels: Sequence[tuple[object, str]],
    *,
    by: str = "metric",
    limits: tuple[float, float] | None = (0.0, 1.0),
    from_zero: bool = False,
) -> Figure:
    """Draw values by layer: a panel per kind of value, a line with its interval per series.

    Args:
        frame: Columns layer, value, ci_low, ci_high, `series` (what `series_look` knows), `label`, and
            that of `by`; optionally `chance`, drawn in grey, and `dashed` (bool).
        panels: Value of `by` and title of each panel.
        by: Column that tells the panels apart.
        limits: Of all panels; None: each panel has its own.
        from_zero: Whether panels without `limits` start at 0.
    """
    order = {label: number for number, label in enumerate(frame["label"].drop_duplicates())}
    axis = Axis(limits=(0.0, None) if from_zero else (None, None))
    if limits is not None:
        margin = 0.03 * (limits[1] - limits[0])
        axis = Axis(limits=(limits[0] - margin, limits[1] + margin))
    drawn = [
        Panel(_lines(frame[frame[by] == value], order), Axis("layer", whole=True), axis, title)
        for value, title in panels
    ]
    return draw(Chart(drawn, height=2.05, columns=2, share_y=limits is not None))


def _lines(frame: pd.DataFrame, order: dict[str, int]) -> list[Series]:
    lines = []
    for label, rows in frame.groupby("label", sort=False):
        name = str(rows["series"].iloc[0])
        look = series_look(name, order[str(label)])
        dash = "dash" if "dashed" in rows and rows["dashed"].iloc[0] else look.dash
        look = Look(look.colour, look.marker, dash, 1.2, 3.2)
        interval = (None, None) if name in CONTROLS else (rows["ci_low"], rows["ci_high"])
        lines.append(
            Series(str(label), rows["layer"], rows["value"], look, low=interval[0], high=interval[1])
        )
    if "chance" in frame and len(frame):
        level = frame.groupby("layer")["chance"].mean()
        lines.append(Series("random order", level.index, level, Look(GREY, dash="dash", width=1.0)))
    return lines


QUANTILES = (5, 25, 50, 75, 95)
COLUMNS = (
    "method", "split", "measure", "layer", "q5", "q25", "median", "q75", "q95", "mean", "n",
)  # fmt: skip


def token_quantiles(predictions: pd.DataFrame) -> pd.DataFrame:
    """Compute quantiles (`QUANTILES`) and mean over texts of the tokens in each layer: `COLUMNS`.

    Measure `count` is the number of tokens in a layer's self-attention, `share` that of the text's full
    length (`figures.speed.tokens_by_method`). `predictions` has columns method, split, text_id, tokens.
    """
    rows: list[tuple[object, ...]] = []
    for method, split, counts, full in tokens_by_method(predictions):
        for measure, values in (("count", counts), ("share", counts / full[:, None])):
            quantiles = np.percentile(values, QUANTILES, axis=0)
            for layer in range(values.shape[1]):
                spread = (*quantiles[:, layer], values[:, layer].mean())
                rows.append((method, split, measure, layer, *spread, len(values)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def draw_token_boxes(frame: pd.DataFrame) -> Figure:
    """Draw a panel per method of one measure: boxes are quartiles, whiskers 5th and 95th percentile,
    diamonds means; shares are shown in percent."""
    share = (frame["measure"] == "share").all()
    scale, unit, top = (100, "tokens left, % of the text", 104) if share else (1, "tokens left", None)
    panels = []
    for number, (method, part) in enumerate(frame.groupby("method", sort=False)):
        boxes = scale * part[["q5", "q25", "median", "q75", "q95", "mean"]].to_numpy(dtype=float).T
        series = Series("", part["layer"], boxes, series_look(str(method), number), "boxes")
        layers = Axis("layer", whole=True)
        panels.append(Panel([series], layers, Axis(unit, (0, top)), method_name(method)))
    return draw(Chart(panels, height=2.0, columns=min(3, len(panels)), share_y=True))
