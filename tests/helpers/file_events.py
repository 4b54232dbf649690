"""File operations that write, seen by an audit hook: counted, or the end of the process at the n-th."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PLACES: dict[str, tuple[int, int]] = {
    "os.remove": (0, 1), "os.rmdir": (0, 1), "os.mkdir": (0, 2), "os.rename": (0, 2),
    "os.link": (1, 3), "os.symlink": (1, 2), "os.truncate": (0, 9), "shutil.rmtree": (0, 9),
    "os.chmod": (0, 2), "os.utime": (0, 3),
}  # fmt: skip
"""Event -> which of its arguments are the path and the folder that the path is relative to."""


def record_events(folder: Path, into: Path) -> None:
    """Write down every operation of this process below `folder`."""
    written = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    _watch(folder, lambda event, path: os.write(written, f"{event} {path}\n".encode()))


def kill_at(folder: Path, number: int) -> None:
    """Let this process die right before its operation `number` below `folder`, counted from 1."""
    seen = 0

    def count(event: str, path: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    _watch(folder, count)


def _watch(folder: Path, tell: Callable[[str, str], object]) -> None:
    inside = f"{folder}{os.sep}"

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, int) or not flags & _WRITES:
                return
            place = _absolute(path, -1)
        elif event in _PLACES:
            first, beside = _PLACES[event]
            path = arguments[first]
            if isinstance(path, int):
                return
            place = _absolute(path, arguments[beside] if len(arguments) > beside else -1)
        else:
            return
        if place.startswith(inside):
            tell(event, place.removeprefix(inside))

    sys.addaudithook(hook)


def _absolute(path: Any, descriptor: Any) -> str:
    path = os.fsdecode(path)
    if os.path.isabs(path):
        return path
    if isinstance(descriptor, int) and descriptor >= 0:
        return os.path.join(os.readlink(f"/proc/self/fd/{descriptor}"), path)
    return os.path.abspath(path)
