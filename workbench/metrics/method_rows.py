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
    by_metric = rows.drop_duplicates("metric").set_index("metric")
    row: dict[str, object] = {"method": method, "n": int(rows["n"].max()) if len(rows) else 0}
    for metric in metrics:
        for column, suffix in (("value", ""), ("ci_low", "_low"), ("ci_high", "_high")):
            row[metric + suffix] = by_metric[column].get(metric, np.nan)
    return row


def speed_row(method: str, efficiency: pd.DataFrame | None) -> dict[str, object]:
    """Return counted speed-ups, tokens kept, and `speedup_vs_hf_b<batch size>` where measured."""
    values: dict[str, object] = dict.fromkeys(COUNTED, np.nan)
    if efficiency is None:
        return values
    of_method = efficiency["method"].astype(str) == method
    rows = efficiency[of_method & efficiency["quantity"].isin(values)].drop_duplicates("quantity")
    values |= dict(zip(rows["quantity"].astype(str), rows["value"], strict=True))
    timed = efficiency["quantity"] == "speedup_vs_hf"
    own = efficiency[of_method & timed].drop_duplicates("batch_size").set_index("batch_size")["value"]
    for batch in sorted(efficiency.loc[timed, "batch_size"].dropna().unique()):
        values[f"speedup_vs_hf_b{int(batch)}"] = own.get(batch, np.nan)
    return values
