"""One writer per folder: a lock that the operating system gives back when its owner dies."""

import getpass
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.errors import WorkbenchError
from workbench.storage.scratch import is_scratch, sweep

LOCK, WRITER = ".lock", ".writer.json"
"""The lock itself, which stays, and who holds it, which goes with him."""


@contextmanager
def one_writer(folder: Path, doing: str) -> Iterator[None]:
    """Keep all other writers out of a folder, which is made where it is not there; readers may enter.

    The lock is the operating system's: that of a process that died is free. What a killed writer left
    half-written is removed. Raises WorkbenchError, naming the owner, where the folder has a writer, and
    where it cannot be written.

    Args:
        folder: What is written.
        doing: The command, for those who are refused.
    """
    lock, is_new = FileLock(folder / LOCK), not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise WorkbenchError(f"{folder}: {_owner(folder)}; wait until that ends, or stop it") from None
    except OSError as error:
        raise WorkbenchError(f"cannot write {folder}: {error.strerror or error}") from error
    try:
        sweep(folder)
        _sign(folder, doing)
        yield
    finally:
        with suppress(OSError):
            (folder / WRITER).unlink(missing_ok=True)
            if is_new and is_empty(folder):
                # A command that was refused leaves no folder behind.
                (folder / LOCK).unlink()
                folder.rmdir()
        lock.release()


def is_empty(folder: Path) -> bool:
    """Return whether a folder holds nothing but what a killed writer left half-written, and locks."""
    return all(entry.name in {LOCK, WRITER} or is_scratch(entry) for entry in folder.iterdir())


def _sign(folder: Path, doing: str) -> None:
    """Write who holds the lock; a disk too full for that does not keep the owner from working."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    owner = {
        "doing": doing,
        "process": os.getpid(),
        "user": _user(),
        "host": platform.node(),
        "since": now,
    }
    with suppress(OSError):
        (folder / WRITER).write_text(json.dumps(owner), encoding="utf-8")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _owner(folder: Path) -> str:
    try:
        owner = json.loads((folder / WRITER).read_text(encoding="utf-8"))
        return (
            f"`workbench {owner['doing']}` of {owner['user']} is writing it (process {owner['process']} "
            f"on {owner['host']}, since {owner['since']})"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "another command is writing it"
