"""What lies under a folder of runs, of whatever kind, and what is wrong with the rest."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from app.data.systems import SystemsData, read_systems
from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.errors import InputError
from workbench.reporting.tables.main import QUALITY_NAMES, main_table, primary_column
from workbench.reporting.text.wording import method_name, percent, times
from workbench.runs.folder import COMPARISON, CONFIG, PARTS, PREDICTIONS, Run
from workbench.runs.open_systems import systems_folder
from workbench.runs.tables import RunData, read_run_data
from workbench.storage.atomic import read_json
from workbench.storage.tables import read_table

_WATCHED = (
    "*.yaml", "*.json", "*.parquet", "metrics/*", "scores/*.parquet", "models/*/*.safetensors",
    "tables/*.parquet", "answers/*.json", "tags/*.json",
)  # fmt: skip
Kind = Literal["run", "comparison", "answers", "tags", "other"]
_DEPTH = 2
"""Folders that hold no run are looked into so deep; a comparison's runs lie as deep below it."""


@dataclass(frozen=True)
class Entry:
    """One folder under the root, in words fit for a table."""

    name: str
    """Its path below the root, with /."""
    kind: Kind
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
    """Return (name, comparison it belongs to or "") of all folders of ours, and of those without any.

    Names are paths below `root`. Links are not followed, hidden folders are left out. InputError without
    a folder.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder of runs")
    listed = []
    for path in _subfolders(root):
        listed += list(_runs(path, _DEPTH, "")) or [(path, "")]
    return [(path.relative_to(root).as_posix(), part_of) for path, part_of in listed]


def inside(root: Path, name: str) -> Path:
    """Return the folder `name` under `root`; InputError where it is none, or leads out of `root`."""
    path = Path(os.path.realpath(root / name))
    if ".." in Path(name).parts or not path.is_relative_to(os.path.realpath(root)):
        raise InputError(f"{name}: is not under {root}")
    if not path.is_dir():
        raise InputError(f"{name}: there is no such folder under {root}")
    return path


def stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return name, time of change (ns) and size of each file that is read: changes when the run does."""
    files = []
    for path in (path for pattern in _WATCHED for path in folder.glob(pattern)):
        try:
            status = path.stat()
        except OSError:  # Replaced or removed just now.
            continue
        files.append((str(path.relative_to(folder)), status.st_mtime_ns, status.st_size))
    return tuple(sorted(files))


def entry(root: Path, name: str) -> Entry:
    """Return what is known of the folder `name` under `root`; nothing that is wrong with it raises."""
    folder = root / name
    kind = _kind(folder)
    try:
        if kind == "comparison":
            return _comparison(name, folder)
        if kind == "run":
            return _run(name, read_run_data(folder))
        if kind != "other":
            return _systems(name, kind, read_systems(folder))
    except InputError as error:
        return Entry(name, kind, "damaged", str(error))
    return Entry(name, "other", "no run", f"It has no {CONFIG}, {PREDICTIONS} or {COMPARISON}.")


def default_run(entries: Sequence[Entry]) -> str | None:
    """Return the run shown by default: a finished one that opens, the last begun; None without any."""
    runs = [one for one in entries if one.opens]
    return max(runs, key=lambda one: (one.state == "finished", one.date)).name if runs else None


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as files:
            names = [f.name for f in files if f.is_dir(follow_symlinks=False) and f.name[0] != "."]
    except OSError:  # Not ours to read, or gone.
        return []
    return [folder / name for name in sorted(names)]


def _runs(path: Path, depth: int, part_of: str) -> Iterator[tuple[Path, str]]:
    kind = _kind(path)
    if kind != "other":
        yield path, part_of
    if depth and kind in ("comparison", "other"):
        inner = path.name if kind == "comparison" else part_of
        # What workers of a comparison still write is not in its place yet.
        skipped = PARTS if kind == "comparison" else None
        for below in (one for one in _subfolders(path) if one.name != skipped):
            yield from _runs(below, _DEPTH if inner != part_of else depth - 1, inner)


def _kind(folder: Path) -> Kind:
    if (folder / COMPARISON).is_file():
        return "comparison"
    if any((folder / name).is_file() for name in (CONFIG, PREDICTIONS)):
        return "run"
    opened = systems_folder(folder)
    return "other" if opened is None else opened.said_name


def _run(name: str, run: RunData) -> Entry:
    data, classification = run.config.get("data"), run.rows("classification")
    frame = None
    if classification is not None:
        frame = main_table(classification, run.rows("efficiency")).frame
    reasons = [*run.missing, *_configuration_problem(run)]
    source = str(data.get("source", "")) if isinstance(data, dict) else ""
    seed = str(run.config.get("seed", ""))
    words = _words(source, run.config.get("methods"), frame, seed, run.environment)
    return Entry(name, "run", "unfinished" if run.missing else "finished", " ".join(reasons), *words)


def _configuration_problem(run: RunData) -> list[str]:
    try:
        if run.config:
            Run(run.folder).config  # noqa: B018 - reading it is the test
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
    reasons += [
        f"{trial.get('name')}: {trial['error']}." for trial in about["cells"] if trial.get("error")
    ]
    table = folder / "tables" / "comparison.parquet"
    if not table.is_file():
        reasons.append(f"It has no tables yet: `workbench report --run {folder}` writes them.")
    frame = read_table(table) if table.is_file() else None
    seeds = ", ".join(map(str, about.get("seeds", [])))
    data, environment = str(about.get("data", "")), about.get("environment", {})
    words = _words(data, about.get("methods"), frame, seeds, environment)
    return Entry(name, "comparison", "unfinished" if reasons else "finished", " ".join(reasons), *words)


def _systems(name: str, kind: Kind, data: SystemsData) -> Entry:
    quality = _listed(data.values("f1").items(), percent)
    return Entry(
        name, kind, "unfinished" if data.missing else "finished", " ".join(data.missing), data.texts,
        ", ".join(system.title for system in data.systems), f"F1 %: {quality}" if quality else "",
        _listed(data.values("flops_speedup_unpadded").items(), times), str(data.seed),
    )  # fmt: skip


def _words(
    data: str, methods: object, frame: pd.DataFrame | None, seeds: str, environment: dict[str, Any]
) -> tuple[str, ...]:
    """The fields of `Entry` from `data` on."""
    names = ordered(map(str, methods), METHODS) if isinstance(methods, list) else []
    metric = None if frame is None else primary_column(frame)
    return (
        data,
        ", ".join(map(method_name, names)),
        "" if metric is None else f"{QUALITY_NAMES[metric]}: {_by_method(frame, metric, percent)}",
        _by_method(frame, "flops_speedup_unpadded", times),
        seeds,
        str(environment.get("started", ""))[:16].replace("T", " "),
    )


def _by_method(frame: pd.DataFrame | None, column: str, words: Callable[[float], str]) -> str:
    """`dense 1.00, ToP 1.79`: a column of a table with one row per method."""
    if frame is None or column not in frame:
        return ""
    values = frame[["method", column]].dropna()
    return _listed(((method_name(m), v) for m, v in values.itertuples(index=False)), words)


def _listed(values: Iterable[tuple[str, float]], words: Callable[[float], str]) -> str:
    return ", ".join(f"{name} {words(value)}" for name, value in values)
