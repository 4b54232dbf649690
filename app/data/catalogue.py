"""What lies under a folder of runs: every run and comparison, and what is wrong with the others."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.config.loading import load_config
from workbench.errors import InputError
from workbench.reporting.tables.main import QUALITY_NAMES, main_table, primary_column
from workbench.reporting.text.wording import method_name, percent, times
from workbench.runs.folder import COMPARISON, CONFIG, PREDICTIONS
from workbench.runs.tables import RunData, read_run_data
from workbench.storage.atomic import read_json
from workbench.storage.tables import read_table

_WATCHED = (
    "*.yaml", "*.json", "*.parquet", "metrics/*", "scores/*.parquet", "models/*/*.safetensors",
    "tables/*.parquet",
)  # fmt: skip
_BELOW = 2
"""Folders that hold no run are looked into so deep; a comparison's cells lie as deep below it."""


@dataclass(frozen=True)
class Entry:
    """One folder under the root, in words fit for a table."""

    name: str
    """Its path below the root, with /."""
    kind: Literal["run", "comparison", "other"]
    state: Literal["finished", "unfinished", "damaged", "no run"]
    reason: str
    """Why it is not finished, or what cannot be used; empty where nothing is wrong."""
    data: str = ""
    methods: str = ""
    quality: str = ""
    """The primary metric by method, after its name: `accuracy %: dense 81.6, ToP 79.5`."""
    speed: str = ""
    """Dense FLOPs / the method's FLOPs, unpadded, by method."""
    seeds: str = ""
    date: str = ""
    """When it was begun, UTC."""

    @property
    def opens(self) -> bool:
        """Whether the pages about one run can show it."""
        return self.kind == "run" and self.state in ("finished", "unfinished")


def folders(root: Path) -> list[tuple[str, str]]:
    """(name below `root`, comparison it is a cell of or "") of every run, comparison, and folder that
    holds neither. Links are not followed, hidden folders are left out. InputError without a folder."""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder of runs")
    found = []
    for path in _subfolders(root):
        found += list(_runs(path, _BELOW, "")) or [(path, "")]
    return [(path.relative_to(root).as_posix(), part_of) for path, part_of in found]


def inside(root: Path, name: str) -> Path:
    """The folder `name` under `root`; InputError where it is none, or leads out of `root`."""
    path = Path(os.path.realpath(root / name))
    if ".." in Path(name).parts or not path.is_relative_to(os.path.realpath(root)):
        raise InputError(f"{name}: is not under {root}")
    if not path.is_dir():
        raise InputError(f"{name}: there is no such folder under {root}")
    return path


def stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, time of change (ns) and size of each file that is read: changes when the run does."""
    found = []
    for pattern in _WATCHED:
        for path in folder.glob(pattern):
            try:
                status = path.stat()
            except OSError:  # Replaced or removed just now.
                continue
            found.append((str(path.relative_to(folder)), status.st_mtime_ns, status.st_size))
    return tuple(sorted(found))


def entry(root: Path, name: str) -> Entry:
    """What is known of the folder `name` under `root`; nothing that is wrong with it raises."""
    folder = root / name
    if not _is_run(folder) and not _is_comparison(folder):
        return Entry(name, "other", "no run", f"It has no {CONFIG}, {PREDICTIONS} or {COMPARISON}.")
    kind: Literal["run", "comparison"] = "comparison" if _is_comparison(folder) else "run"
    try:
        return _comparison(name, folder) if kind == "comparison" else _run(name, read_run_data(folder))
    except InputError as error:
        return Entry(name, kind, "damaged", str(error))


def first_choice(found: Sequence[Entry]) -> str | None:
    """The run to show unasked: of those that open a finished one, the last begun; None without any."""
    runs = [one for one in found if one.opens]
    return max(runs, key=lambda one: (one.state == "finished", one.date)).name if runs else None


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as found:
            names = [f.name for f in found if f.is_dir(follow_symlinks=False) and f.name[0] != "."]
    except OSError:  # Not ours to read, or gone.
        return []
    return [folder / name for name in sorted(names)]


def _runs(path: Path, depth: int, part_of: str) -> Iterator[tuple[Path, str]]:
    if _is_comparison(path) or _is_run(path):
        yield path, part_of
    if depth and not _is_run(path):
        inner = path.name if _is_comparison(path) else part_of
        for below in _subfolders(path):
            yield from _runs(below, _BELOW if inner != part_of else depth - 1, inner)


def _is_comparison(folder: Path) -> bool:
    return (folder / COMPARISON).is_file()


def _is_run(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (CONFIG, PREDICTIONS))


def _run(name: str, run: RunData) -> Entry:
    data, methods = run.config.get("data"), run.config.get("methods")
    classification = run.rows("classification")
    frame = None
    if classification is not None:
        frame = main_table(classification, run.rows("efficiency")).frame
    return Entry(
        name,
        "run",
        "unfinished" if run.missing else "finished",
        " ".join([*run.missing, *_configuration_problem(run)]),
        str(data.get("source", "")) if isinstance(data, dict) else "",
        _methods(methods),
        _quality(frame),
        _by_method(frame, "flops_speedup_unpadded", times),
        str(run.config.get("seed", "")),
        _begun(run.environment),
    )


def _configuration_problem(run: RunData) -> list[str]:
    if not run.config:
        return []
    try:
        load_config(run.folder / CONFIG)
    except InputError as error:
        version = run.environment.get("workbench", "another version")
        return [
            f"Written by workbench {version}, whose configuration this one does not know: tables open, "
            f"models and texts do not ({error})."
        ]
    return []


def _comparison(name: str, folder: Path) -> Entry:
    about = read_json(folder / COMPARISON)
    if not isinstance(about, dict) or not isinstance(about.get("cells"), list):
        raise InputError(f"{folder / COMPARISON}: lists no cells")
    reasons = [] if about.get("finished") else ["It has not finished."]
    reasons += [f"{cell.get('name')}: {cell['error']}." for cell in about["cells"] if cell.get("error")]
    table = folder / "tables" / "comparison.parquet"
    if not table.is_file():
        reasons.append(f"It has no tables yet: `workbench report --run {folder}` writes them.")
    frame = read_table(table) if table.is_file() else None
    return Entry(
        name,
        "comparison",
        "unfinished" if reasons else "finished",
        " ".join(reasons),
        str(about.get("data", "")),
        _methods(about.get("methods")),
        _quality(frame),
        _by_method(frame, "flops_speedup_unpadded", times),
        ", ".join(map(str, about.get("seeds", []))),
        _begun(about.get("environment", {})),
    )


def _methods(names: object) -> str:
    if not isinstance(names, list):
        return ""
    return ", ".join(method_name(name) for name in ordered(names, METHODS))


def _quality(frame: pd.DataFrame | None) -> str:
    metric = None if frame is None else primary_column(frame)
    return "" if metric is None else f"{QUALITY_NAMES[metric]}: {_by_method(frame, metric, percent)}"


def _by_method(frame: pd.DataFrame | None, column: str, words: Callable[[float], str]) -> str:
    """`dense 1.00, ToP 1.79`: a column of a table with one row per method."""
    if frame is None or column not in frame:
        return ""
    values = frame[["method", column]].dropna()
    return ", ".join(f"{method_name(m)} {words(v)}" for m, v in values.itertuples(index=False))


def _begun(environment: dict[str, Any]) -> str:
    return str(environment.get("started", ""))[:16].replace("T", " ")
