"""The files of a folder or archive by relative name. Archives are read in memory, never unpacked."""

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workbench.errors import InputError
from workbench.storage.jsonl import read_bytes

LARGEST = 4 * 2**30
"""Bytes that an archive may unpack to; a small file that claims more is refused."""


@dataclass(frozen=True)
class Tree:
    """Read-only files; names are relative, with forward slashes."""

    origin: str
    names: frozenset[str]
    fetch: Callable[[str], bytes]

    def read(self, name: str) -> bytes:
        """Return the content of a file; InputError where the tree has none of that name."""
        if name not in self.names:
            raise InputError(f"{self.origin}: no file {name}")
        return self.fetch(name)

    def where(self, name: str) -> str:
        """Return the file's place for messages."""
        return f"{self.origin}/{name}"

    def rooted_at(self, marker: str) -> "Tree":
        """Return the part around the outermost file called `marker`; InputError without one."""
        marked = [name for name in self.names if PurePosixPath(name).name == marker]
        if not marked:
            raise InputError(f"{self.origin}: no {marker} in it, nor in a folder inside it")
        outermost = min(marked, key=lambda name: (name.count("/"), name))
        return self._below(outermost.removesuffix(marker))

    def around(self, folder: str) -> "Tree":
        """Return the part in which `folder` (such as `train/pos`) lies; InputError without one."""
        places = {name.partition(f"/{folder}/")[0] for name in self.names if f"/{folder}/" in name}
        if any(name.startswith(f"{folder}/") for name in self.names):
            return self
        if not places:
            raise InputError(f"{self.origin}: no folder {folder} in it, nor in a folder inside it")
        return self._below(min(places, key=lambda place: (place.count("/"), place)) + "/")

    def _below(self, prefix: str) -> "Tree":
        inner = frozenset(name.removeprefix(prefix) for name in self.names if name.startswith(prefix))
        origin = f"{self.origin}/{prefix.rstrip('/')}" if prefix else self.origin
        return Tree(origin, inner, lambda name: self.fetch(prefix + name))


def open_tree(path: Path) -> Tree:
    """Return the files of a folder (three levels deep) or of a .tar, .tar.gz or .zip archive.

    Raises InputError where it is missing or broken, and for a member of an archive that is a link or
    device, has an absolute path, or climbs out with `..`.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        files = (
            entry for depth in ("*", "*/*", "*/*/*") for entry in path.glob(depth) if entry.is_file()
        )
        names = frozenset(entry.relative_to(path).as_posix() for entry in files)
        return Tree(str(path), names, lambda name: read_bytes(path / name))
    if not path.exists():
        raise InputError(f"{path}: no such folder or archive")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty")
    try:
        contents = dict(_zip_members(path) if zipfile.is_zipfile(path) else _tar_members(path))
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        # tarfile adds a line for each compression that it tried.
        reason = str(error).partition(":\n")[0]
        raise InputError(f"{path}: not a readable .tar.gz or .zip archive ({reason})") from None
    return Tree(str(path), frozenset(contents), contents.__getitem__)


def _tar_members(path: Path) -> Iterator[tuple[str, bytes]]:
    total = 0
    with tarfile.open(path) as archive:
        for member in archive:
            name = _safe_name(member.name, path)
            if member.isdir():
                continue
            if not member.isfile():
                raise InputError(f"{path}: the member {member.name!r} is a link or device, refused")
            total = _within(total + member.size, path)
            handle = archive.extractfile(member)
            if handle is not None:
                yield name, handle.read()


def _zip_members(path: Path) -> Iterator[tuple[str, bytes]]:
    total = 0
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = _safe_name(info.filename, path)
            # The upper half of the attributes holds the Unix mode; 0xA000 is a symbolic link.
            if (info.external_attr >> 16) & 0xF000 == 0xA000:
                raise InputError(f"{path}: the member {info.filename!r} is a link, refused")
            if not info.is_dir():
                total = _within(total + info.file_size, path)
                yield name, archive.read(info)


def _safe_name(name: str, path: Path) -> str:
    parts = name.replace("\\", "/").split("/")
    drive = len(parts[0]) == 2 and parts[0].endswith(":")
    if name.startswith(("/", "\\")) or ".." in parts or drive or "\0" in name:
        raise InputError(f"{path}: the member {name!r} leaves the archive's folder, refused")
    return "/".join(part for part in parts if part not in {"", "."})


def _within(total: int, path: Path) -> int:
    if total > LARGEST:
        raise InputError(f"{path}: unpacks to more than {LARGEST // 2**30} GiB, refused")
    return total
