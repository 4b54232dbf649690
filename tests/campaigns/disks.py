"""Disks that are too small, in bytes or in files; then they grow, and the same command goes on."""

import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.campaigns.harness import Case, Skipped
from tests.campaigns.kills import same_again
from tests.campaigns.stage import COMMANDS, Command, Stage

SHARES = {"run": 9, "compare": 5, "attribute": 4, "export": 3, "bench": 3, "tables": 3, "report": 3}
"""Of 30 sizes so many are each command's."""
PAGE = 4096


def full_disks(stage: Stage, total: int, rng: random.Random) -> Iterator[Case]:
    """Sizes spread evenly between nothing and what the command leaves."""
    yield from _cases(stage, "size", max(1, total // 30) if total >= 30 else 0, total, rng)


def no_inodes(stage: Stage, total: int, rng: random.Random) -> Iterator[Case]:
    """The same with a limit on how many files there may be."""
    yield from _cases(stage, "nr_inodes", 0, total, rng)


def _cases(stage: Stage, limit: str, whole: int, total: int, rng: random.Random) -> Iterator[Case]:
    plan = [name for name, number in SHARES.items() for _ in range(number * whole)]
    if not whole:
        plan = [list(SHARES)[n % len(SHARES)] for n in range(total)]
    by_name = {command.name: command for command in COMMANDS}
    for name in dict.fromkeys(plan):
        command, number = by_name[name], plan.count(name)
        for place in range(number):
            part = (place + rng.uniform(0.1, 0.9)) / number
            yield Case(
                f"{limit}/{name}/{place}",
                name,
                lambda c=command, p=part, n=place: _too_small(stage, c, limit, p, n % 3 > 0),
                f"{stage.shown(command)}   # on a tmpfs with {part:.2f} of the {limit} it needs",
            )


def _too_small(stage: Stage, command: Command, limit: str, part: float, late: bool) -> str:
    truth = stage.truth(command).folder
    given = sum(_needs(stage.base / name, limit) for name in command.copies) + 2
    size = given + int(part * (_needs(truth, limit) - given))
    bound = f"size={size * PAGE}" if limit == "size" else f"nr_inodes={size}"
    stage.fresh()
    with _mounted(stage.work, bound):
        stage.fresh(command.copies)
        # Drawn for once: those who draw are not used to a full disk.
        stage.pictures = True
        outcome = stage.start(stage.arguments(command), _looks_empty if late else lambda: None).wait()
        stage.pictures = False
        if outcome.code == 0:
            return f"{bound}: exit 0 on a disk that is too small"
        fault = outcome.fault() or ("" if outcome.code == 1 else f"exit {outcome.code}: {outcome.last}")
        if not fault and not re.search("No space|MB free", outcome.errors[0]):
            fault = f"does not say that the disk is full: {outcome.errors[0]}"
        _mount("remount,size=400m,nr_inodes=100000", stage.work)
        again = same_again(stage, command)
    return "; ".join(f"{bound}: {reason}" for reason in (fault, again) if reason)


def _looks_empty() -> None:
    """Let the disk look large to those who ask before they begin: others fill it meanwhile."""
    free = shutil._ntuple_diskusage(2**40, 0, 2**40)
    shutil.disk_usage = lambda _: free


def _needs(folder: Path, limit: str) -> int:
    """Pages, or files, that a folder takes."""
    paths = [folder, *folder.rglob("*")]
    if limit != "size":
        return len(paths)
    return sum(-(-path.stat().st_size // PAGE) for path in paths if path.is_file())


@contextmanager
def _mounted(folder: Path, bound: str) -> Iterator[None]:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        raise Skipped("a small disk needs root and `mount`")
    _mount(bound, folder)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(options: str, folder: Path) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True
    )
    if done.returncode:
        raise Skipped(f"tmpfs cannot be mounted here: {done.stderr.strip()}")
