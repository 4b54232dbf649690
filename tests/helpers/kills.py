"""Work killed right before one of its file operations."""

import os
from collections.abc import Callable
from pathlib import Path

import torch

from tests.helpers.file_events import kill_at


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
            kill_at(folder, number)
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        assert os.WEXITSTATUS(status) == 0, "the work failed"
    return os.WIFSIGNALED(status)
