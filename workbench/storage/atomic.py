"""Writing files so that a reader never meets a half-written one."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.errors import InputError, WorkbenchError, shown
from workbench.storage.scratch import scratch_folder

STANDARD_STREAMS = ("/dev/stdout", "/dev/stderr")
_LONGEST = 64 * 2**20
"""Bytes of the longest JSON file that is read."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of `path` (file or folder) that replaces it when the block succeeds.

    On any error, a full disk included, the sibling is removed and `path` stays as it was. A file never
    replaces a folder; devices and pipes (`/dev/stdout`) are written into and stay what they are; of a
    link, the file that it points to is replaced.
    Raises WorkbenchError when the operating system refuses the write, InputError when a file would
    replace a folder.
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
        raise InputError(f"cannot write {path}: it is a folder; name a file")
    if not path.is_dir():
        os.replace(new, path)
        return
    os.replace(path, aside)
    try:
        os.replace(new, path)
    except OSError:
        os.replace(aside, path)
        raise


def share_folder(source: Path, target: Path, *without: str) -> None:
    """Put the files of folder `source` at `target` as hard links, or as copies where links cannot be.

    A folder that is there already is replaced. Files made here are always replaced, never written
    into, so that neither folder can change the other.

    Args:
        source: What is shared.
        target: Where.
        without: Patterns of names that are left out.
    """
    with replacing(target) as new:
        shutil.copytree(source, new, copy_function=_link, ignore=shutil.ignore_patterns(*without))


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


def read_json(path: Path, *keys: str) -> dict[str, Any]:
    """Read a JSON file of ours; InputError for one that is missing or broken, or not as we write them.

    Args:
        path: The file: one object, every key of it once.
        keys: What it must have.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise InputError(f"{path}: longer than {_LONGEST:,} bytes; is it a file of ours?")
        value = json.loads(
            content.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_no_number
        )
    except RecursionError:
        raise InputError(f"{path}: not readable as JSON: nested too deeply") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected a JSON object, got {shown(value)}")
    lost = [key for key in keys if key not in value]
    if lost:
        raise InputError(f"{path}: lacks {', '.join(lost)}")
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {shown(twice)} is there twice")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
