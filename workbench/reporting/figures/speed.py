"""Tokens left per layer, and what speed costs in quality."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.metrics.classification import judged_by
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.style import DENSE_LEVEL, Look, by_method, series_look
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.reporting.text.wording import method_name

TOKENS_TITLE = "tokens left (% of the text)"
TOKEN_COLUMNS = ("method", "split", "layer", "q05", "q25", "median", "q75", "q95", "mean", "n")
COUNTED_LABEL = "dense FLOPs / method's, both unpadded"
MEASURED_LABEL = "stock model's seconds / method's"
SPEED_COLUMNS = (
    "method", "split", "metric", "quality", "ci_low", "ci_high", "n", "flops_speedup_unpadded",
    "speedup_vs_hf", "batch_size",
)  # fmt: skip


def token_frame(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the share of a text's tokens left in each layer: quantiles and mean over texts, by method.

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
    """Yield (method, split, tokens (texts, layers), full lengths (texts,)) of every method and split.

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
            rows = np.flatnonzero((methods == method) & (splits == split))
            yield method, str(split), np.stack([counts[row] for row in rows]), full[rows]


def tokens_chart(frame: pd.DataFrame) -> Chart:
    """Return one line per method: the median share of tokens in each layer, quartiles as a band."""
    lines = [
        Series(
            name,
            rows["layer"],
            100 * rows["median"],
            look,
            low=100 * rows["q25"],
            high=100 * rows["q75"],
        )
        for name, look, rows in by_method(frame)
    ]
    return Chart([Panel(lines, Axis("layer", whole=True), Axis(TOKENS_TITLE, (0, 104)))])


def speed_frame(classification: pd.DataFrame, efficiency: pd.DataFrame) -> pd.DataFrame:
    """Return the primary quality with counted and measured speed-up: `SPEED_COLUMNS`.

    Time is measured at the largest batch.
    """
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


def speed_chart(frame: pd.DataFrame) -> Chart:
    """Return two panels, quality with its interval against unpadded FLOPs and measured speed-up."""
    batch = frame["batch_size"].iloc[0] if len(frame) else pd.NA
    at = "" if pd.isna(batch) else f", batch {int(batch)}"
    panels = []
    for column, x, title in (
        ("flops_speedup_unpadded", COUNTED_LABEL, "Counted"),
        ("speedup_vs_hf", MEASURED_LABEL, f"Measured{at}"),
    ):
        series = [
            quality_series(method_name(row["method"]), row[column],
                           [row["quality"], row["ci_low"], row["ci_high"]],
                           series_look(str(row["method"]), number))
            for number, row in enumerate(frame.to_dict("records"))
        ]  # fmt: skip
        dense = frame.loc[frame["method"].astype(str) == "dense", "quality"]
        if len(dense):
            series.append(Series(y=[100 * dense.iloc[0]], look=DENSE_LEVEL, kind="level"))
        furthest = frame[column].max()
        axis = Axis(x, (0, 1.12 * furthest if furthest > 0 else 1), grid=True)
        quality = QUALITY_NAMES[frame["metric"].iloc[0]] if len(frame) else ""
        panels.append(Panel(series, axis, Axis(quality), title))
    return Chart(panels, height=2.3, share_y=True)


def quality_series(
    name: str, speedup: float, quality: Sequence[float], look: Look, hover: str = ""
) -> Series:
    """Return one point with its interval.

    Args:
        name: Of the system, for the legend.
        speedup: Its place.
        quality: Value, lower and upper end, as shares; both ends NaN for none.
        look: Colour and marker.
        hover: What the screen says of the point.
    """
    value, low, high = (100 * part for part in quality)
    return Series(name, [speedup], [value], look, "points", [low], [high], [hover] if hover else ())
