"""Whether run folders still hold what was written into them: every file against its hash."""

from dataclasses import dataclass, field
from pathlib import Path

from workbench.errors import InputError
from workbench.runs.folder import PARTS, load_run
from workbench.runs.manifest import STAGES, changes, hashes


@dataclass
class Checked:
    """What was looked at, and what is wrong with it."""

    runs: int
    files: int = 0
    """How many files have a hash."""
    wrong: list[str] = field(default_factory=list)
    """A line for each file that is gone or has changed, and for each run that cannot be read."""


def check_runs(folder: Path) -> Checked:
    """Hold the files of a run, or of every run below a folder, against their hashes.

    Raises InputError where there is no run.
    """
    found = (path.parent for path in folder.rglob(STAGES))
    # What workers of a comparison still write is not in its place yet.
    runs = sorted(run for run in found if PARTS not in run.relative_to(folder).parts)
    if not runs:
        raise InputError(f"{folder}: no run folder (no {STAGES} in it, nor in a folder inside it)")
    checked = Checked(len(runs))
    for run in runs:
        try:
            files = hashes(run)
            checked.files += len(files)
            changed = [
                f"{run / name}: {'has changed since it was written' if there else 'is gone'}"
                for name, there in changes(run, files)
            ]
            checked.wrong += changed
            if not changed:
                load_run(run)
        except InputError as error:
            checked.wrong.append(str(error))
            continue
        if not files:
            checked.wrong.append(f"{run}: has no hashes, there is nothing to hold its files against")
    return checked
