"""Units of work for tests: functions that end well, fail, or take their worker with them."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from workbench.errors import InputError, WorkbenchError
from workbench.pipeline.work.unit import Unit


def unit(root: Path, name: str, work: str = "note", **more: object) -> Unit:
    """A unit whose work is a function of this module, called with `root`."""
    return Unit(name, root / name, f"{__name__}:{work}", {"root": str(root)}, **more)


def note(folder: Path, root: str) -> None:
    """Leave when it began and ended, its threads, and who did it."""
    began = time.time()
    time.sleep(0.3)
    facts = {
        "began": began, "ended": time.time(), "process": os.getpid(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
    }  # fmt: skip
    (folder / "noted.json").write_text(json.dumps(facts))
    sys.stdout.write(f"noted {folder.name}\n")


def noted(root: Path, name: str) -> dict:
    """What `note` left."""
    return json.loads((root / name / "noted.json").read_text())


def meet(folder: Path, root: str) -> None:
    """Do as `note` does, once another one has begun this, too."""
    (folder / "met").touch()
    wait_until(lambda: len([*Path(root).glob("*/met")]) == 2)
    note(folder, root)


def fail(folder: Path, root: str) -> None:
    raise WorkbenchError("the disk is full")


def refuse(folder: Path, root: str) -> None:
    raise InputError("reviews.csv: no such file")


def break_down(folder: Path, root: str) -> None:
    raise ZeroDivisionError("by nothing")


def die(folder: Path, root: str) -> None:
    """Be killed, every time."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(folder: Path, root: str) -> None:
    """Be killed the first time, and do as `note` does then."""
    mark = folder / "was here"
    if not mark.exists():
        mark.touch()
        die(folder, root)
    note(folder, root)


def stay(folder: Path, root: str) -> None:
    """Tell who does it, and be busy for longer than any test."""
    (folder / "process").write_text(str(os.getpid()))
    time.sleep(600)


def stay_once(folder: Path, root: str) -> None:
    """Be busy for longer than any test the first time, and do as `note` does the second."""
    if not (folder / "process").exists():
        stay(folder, root)
    note(folder, root)


def wait_until(holds: Callable[[], object], seconds: float = 300.0) -> None:
    """Return as soon as something holds; fail where it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
