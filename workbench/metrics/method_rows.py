"""One method's line in a table of methods, from the tidy tables of one split."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from workbench.metrics.efficiency.table import COUNTED


def quality_row(classification: pd.DataFrame, method: str, metrics: Iterable[str]) -> dict[str, object]:
    """Return one method's name, n, and metrics with their intervals.

    Args:
        classification: Columns of `schemas.CLASSIFICATION`, one split.
        method: NaN throughout, and n = 0, where it has no row.
        metrics: For each the keys `metric`, `metric`_low and `metric`_high.
    """
    rows = classification[classification["method"].astype(str) == method]
    row: dict[str, object] = {"method": method, "n": int(rows["n"].max()) if len(rows) else 0}
    for metric in metrics:
        found = rows[rows["metric"] == metric]
        for column, suffix in (("value", ""), ("ci_low", "_low"), ("ci_high", "_high")):
            row[metric + suffix] = _first(found[column])
    return row


def speed_row(method: str, efficiency: pd.DataFrame | None) -> dict[str, object]:
    """Return counted speed-ups, tokens kept, and `speedup_vs_hf_b<batch size>` where measured."""
    if efficiency is None:
        return dict.fromkeys(COUNTED, np.nan)
    rows = efficiency[efficiency["method"].astype(str) == method]
    values: dict[str, object] = {
        quantity: _first(rows.loc[rows["quantity"] == quantity, "value"]) for quantity in COUNTED
    }
    measured = efficiency[efficiency["quantity"] == "speedup_vs_hf"]
    for batch in sorted(measured["batch_size"].dropna().unique()):
        timed = (rows["quantity"] == "speedup_vs_hf") & (rows["batch_size"] == batch)
        values[f"speedup_vs_hf_b{int(batch)}"] = _first(rows.loc[timed, "value"])
    return values


def _first(values: pd.Series) -> float:
    return float(values.iloc[0]) if len(values) else np.nan
