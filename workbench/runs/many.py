"""Tidy frames from one run or many: what analyses, tables and papers read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.catalog.readers import READERS
from workbench.catalog.scorers import CONTROLS, SCORERS
from workbench.config.data import DataSettings
from workbench.core.score_grid import ScoreGrid, score_grids
from workbench.core.token_scores import COLUMNS
from workbench.errors import InputError
from workbench.metrics.schemas import PREDICTIONS, RUN_TABLES
from workbench.runs.folder import COMPARISON, CONFIG, TABLES, Run, refuse_unregistered
from workbench.storage.atomic import read_json

KEYS = ("run", "data", "seed")
"""The columns that lead every frame."""
NOT_RECORDED = "not recorded"


def data_names(configs: list[dict[str, Any]]) -> list[str]:
    """Return a name per configuration; to equal names the settings of `data` that differ are added."""
    given = (config.get("data") for config in configs)
    # A run of an earlier version lacks the keys that came since.
    usual = DataSettings().model_dump()
    named = [(_short(s), s) for s in (usual | g if isinstance(g, dict) else {} for g in given)]
    full = []
    for name, section in named:
        others = [other for its, other in named if its == name]
        differing = [key for key in section if any(o.get(key) != section[key] for o in others)]
        settings = ", ".join(f"{key}={section[key]}" for key in differing)
        full.append(f"{name} ({settings})" if settings else name)
    return full


def _short(section: dict[str, Any]) -> str:
    """rotten-tomatoes, glue/sst2, or of own files the file's name."""
    source, path, subset = (section.get(key) for key in ("source", "path", "subset"))
    reader = READERS.get(str(source))
    if path and reader is not None and reader.any_texts:
        name = str(path) if source == "hub" else Path(str(path)).stem
    else:
        name = str(source or NOT_RECORDED)
    return f"{name}/{subset}" if subset else name


def run_folders(path: Path) -> list[tuple[str, Path, bool]]:
    """Return (name, folder, whether its strength was searched) of the runs at `path`.

    A run folder is one; of a folder of runs its direct children with a config.yaml are taken; of a
    comparison the runs of its groups, not what a search passed by. InputError where there is none.
    """
    if not path.is_dir():
        raise InputError(f"{path}: no such folder of runs")
    if (path / COMPARISON).is_file():
        return [(name, path / name, matched) for name, matched in _trials(path).items()]
    if (path / CONFIG).is_file() or (path / "metrics").is_dir():
        return [(path.resolve().name, path, False)]
    children = [child for child in sorted(path.iterdir()) if (child / CONFIG).is_file()]
    if not children:
        raise InputError(f"{path}: there is no run in it (a run folder has a {CONFIG})")
    return [(child.name, child, False) for child in children]


def _trials(comparison: Path) -> dict[str, bool]:
    """The runs of the groups by name, and whether their strength was searched."""
    about = read_json(comparison / COMPARISON, "cells", "groups")
    failed = {trial["name"] for trial in about["cells"] if trial["error"]}
    pairs = [(name, group["kind"] == "matched") for group in about["groups"] for name in group["cells"]]
    trials = {name: (name, True) in pairs for name, _ in pairs if name not in failed}
    if not trials:
        raise InputError(f"{comparison}: no run of this comparison has finished")
    return trials


def run_names(folders: list[tuple[str, Path, bool]]) -> list[str]:
    """Return the runs' names; equal ones get their parent's in front, or become the whole path."""
    names = [name for name, *_ in folders]
    for longer in (lambda folder: f"{folder.parent.name}/{folder.name}", str):
        names = [
            longer(folder.resolve()) if names.count(name) > 1 else name
            for name, (_, folder, _) in zip(names, folders, strict=True)
        ]
    return names


