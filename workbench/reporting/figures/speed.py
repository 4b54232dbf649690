"""Tokens left per layer, what speed costs in quality, and what saved operations are worth in time."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.metrics.classification import judged_by
from workbench.metrics.efficiency.table import MASKED
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.style import BLACK, DENSE_LEVEL, MARKERS, Look, by_method, series_look
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.reporting.tables.table import sorted_by
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

    Lengths as in `tokens_by_method`, columns of `TOKEN_COLUMNS`. A student has its own layers only.
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
    frame = frame[list(SPEED_COLUMNS)].astype({"method": str})
    return sorted_by(frame, {"method": ordered(frame["method"], METHODS)})


def speed_axes(frame: pd.DataFrame) -> list[str]:
    """Return what was measured of a `speed_frame`'s speed-ups, in words: counted, measured."""
    columns = {"counted": "flops_speedup_unpadded", "measured": "speedup_vs_hf"}
    return [word for word, column in columns.items() if frame[column].notna().any()]


def speed_chart(frame: pd.DataFrame) -> Chart:
    """Return quality with its interval against unpadded FLOPs and measured speed-up, a panel each.

    What was not measured has no panel.
    """
    batch = frame["batch_size"].iloc[0] if len(frame) else pd.NA
    at = "" if pd.isna(batch) else f", batch {int(batch)}"
    panels = []
    for column, x, title in (
        ("flops_speedup_unpadded", COUNTED_LABEL, "Counted"),
        ("speedup_vs_hf", MEASURED_LABEL, f"Measured{at}"),
    ):
        if frame[column].isna().all():
            continue
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


REALISED_COLUMNS = (
    "method", "split", "batch_size", "flops_speedup_timed", "realised_share", "speedup_vs_dense",
)  # fmt: skip
_NEEDED = ["flops_speedup_timed", "realised_share"]
SPEEDUPS = {"flops_speedup_timed": COUNTED_LABEL, "speedup_vs_dense": "our dense seconds / method's"}
"""What the counted and the measured speed-up of `realised_frame` are."""


def realised_frame(efficiency: pd.DataFrame) -> pd.DataFrame:
    """Return counted and measured speed-up over our own dense model: columns of `REALISED_COLUMNS`.

    One row per method, split and batch size for which `efficiency` has both the unpadded FLOPs speed-up
    on the timed texts and the realised share; their product is the measured speed-up. Stock models and
    masked runs have no such share, the dense model's is 1 by definition: all are left out.
    """
    names = efficiency["method"].astype(str)
    timed = efficiency["quantity"].isin(_NEEDED) & efficiency["batch_size"].notna()
    has_share = ~names.str.startswith("hf") & ~names.str.endswith(MASKED) & (names != "dense")
    rows = efficiency[timed & has_share]
    rows = rows.astype({"method": str, "split": str})
    wide = rows.pivot(index=["method", "split", "batch_size"], columns="quantity", values="value")
    frame = wide.reindex(columns=_NEEDED).dropna().reset_index().rename_axis(columns=None)
    frame["speedup_vs_dense"] = frame["flops_speedup_timed"] * frame["realised_share"]
    return sorted_by(frame[list(REALISED_COLUMNS)], {"method": ordered(frame["method"], METHODS)})


def realised_chart(frame: pd.DataFrame, titles: Mapping[str, str] = SPEEDUPS) -> Chart:
    """Return a point per method (colour) and batch size (marker); on the diagonal all time was saved.

    `titles` has the columns of `frame` with the counted and the measured speed-up, and their names.
    """
    x, y = titles
    end = 1.1 * frame[[x, y]].to_numpy(dtype=np.float64).max(initial=1.5)
    sizes = sorted(set(frame["batch_size"]))
    methods, lines, points = [], [], []
    for name, look, rows in by_method(frame):
        look = Look(look.colour, width=1.0, size=7.0)
        methods.append(Series(name, look=replace(look, width=4.0)))
        rows = rows.sort_values("batch_size")
        lines.append(Series("", rows[x], rows[y], look))
        for row in rows.to_dict("records"):
            marked = replace(look, marker=MARKERS[sizes.index(row["batch_size"]) % len(MARKERS)])
            points.append(Series("", [row[x]], [row[y]], marked, "points", hover=[_hover(row, x, y)]))
    batches = [
        Series(
            f"batch {size}", look=Look(BLACK, MARKERS[number % len(MARKERS)], size=7.0), kind="points"
        )
        for number, size in enumerate(sizes)
    ]
    references = [
        Series("every saved operation\nsaved its time", [0, end], [0, end], series_look("random")),
        Series("no time saved", y=[1], look=series_look("uniform"), kind="level"),
    ]
    panel = Panel(
        [*methods, *batches, *references, *lines, *points],
        Axis(titles[x], (0, end), grid=True), Axis(titles[y], (0, end)),
    )  # fmt: skip
    return Chart([panel], height=3.2, square=True)


def _hover(row: Mapping[Hashable, Any], x: str, y: str) -> str:
    median = f"\nmedian {row['seconds_median']:.3g} s" if "seconds_median" in row else ""
    name = method_name(row["method"])
    return f"{name}, batch {row['batch_size']}: counted {row[x]:.2f}x, measured {row[y]:.2f}x{median}"
