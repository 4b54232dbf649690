"""The table of `workbench bench --engines`."""

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.reporting.tables.table import Table, formatted
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import method_name, seconds, times

STOCK = "stock"
_KEY = ["engine", "dtype", "method", "order"]
_FLOPS = ("flops_speedup_timed", "flops_speedup_timed_computed")
_ALONE = {
    "first ms": "milliseconds_first", "p50 ms": "milliseconds_p50", "p95 ms": "milliseconds_p95",
    "p50 ms, tokenised": "milliseconds_p50_tokenised",
    "p95 ms, tokenised": "milliseconds_p95_tokenised",
}  # fmt: skip
"""Headings of what is of one text at a time."""


def engines_table(frame: pd.DataFrame) -> Table:
    """Build a row per contestant, in the order they were timed.

    Args:
        frame: Rows of `schemas.ENGINE_TIMES`, of one split. Milliseconds are per text, by batch size;
            p50, p95 and the first call at batch 1.
    """
    values = frame.set_index([*_KEY, "quantity", "batch_size"])["value"]
    sizes = sorted(frame.loc[frame["quantity"] == "seconds_median", "batch_size"].unique())
    rows = []
    for key in frame[_KEY].drop_duplicates().itertuples(index=False, name=None):
        row = dict(zip(_KEY, key, strict=True))
        row |= {name: values.get((*key, name, 1), np.nan) for name in _ALONE.values()}
        row |= {name: values.get((*key, name, sizes[0]), np.nan) for name in _FLOPS}
        for size in sizes:
            row[f"milliseconds_{size}"] = 1000 / values[*key, "texts_per_second", size]
            row[f"speedup_{size}"] = values[*key, "speedup_vs_stock", size]
            row[f"realised_{size}"] = values.get((*key, "realised_share", size), np.nan)
        rows.append(row)
    shown = {
        "engine": ("engine",), "dtype": ("dtype",), "model": ("method", _model), "order": ("order",),
        "FLOPs, unpadded": (_FLOPS[0], times), "FLOPs, computed": (_FLOPS[1], times),
        **{heading: (name, seconds) for heading, name in _ALONE.items()},
    }  # fmt: skip
    for size in sizes:
        shown[f"ms/text, batch {size}"] = (f"milliseconds_{size}", seconds)
        shown[f"vs stock, batch {size}"] = (f"speedup_{size}", times)
        shown[f"realised, batch {size}"] = (f"realised_{size}", times)
    whole = pd.DataFrame(rows)
    text = ("engine", "dtype", "model", "order")
    return Table("engines", caption("engines"), whole, formatted(whole, shown), text)


def _model(method: str) -> str:
    return "stock, padded" if method == STOCK else method_name(method) if method in METHODS else method
