"""Work killed right before one of its file operations, as a power cut would."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link")
"""Audit events of file operations; `open` for writing is one, too."""


def killed_at(number: int, folder: Path, work: Callable[[], object]) -> bool:
    """Do the work in a copy of this process that dies before its `number`-th change below the folder.

    Returns:
        Whether it died; False where it came to its end before.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            torch.set_num_threads(1)  # The threads of the parent are not there.
            left = number

            def watch(event: str, given: tuple[Any, ...]) -> None:
                nonlocal left
                if _changes(event, given, str(folder)):
                    left -= 1
                    if left == 0:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(watch)
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        assert os.WEXITSTATUS(status) == 0, "the work failed"
    return os.WIFSIGNALED(status)


def _changes(event: str, given: tuple[Any, ...], folder: str) -> bool:
    writes = event == "open" and isinstance(given[1], str) and set(given[1]) & set("wax+")
    return bool(writes or event in CHANGES) and str(given[0]).startswith(folder)
