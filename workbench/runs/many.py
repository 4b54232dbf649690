"""Tidy frames from one run or many: what analyses, tables and papers read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.config.data import DataSettings
from workbench.core.token_scores import COLUMNS
from workbench.errors import InputError
from workbench.runs.folder import COMPARISON, CONFIG, read_json, read_table
from workbench.runs.tables import METRIC_TABLES, columns_of, read_config, read_run_table

KEYS = ("run", "data", "seed")
"""The columns that lead every frame."""
NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class RunFolder:
    """One run among others."""

    name: str
    """The folder's name, a cell's name in its comparison; unique among the runs loaded together."""
    folder: Path
    data: str
    """Its data by name; with the settings in which runs of that name differ, where they do."""
    seed: int | None
    config: dict[str, Any]
    matched: bool = False
    """A comparison searched the strength of its method, so that another seed's may differ."""


class _Frame:
    """A table of all runs as an attribute, read when first asked for."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, runs: "Runs", owner: type | None = None) -> pd.DataFrame:
        return runs.frame(self.name)


@dataclass(frozen=True)
class Runs:
    """Several runs as one table of each kind.

    Every frame leads with `KEYS`; its other columns are those of the run folder's table. A table that no
    run has is an empty frame with the contract's columns; `missing` tells which run lacks what. All
    splits are there; `reported` takes the one that reports speak of.
    """

    runs: tuple[RunFolder, ...]
    _read: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    predictions = _Frame()
    classification = _Frame()
    plausibility = _Frame()
    plausibility_counts = _Frame()
    random_spread = _Frame()
    chance = _Frame()
    earliest = _Frame()
    agreement = _Frame()
    comparisons = _Frame()
    fpr_comparisons = _Frame()
    efficiency = _Frame()
    stopwatch = _Frame()
    limits = _Frame()
    controls = _Frame()
    control_comparisons = _Frame()
    faithfulness = _Frame()

    def frame(self, name: str) -> pd.DataFrame:
        """The table `name` of all runs; InputError where there is no such table or a file is damaged."""
        if name not in ("predictions", *METRIC_TABLES):
            raise InputError(f"no table {name!r} (there are: predictions, {', '.join(METRIC_TABLES)})")
        if name not in self._read:
            self._read[name] = self._joined(name)
        return self._read[name]

    def _joined(self, name: str) -> pd.DataFrame:
        found = ((run, read_run_table(run.folder, name)) for run in self.runs)
        parts = [_keyed(run, frame) for run, frame in found if frame is not None and len(frame)]
        if parts:
            return pd.concat(parts, ignore_index=True)
        others = (column for column in columns_of(name) if column not in KEYS)
        return pd.DataFrame(columns=[*KEYS, *others])

    def scores(self, scorer: str) -> pd.DataFrame:
        """One scorer's scores of all runs that have them, see `records.COLUMNS`; may be large."""
        paths = ((run, run.folder / "scores" / f"{scorer}.parquet") for run in self.runs)
        parts = [_keyed(run, read_table(path)) for run, path in paths if path.is_file()]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*KEYS, *COLUMNS])

    @property
    def scorers(self) -> list[str]:
        """Names of the scorers that any run has scores of."""
        return sorted({path.stem for run in self.runs for path in run.folder.glob("scores/*.parquet")})

    @property
    def missing(self) -> pd.DataFrame:
        """A row per run and table that is not there: `KEYS` and table."""
        lacking = [
            (run.name, run.data, run.seed, name)
            for run in self.runs
            for name in ("predictions", *METRIC_TABLES)
            if not _has(run, name)
        ]
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
        """The runs of each data set apart, for tables that must not mix them."""
        return {name: Runs(tuple(run for run in self.runs if run.data == name)) for name in self.data}

    def one_data(self) -> str:
        """The name of the data; InputError where the runs have different ones."""
        if len(self.data) == 1:
            return self.data[0]
        first = {run.data: run.name for run in reversed(self.runs)}
        told = "; ".join(f"{first[name]}: {name}" for name in self.data)
        raise InputError(f"runs with different data do not go into one table ({told}); give them apart")

    def need(self, *names: str) -> None:
        """InputError unless some run has each of these tables, with a row in it."""
        for name in names:
            if self.frame(name).empty:
                where = ", ".join(run.name for run in self.runs)
                raise InputError(
                    f"{where}: lacks the table {name!r} or its rows; ask for it in the configuration "
                    "and run `workbench evaluate`"
                )