@dataclass(frozen=True)
class RunFolder:
    """One run among others; scores of different runs are never put into one number."""

    name: str
    """The folder's name, a trial's name in its comparison; unique among the runs loaded together."""
    folder: Path
    data: str
    """Its data by name; with the settings in which runs of that name differ, where they do."""
    seed: int | None
    config: dict[str, Any]
    matched: bool = False
    """A comparison searched the strength of its method, so that another seed's may differ."""
    _grids: dict[str, list[ScoreGrid]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def run(self) -> Run:
        """The folder, opened."""
        return Run(self.folder)

    def keyed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with `KEYS` in front; a seed column of its own is the run's seed already."""
        keys = pd.DataFrame({"run": self.name, "data": self.data, "seed": self.seed}, index=frame.index)
        rest = frame.drop(columns="seed", errors="ignore")
        return pd.concat([keys.astype({"seed": "Int64"}), rest], axis=1)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The reported split's predictions, led by `KEYS`; empty where the run has none."""
        frame = Runs((self,)).predictions
        return reported(frame) if len(frame) else frame

    @property
    def split(self) -> str:
        """The reported split; "" where the run has no predictions to tell."""
        return str(self.predictions["split"].iloc[0]) if len(self.predictions) else ""

    @property
    def scorers(self) -> list[str]:
        """Scorers in the order of figures, controls left out."""
        return ordered((name for name in self.run.scorers if name not in CONTROLS), SCORERS)

    def grids(self, scorer: str) -> list[ScoreGrid]:
        """Return the scorer's grids on the reported split, one per model; empty without any."""
        if scorer not in self._grids:
            frame = Runs((self,)).scores(scorer)
            if len(frame) and len(self.predictions):
                texts = set(self.predictions["text_id"].astype(str))
                frame = frame[frame["text_id"].astype(str).isin(texts)]
            self._grids[scorer] = score_grids(frame) if len(frame) else []
        return self._grids[scorer]

    def all_grids(self) -> list[ScoreGrid]:
        """Return those of every scorer that is no control."""
        return [grid for scorer in self.scorers for grid in self.grids(scorer)]

    def dropping(self) -> list[ScoreGrid]:
        """Return one grid per model that drops tokens, the first scorer's."""
        by_method: dict[str, ScoreGrid] = {}
        for grid in self.all_grids():
            if grid.kept is not None and not grid.kept[grid.entering].all():
                by_method.setdefault(grid.method, grid)
        return [by_method[name] for name in ordered(by_method, METHODS)]


@dataclass(frozen=True)
class Runs:
    """Several runs as one table of each kind: `runs.predictions`, `runs.plausibility`, ...

    Every frame leads with `KEYS`; its other columns are those of the run folder's table. A table that no
    run has is an empty frame with the schema's columns; `missing` tells which run lacks what. All splits
    are there; `reported` takes the one that reports speak of.
    """

    runs: tuple[RunFolder, ...]
    _read: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name not in TABLES:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return self.frame(name)

    def frame(self, name: str) -> pd.DataFrame:
        """Return the table `name` of all runs, read when first asked for.

        Raises InputError where there is no such table or a file is damaged.
        """
        if name not in TABLES:
            raise InputError(f"no table {name!r} (there are: predictions, {', '.join(RUN_TABLES)})")
        if name not in self._read:
            frames = ((run, run.run.table(name)) for run in self.runs)
            parts = [run.keyed(frame) for run, frame in frames if frame is not None and len(frame)]
            required = (RUN_TABLES | {"predictions": PREDICTIONS})[name].required
            empty = pd.DataFrame(columns=[*KEYS, *(column for column in required if column not in KEYS)])
            self._read[name] = pd.concat(parts, ignore_index=True) if parts else empty
        return self._read[name]

    def scores(self, scorer: str) -> pd.DataFrame:
        """Return one scorer's scores of all runs that have them, see `token_scores.COLUMNS`."""
        parts = [run.keyed(run.run.scores(scorer)) for run in self.runs if scorer in run.run.scorers]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*KEYS, *COLUMNS])

    @property
    def scorers(self) -> list[str]:
        """Names of the scorers that any run has scores of."""
        return sorted({scorer for run in self.runs for scorer in run.run.scorers})

    @property
    def missing(self) -> pd.DataFrame:
        """A row per run and table that is not there: `KEYS` and table."""
        each = product(self.runs, ("predictions", *RUN_TABLES))
        lacking = [(r.name, r.data, r.seed, name) for r, name in each if not r.run.has_table(name)]
        return pd.DataFrame(lacking, columns=[*KEYS, "table"]).astype({"seed": "Int64"})

    @property
    def data(self) -> list[str]:
        """The names of the data, in the order of the runs."""
        return list(dict.fromkeys(run.data for run in self.runs))

    @property
    def seeds(self) -> list[int]:
        """The different seeds, ascending."""
        return sorted({run.seed for run in self.runs if run.seed is not None})

    def by_data(self) -> dict[str, "Runs"]:
        """Return the runs of each data set apart, for tables that must not mix them."""
        return {name: Runs(tuple(run for run in self.runs if run.data == name)) for name in self.data}

    def one_data(self) -> str:
        """Return the name of the data; InputError where the runs have different ones."""
        if len(self.data) == 1:
            return self.data[0]
        first = {run.data: run.name for run in reversed(self.runs)}
        names = "; ".join(f"{first[name]}: {name}" for name in self.data)
        raise InputError(f"runs with different data do not go into one table ({names}); give them apart")

    def need(self, *names: str) -> None:
        """Raise InputError unless some run has each of these tables, with a row in it."""
        for name in names:
            if self.frame(name).empty:
                where = ", ".join(run.name for run in self.runs)
                raise InputError(
                    f"{where}: lacks the table {name!r} or its rows; ask for it in the configuration "
                    "and run `workbench evaluate`"
                )


def load_runs(paths: str | Path | Iterable[str | Path]) -> Runs:
    """Open runs for reading: a run folder, a folder of runs, a comparison's folder, or a list of these.

    See `run_folders` for which are taken. Each trial of a comparison repeats the dense model of its
    seed. Nothing but the configurations is read yet. Raises InputError where there is no run, or one is
    named twice.

    Example:
        >>> import workbench
        >>> runs = workbench.load_runs("runs")
        >>> means = runs.classification.groupby(["method", "metric"])["value"].mean()
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    folders = [triple for path in given for triple in run_folders(path)]
    if not folders:
        raise InputError("no run was named")
    resolved = [folder.resolve() for _, folder, _ in folders]
    for folder in resolved:
        if resolved.count(folder) > 1:
            raise InputError(f"{folder}: this run is named twice")
    configs = [Run(folder).written(CONFIG) or {} for folder in resolved]
    for (_, folder, _), config in zip(folders, configs, strict=True):
        refuse_unregistered(folder, config)
    parts = zip(run_names(folders), resolved, data_names(configs), configs, folders, strict=True)
    return Runs(
        tuple(
            RunFolder(name, folder, data, config.get("seed"), config, matched)
            for name, folder, data, config, (*_, matched) in parts
        )
    )


def reported(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each run's reported split: test where there is one, else its first."""
    splits = frame["split"].astype(str)
    by_run = splits.groupby(frame["run"], sort=False)
    chosen = by_run.transform(lambda names: "test" if (names == "test").any() else names.iloc[0])
    return frame[splits == chosen].reset_index(drop=True)
