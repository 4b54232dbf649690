"""Runs side by side: the report's main table of each, with the run's name in front."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from workbench.errors import InputError
from workbench.reporting.tables.main import QUALITY_NAMES, Table, main_table
from workbench.runs.tables import RunData


def quality_and_speed(run: RunData, name: str) -> Table:
    """Return the main table of a run's reported split with columns `run` and `split` first.

    InputError without classification metrics.
    """
    classification = run.rows("classification")
    if classification is None:
        raise InputError(f"{name}: has no classification metrics yet; go on with `workbench run`")
    table = main_table(classification, run.rows("efficiency"), mark_best=False)
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
    return replace(tables[0], frame=frame, shown=shown)


def left_out(frame: pd.DataFrame, quality: str, speedup: str) -> list[str]:
    """Return a sentence for each run and method that a figure of these two columns leaves out."""
    return [
        f"{run}, {method}: has no {what}, so it is not in the figure."
        for what, column in (("such speed-up", speedup), (QUALITY_NAMES[quality], quality))
        for run, method in frame.loc[frame[column].isna(), ["run", "method"]].itertuples(index=False)
    ]


def measured(frame: pd.DataFrame) -> list[str]:
    """Return the columns of quality that any of the rows has, the primary one first."""
    return [name for name in QUALITY_NAMES if name in frame and frame[name].notna().any()]
