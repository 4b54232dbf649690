"""Parts of a comparison made by a worker, each in a comparison's folder of its own."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from pathlib import Path

from workbench.catalog.plugins import load_plugins
from workbench.config.comparison import CompareConfig, load_comparison
from workbench.errors import InputError, WorkbenchError
from workbench.pipeline.compare.plan import MATCH, Part, parts_of, recorded_search
from workbench.pipeline.compare.run import SETTINGS, Comparison
from workbench.pipeline.compare.trials import Trial
from workbench.pipeline.job import Reporter
from workbench.pipeline.work.unit import LOG
from workbench.runs.folder import COMPARISON
from workbench.runs.manifest import STAGES
from workbench.storage.atomic import read_json, share_folder, write_json
from workbench.storage.locks import LOCK, WRITER, one_writer

OUT = "out"
"""The comparison's folder in that of a unit."""


def make_part(folder: Path, *, comparison: str, part: str, plugins: list[str]) -> None:
    """Make one part of a comparison, without its stopwatch; trainings that were interrupted go on.

    Args:
        folder: The unit's; the part is left in its `out`.
        comparison: Folder of the whole, where all is that this part waits for; it is only read.
        part: Its name.
        plugins: Files that register methods.

    Raises:
        WorkbenchError: The part failed, for the reason that is given.
    """
    whole, out = Path(comparison), folder / OUT
    config = _settings(whole, plugins)
    (own,) = (one for one in parts_of(config) if one.name == part)
    with one_writer(out, "compare"):
        take_runs(whole, out, _waited_for(whole, config, own))
    try:
        _comparison(folder, config, {part}, stopwatch=False).run()
    except InputError:
        raise
    except WorkbenchError:
        if error := _failure(out, own):
            raise WorkbenchError(error) from None
        raise
    if error := _failure(out, own):
        raise WorkbenchError(error)


def _failure(out: Path, part: Part) -> str | None:
    """Why a part failed, by its record: its run did, or all tries of its search, or what that chose."""
    record = read_json(out / COMPARISON, "cells", "searches")
    if part.strength != MATCH:
        return next((cell["error"] for cell in record["cells"] if cell["name"] == part.folder), None)
    own = [s for s in record["searches"] if (s["method"], s["seed"]) == (part.method, part.seed)]
    for search in own:
        if search["nearest"] is None:
            return "; ".join(search["notes"])
        matched = Trial(part.method, search["nearest"]["strength"], part.seed).name
        return next((cell["error"] for cell in record["cells"] if cell["name"] == matched), None)
    return None


def measure_time(folder: Path, *, comparison: str, parts: list[str], plugins: list[str]) -> None:
    """Take the time of runs that are trained, one after another.

    Args:
        folder: The unit's; the runs are left in its `out`.
        comparison: Folder of the whole; it is only read.
        parts: Names of those that are trained and are no searches; what searches found is measured too.
        plugins: Files that register methods.

    Raises:
        WorkbenchError: Names the runs whose time could not be taken.
    """
    whole, out = Path(comparison), folder / OUT
    config = _settings(whole, plugins)
    cells = read_json(whole / COMPARISON, "cells")["cells"]
    with one_writer(out, "compare"):
        take_runs(whole, out, [cell["name"] for cell in cells if not cell["error"]])
    _comparison(folder, config, parts, stopwatch=True).run()
    failed = [
        f"{cell['name']}: {cell['error']}"
        for cell in read_json(out / COMPARISON, "cells")["cells"]
        if cell["error"]
    ]
    if failed:
        raise WorkbenchError("; ".join(failed))


def take_runs(source: Path, target: Path, names: Iterable[str]) -> None:
    """Link runs of one comparison into another, with what the first has recorded.

    Args:
        source: Comparison's folder; it is only read.
        target: Comparison's folder that this process may write.
        names: Runs of it, as compare.json calls them. Those that are the same in both stay as they are.
    """
    for name in names:
        take_run(source / name, target / name)
    write_json(target / COMPARISON, read_json(source / COMPARISON))


def take_run(source: Path, target: Path) -> None:
    """Put a run's files, linked or copied, in the place of another, unless that is the same."""
    record = (source / STAGES).read_bytes()
    if (target / STAGES).is_file() and (target / STAGES).read_bytes() == record:
        return
    with one_writer(target, "compare"):
        share_folder(source, target, LOCK, WRITER, ".partial-*")


def _settings(whole: Path, plugins: Sequence[str]) -> CompareConfig:
    load_plugins(plugins)
    return load_comparison(whole / SETTINGS)


def _comparison(
    folder: Path, config: CompareConfig, names: Collection[str], *, stopwatch: bool
) -> Comparison:
    tell = partial(_tell, folder / LOG)
    return Comparison(
        folder / OUT, config, partial(_LogReporter, tell), tell, lambda _: None,
        chosen=frozenset(names), stopwatch=stopwatch,
    )  # fmt: skip


def _waited_for(whole: Path, config: CompareConfig, part: Part) -> list[str]:
    """Names of the runs that a part waits for, and of those that its search may come by."""
    first = recorded_search(whole, config, part) if len(part.after) > 1 else None
    seeds = [part.seed] if first is None else [part.seed, first["seed"]]
    if part.method == "dense":
        return []
    tries = [] if first is None else first["tries"]
    names = [f"dense/seed{seed}" for seed in dict.fromkeys(seeds)]
    tried = [Trial(part.method, one["strength"], seeds[-1]).name for one in tries]
    return [*names, *(name for name in tried if (whole / name / STAGES).is_file())]


def _tell(log: Path, line: str) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


class _LogReporter(Reporter):
    """Tells stages and notes in lines."""

    def __init__(self, tell: partial[None]) -> None:
        self.tell = tell

    def stage(self, name: str, skipped: bool) -> None:
        self.tell(f"{name}: unchanged, skipped" if skipped else f"{name} begins")

    def note(self, text: str) -> None:
        self.tell(f"note: {text}")
