"""The benchmark's table: throughput, seconds, memory and what the saved operations were worth."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from workbench.metrics.efficiency.table import BFLOAT16, MASKED
from workbench.reporting.tables.table import Table
from workbench.reporting.text.wording import amount, method_name, quartiles, seconds, times
from workbench.runs.tables import METHOD_ORDER, ordered

STOCK_ORDER = ("hf-torch-kernels", "hf-given-order", "hf")
QUANTITIES = (
    "texts_per_second", "tokens_per_second", "seconds_median", "seconds_q25", "seconds_q75",
    "peak_memory_mb", "flops_speedup_timed", "flops_speedup_timed_padded", "speedup_vs_hf",
    "realised_share",
)  # fmt: skip
_SHOWN = {
    "texts_per_second": ("texts/s", amount),
    "tokens_per_second": ("tokens/s", amount),
    "seconds_median": ("median s", seconds),
    "peak_memory_mb": ("peak MB", amount),
    "flops_speedup_timed": ("FLOPs, unpadded", times),
    "flops_speedup_timed_padded": ("FLOPs, padded", times),
    "speedup_vs_hf": ("vs stock", times),
    "realised_share": ("realised share", times),
}


def bench_table(efficiency: pd.DataFrame, conventions: str = "") -> Table:
    """One row per batch size and contestant of one split: columns method, batch_size, `QUANTITIES`.

    `efficiency` has the columns of `schemas.EFFICIENCY`; rows without a batch size are
    left out. The stock models come first, then dense, the pruned methods, and the masked ones. A
    quantity that was not measured is NaN and shown as a dash. Memory in MB (10^6 bytes).
    """
    timed = efficiency[efficiency["batch_size"].notna()]
    values = timed.set_index(["method", "batch_size", "quantity"])["value"]
    rows: list[dict[str, object]] = []
    for batch in sorted(timed["batch_size"].unique()):
        for method in in_contest_order(timed.loc[timed["batch_size"] == batch, "method"]):
            row: dict[str, object] = {"method": method, "batch_size": int(batch)}
            rows.append(row | {name: values.get((method, batch, name), np.nan) for name in QUANTITIES})
    frame = pd.DataFrame(rows, columns=["method", "batch_size", *QUANTITIES])
    caption = (
        "Speed of every contestant on the same texts, in turn in every round; throughput counts the "
        "tokens before any dropping, quartiles are over rounds, peak memory is what a run took on top. "
        "FLOPs unpadded: dense / method, no padding in either; padded: a dense model that computes "
        "padding / the method without. vs stock: seconds of the padded stock model / the contestant's. "
        "Realised share: (our unpadded dense seconds / the method's) / its unpadded FLOPs speed-up. "
        f"{conventions}"
    ).strip()
    return Table("bench", caption, frame, _shown(frame), ("method",))


def in_contest_order(names: Iterable[object]) -> list[str]:
    """The distinct systems: stock models, dense, pruned methods, then those in bfloat16 and the
    masked ones in the same order."""
    plain = (*STOCK_ORDER, *METHOD_ORDER)
    variants = (name + ending for ending in (BFLOAT16, MASKED) for name in plain)
    known = ordered(names, (*plain, *variants))
    return sorted(known, key=lambda name: (name.endswith(MASKED), name.endswith(BFLOAT16)))


def _shown(frame: pd.DataFrame) -> pd.DataFrame:
    shown = pd.DataFrame({"method": frame["method"].map(method_name), "batch": frame["batch_size"]})
    for column, (name, text) in _SHOWN.items():
        shown[name] = frame[column].map(text)
        if column == "seconds_median":
            spread = frame[["seconds_q25", "seconds_q75"]].itertuples(index=False)
            shown["quartiles s"] = [quartiles(low, high) for low, high in spread]
    return shown
