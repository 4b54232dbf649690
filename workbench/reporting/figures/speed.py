"""Tokens left per layer, and what speed costs in quality."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.metrics.classification import judged_by
from workbench.reporting.figures.all import DOUBLE, legend_below, name_axes, print_panels
from workbench.reporting.figures.style import line_style, plain
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.reporting.text.wording import method_name

TOKEN_COLUMNS = ("method", "split", "layer", "q05", "q25", "median", "q75", "q95", "mean", "n")
COUNTED_LABEL = "dense FLOPs / method's, both unpadded"
MEASURED_LABEL = "stock model's seconds / method's"
SPEED_COLUMNS = (
    "method", "split", "metric", "quality", "ci_low", "ci_high", "n", "flops_speedup_unpadded",
    "speedup_vs_hf", "batch_size",
)  # fmt: skip


def token_frame(predictions: pd.DataFrame) -> pd.DataFrame:
    """Share of a text's tokens alive in each layer: quantiles and mean over texts, by method.

    Full lengths as in `tokens_by_method`. A student has rows for its own layers only. Columns of
    `TOKEN_COLUMNS`.
    """
    rows: list[tuple[object, ...]] = []
    for method, split, counts, full in tokens_by_method(predictions):
        share = counts / full[:, None]
        quantiles = np.percentile(share, [5, 25, 50, 75, 95], axis=0)
        for layer in range(share.shape[1]):
            rows.append((method, split, layer, *quantiles[:, layer], share[:, layer].mean(), len(share)))
    return pd.DataFrame(rows, columns=list(TOKEN_COLUMNS))


def tokens_by_method(
    predictions: pd.DataFrame,
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """(method, split, tokens (texts, layers), full lengths (texts,)) of every method and split.

    A text's full length is the largest number of tokens that any method has of it in any layer, which
    is exact as soon as the dense model is among them.
    """
    counts = [np.asarray(row, dtype=np.float64) for row in predictions["tokens"]]
    keyed = predictions[["method", "split", "text_id"]].astype(str)
    longest = keyed.assign(full=[row.max(initial=1) for row in counts])
    full = longest.groupby(["split", "text_id"])["full"].transform("max").to_numpy()
    methods, splits = keyed["method"].to_numpy(), keyed["split"].to_numpy()
    for method in ordered(methods, METHODS):
        for split in dict.fromkeys(splits[methods == method]):
            own = np.flatnonzero((methods == method) & (splits == split))
            yield method, str(split), np.stack([counts[row] for row in own]), full[own]


def draw_tokens(frame: pd.DataFrame, width: float = DOUBLE) -> Figure:
    """One line per method: the median share of tokens in each layer, quartiles as a band."""
    figure, (ax,) = print_panels(width, 2.5, 1)
    for number, (method, rows) in enumerate(frame.groupby("method", sort=False)):
        style = line_style(str(method), number)
        ax.plot(rows["layer"], 100 * rows["median"], label=plain(method_name(method)), **style)
        ax.fill_between(
            rows["layer"], 100 * rows["q25"], 100 * rows["q75"], color=style["color"], alpha=0.15, lw=0
        )
    ax.set_ylim(0, 104)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    name_axes(ax, "layer", "tokens left (% of the text)")
    legend_below(figure, ax)
    return figure


def speed_frame(classification: pd.DataFrame, efficiency: pd.DataFrame) -> pd.DataFrame:
    """Headline quality beside counted and measured speed-up at the largest batch: `SPEED_COLUMNS`."""
    rows = classification[classification["metric"] == judged_by(classification)]
    measured = efficiency[efficiency["quantity"] == "speedup_vs_hf"]
    batch = measured["batch_size"].max() if len(measured) else pd.NA
    measured = measured[measured["batch_size"] == batch] if len(measured) else measured
    counted = efficiency[efficiency["quantity"] == "flops_speedup_unpadded"]
    frame = rows[["method", "split", "metric", "value", "ci_low", "ci_high", "n"]].rename(
        columns={"value": "quality"}
    )
    for name, rows in (("flops_speedup_unpadded", counted), ("speedup_vs_hf", measured)):
        part = rows[["method", "split", "value"]].rename(columns={"value": name})
        frame = frame.merge(part, on=["method", "split"], how="left")
    frame["batch_size"] = batch
    rank = ordered(frame["method"], METHODS)
    frame = frame.sort_values("method", key=lambda c: c.astype(str).map(rank.index), kind="stable")
    return frame[list(SPEED_COLUMNS)].reset_index(drop=True)


def draw_speed(frame: pd.DataFrame, width: float = DOUBLE) -> Figure:
    """Two panels, quality with its interval against unpadded FLOPs speed-up and measured speed-up."""
    figure, (counted, measured) = print_panels(width, 2.3, 2, sharey=True)
    batch = frame["batch_size"].iloc[0] if len(frame) else pd.NA
    at = "" if pd.isna(batch) else f", batch {int(batch)}"
    _points(counted, frame, "flops_speedup_unpadded")
    _points(measured, frame, "speedup_vs_hf")
    name = QUALITY_NAMES[frame["metric"].iloc[0]] if len(frame) else ""
    name_axes(counted, COUNTED_LABEL, name, "Counted")
    name_axes(measured, MEASURED_LABEL, name, f"Measured{at}")
    measured.label_outer()
    legend_below(figure, counted)
    return figure


def quality_point(
    ax: Axes, speedup: float, quality: tuple[float, float, float], style: dict[str, Any], name: str
) -> None:
    """A quality in hundredths with its interval: value, low and high end, both NaN for none."""
    value, low, high = quality
    spread = None if low != low else [[100 * max(value - low, 0)], [100 * max(high - value, 0)]]
    ax.errorbar(
        [speedup], [100 * value], yerr=spread, color=str(style["color"]), marker=str(style["marker"]),
        markersize=5, capsize=2, linewidth=1, linestyle="none", label=plain(name),
    )  # fmt: skip


def _points(ax: Axes, frame: pd.DataFrame, column: str) -> None:
    for number, row in enumerate(frame.to_dict("records")):
        quality = (row["quality"], row["ci_low"], row["ci_high"])
        style = line_style(str(row["method"]), number)
        quality_point(ax, row[column], quality, style, method_name(row["method"]))
    dense = frame[frame["method"].astype(str) == "dense"]
    if len(dense):
        ax.axhline(100 * dense["quality"].iloc[0], color="#BBBBBB", linewidth=1, zorder=0)
    furthest = frame[column].max()
    ax.set_xlim(0, 1.12 * furthest if furthest > 0 else 1)
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
