"""Writing files so that a reader never meets a half-written one."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import InputError, WorkbenchError
from workbench.storage.scratch import scratch_folder

STANDARD_STREAMS = ("/dev/stdout", "/dev/stderr")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of `path` (file or folder) that replaces it when the block succeeds.

    On any error, a full disk included, the sibling is removed and `path` stays as it was. A file never
    replaces a folder; devices and pipes (`/dev/stdout`) are written into and stay what they are; of a
    link, the file that it points to is replaced.
    Raises WorkbenchError when the operating system refuses the write, or a file would replace a folder.
    """
    path = Path(path)
    # A device or a pipe; what /dev/stdout is redirected to counts as one.
    through = path.absolute().as_posix() in STANDARD_STREAMS or not (path.is_file() or path.is_dir())
    through = through and path.exists()
    if path.is_symlink() and not through:
        path = path.resolve()
    try:
        if through:
            scratch = Path(tempfile.mkdtemp())
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch = scratch_folder(path.parent)
    except OSError as error:
        raise WorkbenchError(f"cannot write {path}: {error.strerror or error}") from error
    new = scratch / path.name
    try:
        yield new
        if through:
            with new.open("rb") as source, path.open("ab") as stream:
                shutil.copyfileobj(source, stream)
        else:
            _put_in_place(new, path, scratch / "old")
    except OSError as error:
        raise WorkbenchError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _put_in_place(new: Path, path: Path, aside: Path) -> None:
    """Rename `new` to `path`; an old folder waits aside, and comes back if that fails."""
    if path.is_dir() and not new.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder; name a file")
    if not path.is_dir():
        os.replace(new, path)
        return
    os.replace(path, aside)
    try:
        os.replace(new, path)
    except OSError:
        os.replace(aside, path)
        raise


def share_folder(source: Path, target: Path) -> None:
    """Put the files of folder `source` at `target` as hard links, or as copies where links cannot be.

    A folder that is there already is replaced. Files made here are always replaced, never written
    into, so that neither folder can change the other.
    """
    with replacing(target) as new:
        shutil.copytree(source, new, copy_function=_link)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with replacing(path) as new:
        new.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON; InputError for a missing or broken file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON: {error}") from None


def yaml_value(text: str) -> Any:
    """Return what a YAML text says, without making any object of its choice; raises yaml.YAMLError.

    By libyaml, ten times as fast, where PyYAML was built with it.
    """
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both safe
