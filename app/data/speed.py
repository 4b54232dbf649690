"""Quality, counted operations and measured time of runs side by side, from the report's frames."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.metrics.efficiency.table import MASKED
from workbench.reporting.tables.main import QUALITY_NAMES, Table, efficiency_table, main_table
from workbench.runs.tables import RunData

SPEEDUPS = {
    "flops_speedup_unpadded": "FLOPs, unpadded: dense FLOPs / method FLOPs, no padding in either",
    "flops_speedup_padded": "FLOPs, padded: FLOPs of a dense model that computes padding / method FLOPs",
}
TIME_COLUMNS = (
    "method", "batch_size", "flops_unpadded", "speedup_vs_dense", "flops_padded", "speedup_vs_hf",
    "realised_share", "seconds_median", "seconds_q25", "seconds_q75", "rounds",
)  # fmt: skip


def speedup_label(column: str) -> str:
    """Return what a speed-up column of a report's main table is, in words."""
    batch = column.removeprefix("speedup_vs_hf_b")
    if batch == column:
        return SPEEDUPS[column]
    return f"time, batch {batch}: stock padded model's seconds / method's seconds"


def axis_title(column: str) -> str:
    """Return the label of a speed-up column up to its definition."""
    return f"speed-up, {speedup_label(column).partition(':')[0]}"


def time_frame(efficiency: pd.DataFrame, stopwatch: pd.DataFrame | None) -> pd.DataFrame:
    """Return counted and measured speed-ups by method and batch size, of one split: `TIME_COLUMNS`.

    Two pairs that belong together: `flops_unpadded` (on the timed texts) with `speedup_vs_dense`, our
    dense run that computes no padding; `flops_padded` with `speedup_vs_hf`, the stock model that does.
    Seconds, speed-up over the stock model and realised share are those of the report's table.
    `speedup_vs_dense` is the median over rounds, without recorded rounds counted times realised; where
    the FLOPs of the timed texts were not kept they are what the realised share was divided by. NaN where
    neither can be known. Masked runs and stock models are left out.
    """
    frame = efficiency_table(efficiency, stopwatch).frame
    ours = ~frame["method"].str.startswith("hf") & ~frame["method"].str.endswith(MASKED)
    frame = frame[ours].reset_index(drop=True)
    values = efficiency.set_index(["method", "batch_size", "quantity"])["value"].to_dict()
    whole = (
        efficiency[efficiency["batch_size"].isna()].set_index(["method", "quantity"])["value"].to_dict()
    )
    rows = []
    for row in frame.to_dict("records"):
        method, batch = row["method"], row["batch_size"]
        ratio = _ratio(stopwatch, method, batch)
        counted = values.get((method, batch, "flops_speedup_timed"), ratio / row["realised_share"])
        padded = values.get(
            (method, batch, "flops_speedup_timed_padded"),
            whole.get((method, "flops_speedup_padded"), np.nan),
        )
        if ratio != ratio:
            ratio = counted * row["realised_share"]
        rows.append(row | {"flops_unpadded": counted, "speedup_vs_dense": ratio, "flops_padded": padded})
    return pd.DataFrame(rows, columns=list(TIME_COLUMNS)).astype({"rounds": "Int64"})


def _ratio(stopwatch: pd.DataFrame | None, method: str, batch: int) -> float:
    """Median over rounds of our dense run's seconds / the method's; NaN where either was not timed."""
    if stopwatch is None:
        return np.nan
    rounds = stopwatch[stopwatch["batch_size"] == batch].set_index(["contestant", "round"])["seconds"]
    if not {"dense", method} <= set(rounds.index.get_level_values(0)):
        return np.nan
    return float((rounds["dense"] / rounds[method]).median())


def worth(frame: pd.DataFrame, convention: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the rows of `time_frame` with both speed-ups of a convention, and titles of the columns.

    The convention is `unpadded` or `padded`; the columns are counted and measured. Our dense run against
    itself, 1 by definition, is left out.
    """
    counted = f"counted: dense FLOPs / method FLOPs, {convention}"
    if convention == "unpadded":
        frame = frame[frame["method"] != "dense"]
        titles = {
            "flops_unpadded": counted,
            "speedup_vs_dense": "measured: our dense seconds / method's",
        }
    else:
        measured = "measured: stock model's seconds / method's"
        titles = {"flops_padded": counted, "speedup_vs_hf": measured}
    columns = [*titles]
    return frame.dropna(subset=columns)[["method", "batch_size", *columns, "seconds_median"]], titles


def share_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return method, batch_size and realised_share of the rows that have one.

    The dense model's, 1 by definition, is left out.
    """
    rows = frame[frame["method"] != "dense"].dropna(subset=["realised_share"])
    return rows[["method", "batch_size", "realised_share"]].sort_values("batch_size", kind="stable")


def quality_and_speed(run: RunData, name: str) -> Table:
    """Return the main table of a run's reported split with columns `run` and `split` first.

    InputError without classification metrics.
    """
    classification = run.rows("classification")
    if classification is None:
        raise InputError(f"{name}: has no classification metrics yet; go on with `workbench run`")
    speeds = run.rows("efficiency")
    table = main_table(classification, speeds, config=run.config, mark_best=False, aims=run.aims)
    frame, shown = table.frame.copy(), table.shown.copy()
    for part in (frame, shown):
        part.insert(0, "split", run.split)
        part.insert(0, "run", name)
    return replace(table, frame=frame, shown=shown, text_columns=("run", "split", *table.text_columns))


def side_by_side(tables: Sequence[Table]) -> Table:
    """Return tables of `quality_and_speed`, at least one, as one.

    What only other runs have is a dash (classes have an accuracy, values a correlation).
    """
    frame = pd.concat([table.frame for table in tables], ignore_index=True)
    shown = pd.concat([table.shown for table in tables], ignore_index=True).fillna("–")
    # The captions are alike but for what a dagger means.
    longest = max((table.caption for table in tables), key=len)
    return replace(tables[0], caption=longest, frame=frame, shown=shown)


def left_out(frame: pd.DataFrame, quality: str, speedup: str) -> list[str]:
    """Return a sentence for each run and method that a figure leaves out.

    Args:
        frame: A row per run and method.
        quality: The figure's column of quality.
        speedup: Its column of speed-up.
    """
    return [
        f"{run}, {method}: has no {what}, so it is not in the figure."
        for what, column in (("such speed-up", speedup), (QUALITY_NAMES[quality], quality))
        for run, method in frame.loc[frame[column].isna(), ["run", "method"]].itertuples(index=False)
    ]


def measured(frame: pd.DataFrame) -> list[str]:
    """Return the columns of quality that any of the rows has, the primary one first."""
    return [name for name in QUALITY_NAMES if name in frame and frame[name].notna().any()]
