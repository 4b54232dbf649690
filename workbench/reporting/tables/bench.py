"""The benchmark's table: throughput, seconds, memory and what the saved operations were worth."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.metrics.efficiency.table import BFLOAT16, MASKED
from workbench.reporting.tables.table import Table, formatted
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import amount, method_name, quartiles, seconds, times

STOCK_ORDER = ("hf-torch-kernels", "hf-given-order", "hf")
QUANTITIES = (
    "texts_per_second", "tokens_per_second", "seconds_median", "seconds_q25", "seconds_q75",
    "peak_memory_mb", "flops_speedup_timed", "flops_speedup_timed_padded", "speedup_vs_hf",
    "realised_share",
)  # fmt: skip
_SHOWN = {
    "method": ("method", method_name), "batch": ("batch_size",),
    "texts/s": ("texts_per_second", amount), "tokens/s": ("tokens_per_second", amount),
    "median s": ("seconds_median", seconds), "quartiles s": ("seconds_q25", "seconds_q75", quartiles),
    "peak MB": ("peak_memory_mb", amount), "FLOPs, unpadded": ("flops_speedup_timed", times),
    "FLOPs, padded": ("flops_speedup_timed_padded", times), "vs stock": ("speedup_vs_hf", times),
    "realised share": ("realised_share", times),
}  # fmt: skip


def bench_table(efficiency: pd.DataFrame, conventions: str = "") -> Table:
    """Build a row per batch size and system of one split: columns method, batch_size, `QUANTITIES`.

    Rows of `efficiency` without a batch size are left out. The stock models come first, then dense, the
    pruned methods, and the masked ones. A quantity that was not measured is NaN and shown as a dash.
    Memory in MB (10^6 bytes).
    """
    timed = efficiency[efficiency["batch_size"].notna()]
    values = timed.set_index(["method", "batch_size", "quantity"])["value"]
    rows: list[dict[str, object]] = []
    for batch in sorted(timed["batch_size"].unique()):
        for method in in_system_order(timed.loc[timed["batch_size"] == batch, "method"]):
            row: dict[str, object] = {"method": method, "batch_size": int(batch)}
            rows.append(row | {name: values.get((method, batch, name), np.nan) for name in QUANTITIES})
    frame = pd.DataFrame(rows, columns=["method", "batch_size", *QUANTITIES])
    words = caption("bench", conventions=conventions)
    return Table("bench", words, frame, formatted(frame, _SHOWN), ("method",))


def in_system_order(names: Iterable[object]) -> list[str]:
    """Order the distinct systems: stock models, methods, then both in bfloat16, then masked."""
    plain = (*STOCK_ORDER, *METHODS)
    variants = (name + ending for ending in (BFLOAT16, MASKED) for name in plain)
    known = ordered(names, (*plain, *variants))
    return sorted(known, key=lambda name: (name.endswith(MASKED), name.endswith(BFLOAT16)))
