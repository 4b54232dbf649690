"""A unit of work: what is to be called, what it needs, and the file that tells how it ended."""

import traceback
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from workbench.errors import InputError, WorkbenchError
from workbench.storage.atomic import read_json, write_json
from workbench.storage.locks import LOCK

TASK, RESULT, LOG = "unit.json", "result.json", "log.txt"
"""In a unit's folder: what to call, how it ended, and what was printed meanwhile."""
_PATIENCE = 60.0
"""Seconds that a second worker waits for a first one, which a cluster has given up, to be gone."""


@dataclass(frozen=True)
class Resources:
    """What one unit needs of the machine that it runs on."""

    cpus: int = 1
    """Processors, and threads."""
    gpus: int = 0
    memory_gb: int | None = None
    minutes: int | None = None
    """After which it may be ended."""
    alone: bool = False
    """Whether it has the machine, all its processors, to itself: it measures time."""


@dataclass(frozen=True)
class Unit:
    """One piece of work, in a folder that whoever carries it out can reach under the same path."""

    name: str
    folder: Path
    work: str
    """`package.module:function`, called with the folder and the arguments."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """As JSON has them."""
    after: tuple[str, ...] = ()
    """Names of the units that must have ended well before."""
    resources: Resources = Resources()

    def prepare(self) -> None:
        """Write what a worker reads, and remove how an earlier command's ended."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / RESULT).unlink(missing_ok=True)
        write_json(self.folder / TASK, {"work": self.work, "arguments": dict(self.arguments)})


@dataclass(frozen=True)
class Outcome:
    """How a unit ended."""

    error: str | None
    """None where all went well."""
    is_input: bool = False
    """Whether the error is one of the user's input."""
    is_result: bool = True
    """Whether a worker came to its end; else it died, or there was none."""


def outcome(folder: Path) -> Outcome | None:
    """Return how the unit of a folder ended; None where no worker has come to its end."""
    if not (folder / RESULT).is_file():
        return None
    told = read_json(folder / RESULT, "error", "is_input")
    return Outcome(told["error"], bool(told["is_input"]))


def carry_out(folder: Path) -> None:
    """Do the unit of a folder and write how it ended; what is printed meanwhile is in its log.

    A second worker waits until a first one is gone, and does nothing where that came to an end. Raises
    WorkbenchError where it waits in vain.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        raise WorkbenchError(f"{folder}: another worker has been at it for a minute") from None
    with lock:
        if outcome(folder) is None:
            log = (folder / LOG).open("a", encoding="utf-8")
            with log, redirect_stdout(log), redirect_stderr(log):
                ended = _call(folder)
            write_json(folder / RESULT, {"error": ended.error, "is_input": ended.is_input})


def _call(folder: Path) -> Outcome:
    task = read_json(folder / TASK, "work", "arguments")
    module, _, function = task["work"].partition(":")
    try:
        getattr(import_module(module), function)(folder, **task["arguments"])
    except WorkbenchError as error:
        return Outcome(str(error), isinstance(error, InputError))
    except Exception as error:
        traceback.print_exc()
        return Outcome(f"{type(error).__name__}: {error}")
    return Outcome(None)
