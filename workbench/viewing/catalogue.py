"""What lies under a folder of runs: every run and comparison, and what is wrong with the others."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from workbench.config import load_config
from workbench.errors import InputError
from workbench.reporting.comparison_data import ComparisonData, read_comparison
from workbench.reporting.run_data import METHOD_ORDER, RunData, ordered, read_run_data
from workbench.reporting.tables import main_table
from workbench.reporting.wording import method_name, percent, times
from workbench.runs import COMPARISON, CONFIG, PREDICTIONS, read_json

State = Literal["finished", "unfinished", "damaged", "no run"]
DEPTH = 4
"""How far below the root a run may lie; a comparison's cell is at <name>/cells/<method>/<strength>."""
_WATCHED = ("*.yaml", "*.json", "*.parquet", "metrics/*", "scores/*.parquet", "models/*/*.safetensors")


@dataclass(frozen=True)
class Entry:
    """One folder under the root, in words fit for a table."""

    name: str
    """Its path below the root, with /."""
    kind: Literal["run", "comparison", "other"]
    state: State
    reason: str
    """Why it is not finished, or what cannot be used; empty where nothing is wrong."""
    data: str = ""
    methods: str = ""
    quality: str = ""
    """Accuracy in % by method."""
    speed: str = ""
    """Dense FLOPs / the method's FLOPs, unpadded, by method."""
    seeds: str = ""
    date: str = ""
    """When it was begun, UTC."""
    part_of: str = ""
    """The comparison whose cell it is; empty for a run of its own."""

    @property
    def opens(self) -> bool:
        """Whether the pages about one run can show it."""
        return self.kind == "run" and self.state in ("finished", "unfinished")


def catalogue(root: Path) -> list[Entry]:
    """Every run, comparison and other folder under `root`, by name; InputError without a folder.

    Links that lead out of `root` are not followed, hidden folders are left out.
    """
    return [_entry(root, name, part_of) for name, part_of in folders(root)]


def folders(root: Path) -> list[tuple[str, str]]:
    """(name below `root`, comparison it belongs to) of every folder worth telling about."""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder of runs")
    return sorted(_walk(root, root, DEPTH, ""))


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


def _walk(root: Path, folder: Path, depth: int, part_of: str) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.is_dir() or not _within(root, path):
            continue
        name = path.relative_to(root).as_posix()
        comparison = (path / COMPARISON).is_file()
        if comparison or _is_run(path):
            yield name, part_of
        below = [] if depth == 1 or _is_run(path) else list(
            _walk(root, path, depth - 1, name if comparison else part_of)
        )  # fmt: skip
        yield from (found for found in below if _is_known(root / found[0]) or comparison or part_of)
        if depth == DEPTH and not below and not comparison and not _is_run(path):
            yield name, part_of


def _within(root: Path, path: Path) -> bool:
    # A link inside the root would show a run twice, and could go round in circles.
    return not path.is_symlink() and Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _is_known(path: Path) -> bool:
    return (path / COMPARISON).is_file() or _is_run(path)


def _is_run(path: Path) -> bool:
    return (
        any((path / name).is_file() for name in (CONFIG, PREDICTIONS))
        and not (path / COMPARISON).is_file()
    )


def _entry(root: Path, name: str, part_of: str) -> Entry:
    folder = root / name
    try:
        if (folder / COMPARISON).is_file():
            return _comparison_entry(name, folder)
        return _run_entry(name, read_run_data(folder), part_of)
    except InputError as error:
        known = _is_known(folder)
        kind: Literal["comparison", "run", "other"] = (
            "comparison" if (folder / COMPARISON).is_file() else "run" if known else "other"
        )
        return Entry(name, kind, "damaged" if known else "no run", str(error), part_of=part_of)


def _run_entry(name: str, run: RunData, part_of: str) -> Entry:
    reasons = [*run.missing, *_configuration_problem(run)]
    classification = run.rows("classification")
    quality = speed = ""
    if classification is not None:
        frame = main_table(classification, run.rows("efficiency")).frame
        quality, speed = by_method(frame, "accuracy", percent), by_method(
            frame, "flops_speedup_unpadded", times
        )  # fmt: skip
    data = run.config.get("data")
    methods = run.config.get("methods")
    return Entry(
        name,
        "run",
        "unfinished" if run.missing else "finished",
        " ".join(reasons),
        str(data.get("source", "")) if isinstance(data, dict) else "",
        ", ".join(method_name(m) for m in ordered(methods, METHOD_ORDER))
        if isinstance(methods, list)
        else "",
        quality,
        speed,
        str(run.config.get("seed", "")),
        day(run.environment),
        part_of,
    )


def _configuration_problem(run: RunData) -> list[str]:
    try:
        load_config(run.folder / CONFIG)
    except InputError as error:
        version = run.environment.get("workbench", "another version")
        return [
            f"Written by workbench {version}, whose configuration this one does not know: tables open, "
            f"models and texts do not ({error})."
        ]
    return []


def _comparison_entry(name: str, folder: Path) -> Entry:
    about = read_json(folder / COMPARISON)
    if not isinstance(about, dict) or not isinstance(about.get("cells"), list):
        raise InputError(f"{folder / COMPARISON}: lists no cells")
    data: ComparisonData | None = None
    reasons = [f"{cell['name']}: {cell['error']}." for cell in about["cells"] if cell.get("error")]
    if not about.get("finished"):
        reasons.insert(0, "The comparison has not finished.")
    try:
        data = read_comparison(folder)
    except InputError as error:
        reasons.append(str(error))
    quality = speed = ""
    if data is not None:
        means = pd.DataFrame(
            [data.rows(group)[["accuracy", "flops_speedup_unpadded"]].mean() for group in data.compared]
        ).assign(method=[group.key for group in data.compared])
        quality = by_method(means, "accuracy", percent)
        speed = by_method(means, "flops_speedup_unpadded", times)
    methods = about.get("methods", [])
    return Entry(
        name,
        "comparison",
        "damaged" if data is None else "unfinished" if reasons else "finished",
        " ".join(reasons),
        str(about.get("data", "")),
        ", ".join(method_name(m) for m in ordered(methods, METHOD_ORDER)),
        quality,
        speed,
        ", ".join(map(str, about.get("seeds", []))),
        day(about.get("environment", {})),
    )


def by_method(frame: pd.DataFrame, column: str, words: Any) -> str:
    """`dense 81.6, ToP 79.5`: a column of a table with one row per method."""
    values = frame[["method", column]].dropna()
    return ", ".join(f"{method_name(m)} {words(v)}" for m, v in values.itertuples(index=False))


def day(environment: dict[str, Any]) -> str:
    """Date and minute at which a run was begun, UTC; empty where it is not recorded."""
    return str(environment.get("started", ""))[:16].replace("T", " ")
