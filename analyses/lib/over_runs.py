"""A computation run by run: scores of different runs are never put into one number."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from workbench.errors import InputError
from workbench.runs.many import KEYS, RunFolder, Runs


def over_runs(
    runs: Runs, compute: Callable[[RunFolder], pd.DataFrame], needed: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return `compute` of every run, one below the other, and notes on the runs without.

    Args:
        runs: The runs.
        compute: Gives a frame, which gets `KEYS` in front; a run for which it is empty is named in the
            notes. InputError where it is empty for all.
        needed: What a run must have, in words.
    """
    parts, without = [], []
    for run in runs.runs:
        # A copy, so that its grids are gone when the next run's are read.
        frame = compute(replace(run))
        if frame.empty:
            without.append(run.name)
            continue
        for place, key in enumerate(KEYS):
            frame.insert(place, key, {"run": run.name, "data": run.data, "seed": run.seed}[key])
        parts.append(frame)
    if not parts:
        lacking = ", ".join(without) if len(without) < 4 else f"the {len(without)} runs"
        raise InputError(f"no {needed} in {lacking}; run `workbench evaluate` first")
    notes = [f"Left out, without {needed}: {', '.join(without)}."] if without else []
    return pd.concat(parts, ignore_index=True), notes


def by_run(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return suffix of a figure's files -> the rows of one run: "" for the only one, else its name."""
    names = frame["run"].drop_duplicates().tolist()
    if len(names) == 1:
        return {"": frame}
    files: dict[str, pd.DataFrame] = {}
    for name in names:
        clean = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
        while clean in files:
            clean += "-"
        files[clean] = frame[frame["run"] == name]
    return files