def load_runs(paths: str | Path | Iterable[str | Path]) -> Runs:
    """Open runs for reading: a run folder, a folder of runs, a comparison's folder, or a list of these.

    Of a folder of runs its direct children with a config.yaml are taken; of a comparison the runs of its
    groups, not what a search passed by. Each cell repeats the dense model of its seed. Nothing but the
    configurations is read yet. Raises InputError where there is no run, or one is named twice.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    found = [pair for path in given for pair in _folders(path)]
    if not found:
        raise InputError("no run was named")
    resolved = [folder.resolve() for _, folder, _ in found]
    for number, folder in enumerate(resolved):
        if folder in resolved[:number]:
            raise InputError(f"{folder}: this run is named twice")
    configs = [read_config(folder) for folder in resolved]
    data = data_names(configs)
    parts = zip(_names(found), resolved, data, configs, found, strict=True)
    return Runs(
        tuple(
            RunFolder(name, folder, texts, config.get("seed"), config, matched)
            for name, folder, texts, config, (*_, matched) in parts
        )
    )


def reported(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the split that is reported of each run: test where there is one, else its first."""
    splits = frame["split"].astype(str)
    by_run = splits.groupby(frame["run"], sort=False)
    chosen = by_run.transform(lambda own: "test" if (own == "test").any() else own.iloc[0])
    return frame[splits == chosen].reset_index(drop=True)


def data_names(configs: list[dict[str, Any]]) -> list[str]:
    """A name per configuration; of one name with different settings of `data`, those are added."""
    sections = [_section(config) for config in configs]
    names = [_short(section) for section in sections]
    full = []
    for name, section in zip(names, sections, strict=True):
        others = [other for its, other in zip(names, sections, strict=True) if its == name]
        differing = [key for key in section if any(other.get(key) != section[key] for other in others)]
        told = ", ".join(f"{key}={section[key]}" for key in differing)
        full.append(f"{name} ({told})" if told else name)
    return full


def _section(config: dict[str, Any]) -> dict[str, Any]:
    section = config.get("data")
    # A run of an earlier version lacks the keys that came since.
    return DataSettings().model_dump() | section if isinstance(section, dict) else {}


def _short(section: dict[str, Any]) -> str:
    """rotten-tomatoes, glue/sst2, or of own files the file's name."""
    source, path, subset = (section.get(key) for key in ("source", "path", "subset"))
    if source in ("file", "hub", "label-studio") and path:
        name = str(path) if source == "hub" else Path(str(path)).stem
    else:
        name = str(source or NOT_RECORDED)
    return f"{name}/{subset}" if subset else name


def _folders(path: Path) -> list[tuple[str, Path, bool]]:
    """(name, folder, whether its strength was searched) of the runs at `path`."""
    if not path.is_dir():
        raise InputError(f"{path}: no such folder of runs")
    if (path / COMPARISON).is_file():
        return [(name, path / name, matched) for name, matched in _cells(path).items()]
    if (path / CONFIG).is_file() or (path / "metrics").is_dir():
        return [(path.resolve().name, path, False)]
    children = [child for child in sorted(path.iterdir()) if (child / CONFIG).is_file()]
    if not children:
        raise InputError(f"{path}: there is no run in it (a run folder has a {CONFIG})")
    return [(child.name, child, False) for child in children]


def _cells(comparison: Path) -> dict[str, bool]:
    """The runs of the groups by name, and whether their strength was searched."""
    about = read_json(comparison / COMPARISON)
    failed = {cell["name"] for cell in about["cells"] if cell["error"]}
    pairs = [(name, group["kind"] == "matched") for group in about["groups"] for name in group["cells"]]
    cells = {name: (name, True) in pairs for name, _ in pairs if name not in failed}
    if not cells:
        raise InputError(f"{comparison}: no run of this comparison has finished")
    return cells


def _names(found: list[tuple[str, Path, bool]]) -> list[str]:
    """The runs' names; where two have the same, with their parent's before it, or the whole path."""
    names = [name for name, *_ in found]
    for longer in (lambda folder: f"{folder.parent.name}/{folder.name}", str):
        names = [
            longer(folder.resolve()) if names.count(name) > 1 else name
            for name, (_, folder, _) in zip(names, found, strict=True)
        ]
    return names


def _keyed(run: RunFolder, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `KEYS` in front; a seed column of its own is the run's seed already."""
    keys = pd.DataFrame({"run": run.name, "data": run.data, "seed": run.seed}, index=frame.index)
    return pd.concat(
        [keys.astype({"seed": "Int64"}), frame.drop(columns="seed", errors="ignore")], axis=1
    )


def _has(run: RunFolder, name: str) -> bool:
    folder = run.folder if name == "predictions" else run.folder / "metrics"
    return any((folder / f"{name}.{kind}").is_file() for kind in ("parquet", "csv"))
