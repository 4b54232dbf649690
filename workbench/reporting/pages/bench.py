"""What a benchmark found: a table, a figure, and sentences on what limits each run."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.metrics.efficiency.table import BFLOAT16, MASKED
from workbench.reporting.figures.saving import save_figure
from workbench.reporting.figures.speed import realised_chart, realised_frame
from workbench.reporting.tables.engines import engines_table
from workbench.reporting.tables.table import Table, formatted
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import amount, method_name, quartiles, seconds, times
from workbench.runs.folder import BENCH, ENGINE_BENCH
from workbench.storage.atomic import read_json
from workbench.storage.tables import read_table


def write_bench(folder: Path, split: str) -> tuple[Table, list[str]]:
    """Write tables/bench.{csv,tex} and figures/realised.{png,pdf} from a benchmarked folder.

    Returns the table, and in sentences what was done and found. InputError where there is no benchmark.
    """
    times = read_table(folder / "metrics" / "bench.parquet")
    times = times[times["split"] == split]
    about = read_json(folder / BENCH)
    done = _done(about)
    table = bench_table(times, done)
    table.write(folder)
    points = realised_frame(times)
    if len(points):
        words = caption("realised", conventions=done)
        save_figure(realised_chart(points), folder, "realised", points, words)
    limits = read_table(folder / "metrics" / "limits.parquet")
    return table, [done, *_limits(limits[limits["split"] == split], about)]


def write_engines(folder: Path, split: str) -> tuple[Table, list[str]]:
    """Write tables/engines.{csv,tex,md,html} of a folder in which engines were timed.

    Returns the table, and in sentences what was done and what could not be timed. InputError where
    there is no such benchmark.
    """
    frame = read_table(folder / "metrics" / "engines.parquet")
    table = engines_table(frame[frame["split"] == split])
    table.write(folder)
    about = read_json(folder / ENGINE_BENCH)
    return table, [_timed(about), *about["not_timed"]]


def _timed(about: dict) -> str:
    """Which texts were timed, how often, on what."""
    machine = about["environment"]["machine"]
    return (
        f"{about['windows']} windows of {about['texts']} texts ({about['split']}), {about['tokens']} "
        f"tokens, at most {about['max_tokens']} each; {about['rounds']} rounds after one warm-up, "
        f"{machine['torch_threads']} threads on {machine['processor']}."
    )


def _done(about: dict) -> str:
    shares = about.get("bfloat16_same_class") or {}
    parts = ", ".join(f"{method_name(name)} {100 * share:.1f} %" for name, share in shares.items())
    same = f" Same class in bfloat16 as in float32: {parts} of the windows." if parts else ""
    return (
        f"{_timed(about)} Largest difference between our dense and the stock logits: "
        f"{about['largest_logit_difference_dense_to_stock']:.1e}.{same}"
    )


def _limits(limits: pd.DataFrame, about: dict) -> list[str]:
    """One sentence per packed run, from the calibrated cost model."""
    error = about["cost_model"]["median_relative_error"]
    lines = [f"The cost model was calibrated to a median error of {100 * error:.0f} %. It says:"]
    for row in limits.to_dict("records"):
        share = row[row["limit"]] / row["predicted"]
        lines.append(
            f"{method_name(row['method'])}, batch {row['batch_size']}: {row['predicted']:.3g} s "
            f"predicted, {row['measured']:.3g} s measured, {100 * share:.0f} % of it {row['limit']}."
        )
    return lines


STOCK_ORDER = ("hf-torch-kernels", "hf-given-order", "hf")
QUANTITIES = (
    "texts_per_second", "tokens_per_second", "seconds_median", "seconds_q25", "seconds_q75",
    "peak_memory_mb", "flops_speedup_timed", "flops_speedup_timed_padded",
    "flops_speedup_timed_computed", "speedup_vs_hf", "realised_share",
)  # fmt: skip
_SHOWN = {
    "method": ("method", method_name), "batch": ("batch_size",),
    "texts/s": ("texts_per_second", amount), "tokens/s": ("tokens_per_second", amount),
    "median s": ("seconds_median", seconds), "quartiles s": ("seconds_q25", "seconds_q75", quartiles),
    "peak MB": ("peak_memory_mb", amount), "FLOPs, unpadded": ("flops_speedup_timed", times),
    "FLOPs, padded": ("flops_speedup_timed_padded", times),
    "FLOPs, computed": ("flops_speedup_timed_computed", times), "vs stock": ("speedup_vs_hf", times),
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
