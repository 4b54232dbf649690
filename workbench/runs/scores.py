"""Score tables run by run: scores of different runs are never put into one number."""

from collections.abc import Callable
from functools import cached_property

import pandas as pd

from workbench.catalog.scorers import CONTROLS, SCORERS
from workbench.core.score_grid import ScoreGrid, score_grids
from workbench.errors import InputError
from workbench.runs.many import KEYS, RunFolder, Runs, reported
from workbench.runs.tables import METHOD_ORDER, ordered


class RunScores:
    """One run's score tables on the split that is reported, each read when first asked for."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self._runs = Runs((run,))
        self._grids: dict[str, list[ScoreGrid]] = {}

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The reported split's predictions; empty where the run has none."""
        frame = self._runs.predictions
        return reported(frame) if len(frame) else frame

    @property
    def split(self) -> str:
        """The reported split; "" where the run has no predictions to tell."""
        return str(self.predictions["split"].iloc[0]) if len(self.predictions) else ""

    @property
    def scorers(self) -> list[str]:
        """Scorers in the order of figures, controls left out."""
        names = [name for name in self._runs.scorers if name not in CONTROLS]
        return ordered(names, SCORERS)

    def grids(self, scorer: str) -> list[ScoreGrid]:
        """The scorer's grids, one per model, texts of other splits left out; empty without any."""
        if scorer not in self._grids:
            frame = self._runs.scores(scorer)
            if len(frame) and len(self.predictions):
                texts = set(self.predictions["text_id"].astype(str))
                frame = frame[frame["text_id"].astype(str).isin(texts)]
            self._grids[scorer] = score_grids(frame) if len(frame) else []
        return self._grids[scorer]

    def all_grids(self) -> list[ScoreGrid]:
        """Those of every scorer that is no control."""
        return [grid for scorer in self.scorers for grid in self.grids(scorer)]

    def dropping(self) -> list[ScoreGrid]:
        """One grid per model that drops tokens, the first scorer's."""
        found: dict[str, ScoreGrid] = {}
        for grid in self.all_grids():
            if grid.kept is not None and not grid.kept[grid.entering].all():
                found.setdefault(grid.method, grid)
        return [found[name] for name in ordered(found, METHOD_ORDER)]


def over_runs(
    runs: Runs, compute: Callable[[RunScores], pd.DataFrame], needed: str
) -> tuple[pd.DataFrame, list[str]]:
    """`compute` of every run, one below the other, with `KEYS` in front, and notes on runs without.

    A run for which `compute` gives no row is named in the notes. Raises InputError where none gives
    any; `needed` says what a run must have.
    """
    parts, without = [], []
    for run in runs.runs:
        frame = compute(RunScores(run))
        if frame.empty:
            without.append(run.name)
            continue
        for place, key in enumerate(KEYS):
            frame.insert(place, key, {"run": run.name, "data": run.data, "seed": run.seed}[key])
        parts.append(frame)
    if not parts:
        who = ", ".join(without) if len(without) < 4 else f"the {len(without)} runs"
        raise InputError(f"no {needed} in {who}; run `workbench evaluate` first")
    notes = [f"Left out, without {needed}: {', '.join(without)}."] if without else []
    return pd.concat(parts, ignore_index=True), notes


def by_run(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Suffix of a figure's files -> the rows of one run: "" for the only one, else the run's name."""
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
