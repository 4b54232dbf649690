"""Folders for what is being written, and the removal of those that a killed command left behind."""

import hashlib
import os
import platform
import re
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path

import psutil

OTHER_HOSTS = 7 * 24 * 3600
"""Seconds after which another machine's scratch folder counts as left behind."""
_NAME = re.compile(r"\.partial-(?P<host>[0-9a-f]{6})-(?P<process>\d+)-.*")


def scratch_folder(place: Path) -> Path:
    """Make a hidden folder in `place`, with the machine and the process in its name."""
    sweep_once(place)
    return Path(tempfile.mkdtemp(prefix=f".partial-{_host()}-{os.getpid()}-", dir=place))


def sweep(folder: Path) -> None:
    """Remove the scratch folders anywhere in `folder` whose process is gone."""
    for path, folders, _ in os.walk(folder):
        for name in [name for name in folders if _NAME.fullmatch(name)]:
            folders.remove(name)
            _remove_if_left(Path(path) / name)


def discard(folder: Path) -> None:
    """Remove a folder so that a kill leaves either all of it or a scratch folder."""
    if folder.is_dir():
        scratch = scratch_folder(folder.parent)
        os.replace(folder, scratch / folder.name)
        shutil.rmtree(scratch, ignore_errors=True)


def is_scratch(path: Path) -> bool:
    """Return whether a path's name is that of a scratch folder."""
    return _NAME.fullmatch(path.name) is not None


@cache
def sweep_once(place: Path) -> None:
    """Do as `sweep` does in one folder, not in those below it, the first time that this process asks."""
    for entry in os.scandir(place):
        if _NAME.fullmatch(entry.name):
            _remove_if_left(place / entry.name)


def _remove_if_left(scratch: Path) -> None:
    name = _NAME.fullmatch(scratch.name)
    assert name is not None
    if name["host"] == _host():
        left = not psutil.pid_exists(int(name["process"]))
    else:
        try:
            left = time.time() - scratch.stat().st_mtime > OTHER_HOSTS
        except OSError:
            return
    if left:
        shutil.rmtree(scratch, ignore_errors=True)


@cache
def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]
