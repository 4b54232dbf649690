"""What a benchmark found: a table, a figure, and a sentence on what limits each run."""

from pathlib import Path

import pandas as pd

from workbench.reporting.figures.saving import save_figure
from workbench.reporting.figures.speed import realised_chart, realised_frame
from workbench.reporting.tables.bench import bench_table
from workbench.reporting.tables.table import Table
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import method_name
from workbench.storage.atomic import read_json
from workbench.storage.tables import read_table


def write_bench(folder: Path, split: str) -> tuple[Table, list[str]]:
    """Write tables/bench.{csv,tex} and figures/realised.{png,pdf} from a benchmarked folder.

    Returns the table, and in sentences what was done and found. InputError where there is no benchmark.
    """
    efficiency = read_table(folder / "metrics" / "efficiency.parquet")
    efficiency = efficiency[efficiency["split"] == split]
    about = read_json(folder / "bench.json")
    done = _done(about)
    table = bench_table(efficiency, done)
    table.write(folder)
    points = realised_frame(efficiency)
    if len(points):
        words = caption("realised", conventions=done)
        save_figure(realised_chart(points), folder, "realised", points, words)
    limits = read_table(folder / "metrics" / "limits.parquet")
    return table, [done, *_limits(limits[limits["split"] == split], about)]


def _done(about: dict) -> str:
    machine, shares = about["environment"]["machine"], about.get("bfloat16_same_class") or {}
    parts = ", ".join(f"{method_name(name)} {100 * share:.1f} %" for name, share in shares.items())
    same = f" Same class in bfloat16 as in float32: {parts} of the windows." if parts else ""
    return (
        f"{about['windows']} windows of {about['texts']} texts ({about['split']}), {about['tokens']} "
        f"tokens, at most {about['max_tokens']} each; {about['rounds']} rounds after one warm-up, "
        f"{machine['torch_threads']} threads on {machine['processor']}. Largest difference between our "
        f"dense and the stock logits: {about['largest_logit_difference_dense_to_stock']:.1e}."
        f"{same}"
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
