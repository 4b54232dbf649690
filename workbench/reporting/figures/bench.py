"""What saved operations were worth in time: measured against counted speed-up."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.metrics.efficiency.table import MASKED
from workbench.reporting.figures.chart import Axis, Chart, Panel, Series
from workbench.reporting.figures.speed import COUNTED_LABEL
from workbench.reporting.figures.style import BLACK, MARKERS, Look, by_method, series_look
from workbench.reporting.text.wording import method_name

REALISED_COLUMNS = (
    "method", "split", "batch_size", "flops_speedup_timed", "realised_share", "speedup_vs_dense",
)  # fmt: skip
_NEEDED = ["flops_speedup_timed", "realised_share"]
SPEEDUPS = {"flops_speedup_timed": COUNTED_LABEL, "speedup_vs_dense": "our dense seconds / method's"}
"""What the counted and the measured speed-up of `realised_frame` are."""


def realised_frame(efficiency: pd.DataFrame) -> pd.DataFrame:
    """Return counted and measured speed-up over our own dense model: columns of `REALISED_COLUMNS`.

    One row per method, split and batch size for which `efficiency` (columns of
    `schemas.EFFICIENCY`) has both the unpadded FLOPs speed-up on the timed texts and the
    realised share; their product is the measured speed-up. Stock models and masked runs have no such
    share, the dense model's is 1 by definition: all are left out.
    """
    names = efficiency["method"].astype(str)
    timed = efficiency["quantity"].isin(_NEEDED) & efficiency["batch_size"].notna()
    has_share = ~names.str.startswith("hf") & ~names.str.endswith(MASKED) & (names != "dense")
    rows = efficiency[timed & has_share]
    rows = rows.astype({"method": str, "split": str})
    wide = rows.pivot(index=["method", "split", "batch_size"], columns="quantity", values="value")
    frame = wide.reindex(columns=_NEEDED).dropna().reset_index().rename_axis(columns=None)
    frame["speedup_vs_dense"] = frame["flops_speedup_timed"] * frame["realised_share"]
    rank = ordered(frame["method"], METHODS)
    frame = frame.sort_values("method", key=lambda column: column.map(rank.index), kind="stable")
    return frame[list(REALISED_COLUMNS)].reset_index(drop=True)


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
