"""Tokens left in each layer as a distribution over texts."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workbench.reporting.figures.printing import DOUBLE, name_axes, print_axes
from workbench.reporting.figures.speed import tokens_by_method
from workbench.reporting.figures.style import series_look
from workbench.reporting.text.wording import method_name

QUANTILES = (5, 25, 50, 75, 95)
COLUMNS = (
    "method", "split", "measure", "layer", "q5", "q25", "median", "q75", "q95", "mean", "n",
)  # fmt: skip


def token_quantiles(predictions: pd.DataFrame) -> pd.DataFrame:
    """Compute quantiles (`QUANTILES`) and mean over texts of the tokens in each layer: `COLUMNS`.

    Measure `count` is the number of tokens in a layer's self-attention, `share` that of the text's full
    length (`figures_speed.tokens_by_method`). `predictions` has columns method, split, text_id, tokens.
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
    scale = 100 if share else 1
    methods = frame["method"].drop_duplicates().tolist()
    columns = min(3, max(1, len(methods)))
    rows = max(1, -(-len(methods) // columns))
    figure, axes = print_axes(DOUBLE, 2.0 * rows + 0.3, rows, columns, sharey=True)
    for number, (ax, method) in enumerate(zip(axes.flat, methods, strict=False)):
        part = frame[frame["method"] == method]
        colour = series_look(method, number).colour
        boxes = [
            {"whislo": row.q5, "q1": row.q25, "med": row.median, "q3": row.q75, "whishi": row.q95,
             "mean": row.mean_, "fliers": []}
            for row in (scale * part[["q5", "q25", "median", "q75", "q95", "mean"]])
            .rename(columns={"mean": "mean_"}).itertuples()
        ]  # fmt: skip
        ax.bxp(
            boxes, positions=part["layer"].tolist(), widths=0.6, showfliers=False, showmeans=True,
            manage_ticks=False, patch_artist=True, medianprops={"color": "black"},
            boxprops={"facecolor": colour, "alpha": 0.35, "edgecolor": colour},
            whiskerprops={"color": colour}, capprops={"color": colour},
            meanprops={"marker": "D", "markersize": 3, "markerfacecolor": "black",
                       "markeredgecolor": "black"},
        )  # fmt: skip
        unit = "tokens left, % of the text" if share else "tokens left"
        name_axes(ax, "layer", unit if number % columns == 0 else "", method_name(method))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_ylim(0, 104 if share else None)
    for ax in axes.flat[len(methods) :]:
        ax.set_visible(False)
    return figure
