"""The files of a folder or archive by relative name. Members are read when asked for, never unpacked."""

import bz2
import gzip
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, cast

from workbench.errors import InputError
from workbench.storage.jsonl import read_bytes, require_regular
from workbench.storage.paths import listable, user_path

LARGEST = 4 * 2**30
"""Bytes that an archive may unpack to; one that holds more is refused."""
RATIO = 100
"""Times its own size that an archive or a member may unpack to: texts reach 3 to 20, zeros 1,000."""
FLOOR = 64 * 2**20
"""Bytes to which everything may unpack, whatever its ratio."""


class Compression(NamedTuple):
    """A way to compress one file."""

    mark: bytes
    """Its first bytes."""
    reader: Callable[[IO[bytes]], IO[bytes]]


COMPRESSIONS = {
    ".gz": Compression(b"\x1f\x8b", lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file))),
    ".bz2": Compression(b"BZh", lambda file: cast(IO[bytes], bz2.BZ2File(file))),
    ".xz": Compression(b"\xfd7zXZ\x00", lambda file: cast(IO[bytes], lzma.LZMAFile(file))),  # noqa: SIM115
}
"""Last ending of a compressed file -> how it is compressed."""


@dataclass(frozen=True)
class Tree:
    """Read-only files; names are relative, with forward slashes."""

    origin: str
    names: frozenset[str]
    fetch: Callable[[str], bytes]

    def read(self, name: str, *, may_be_empty: bool = False) -> bytes:
        """Return the content of a file; InputError where the tree has none of that name, or an empty
        one."""
        if name not in self.names:
            raise InputError(f"{self.origin}: no file {name}")
        content = self.fetch(name)
        if not may_be_empty and not content.strip():
            raise InputError(f"{self.where(name)}: the file is empty")
        return content

    def where(self, name: str) -> str:
        """Return the file's place for messages."""
        return f"{self.origin}/{name}"

    def rooted_at(self, marker: str) -> "Tree":
        """Return the part around the outermost file called `marker`; InputError without one."""
        marked = [name for name in self.names if PurePosixPath(name).name == marker]
        if not marked:
            raise InputError(f"{self.origin}: no {marker} in it, nor in a folder inside it")
        outermost = min(marked, key=lambda name: (name.count("/"), name))
        return self.below(outermost.removesuffix(marker))

    def around(self, folder: str) -> "Tree":
        """Return the part in which `folder` (such as `train/pos`) lies; InputError without one."""
        places = {name.partition(f"/{folder}/")[0] for name in self.names if f"/{folder}/" in name}
        if any(name.startswith(f"{folder}/") for name in self.names):
            return self
        if not places:
            raise InputError(f"{self.origin}: no folder {folder} in it, nor in a folder inside it")
        return self.below(min(places, key=lambda place: (place.count("/"), place)) + "/")

    def below(self, prefix: str) -> "Tree":
        """Return the part whose names begin with `prefix`, which ends with a slash or is empty."""
        inner = frozenset(name.removeprefix(prefix) for name in self.names if name.startswith(prefix))
        origin = f"{self.origin}/{prefix.rstrip('/')}" if prefix else self.origin
        return Tree(origin, inner, lambda name: self.fetch(prefix + name))


def open_tree(path: Path) -> Tree:
    """Return the files of a folder (three levels deep) or of a .tar, .tar.gz or .zip archive.

    A compressed tar is unpacked once into a nameless temporary file, so that memory holds a member at a
    time. Raises InputError where the archive is missing, broken or no regular file, or unpacks to too
    much (`LARGEST`, `RATIO`), and for a member that is there twice, is a link or device, has an absolute
    path, or climbs out with `..`.
    """
    path = user_path(path)
    if path.is_dir():
        with listable(path):
            depths = ("*", "*/*", "*/*/*")
            files = [entry for depth in depths for entry in path.glob(depth) if entry.is_file()]
        names = frozenset(entry.relative_to(path).as_posix() for entry in files)
        return Tree(str(path), names, lambda name: read_bytes(path / name, may_be_empty=True))
    if not path.exists():
        raise InputError(f"{path}: no such folder or archive")
    if require_regular(path) == 0:
        raise InputError(f"{path}: the file is empty")
    with _readable(path):
        members = _zip_members(path) if zipfile.is_zipfile(path) else _tar_members(path)
    return Tree(str(path), frozenset(members), lambda name: members[name]())


_BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError,
    NotImplementedError, ValueError,
)  # fmt: skip


@contextmanager
def _readable(path: Path, member: str = "") -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        # tarfile adds a line for each compression that it tried.
        reason = str(error).partition(":\n")[0]
        inside = f", member {member!r}" if member else ""
        raise InputError(f"{path}: not a readable .tar.gz or .zip archive ({reason}{inside})") from None


Members = Mapping[str, Callable[[], bytes]]
"""Name -> what reads the member."""


class _Held:
    """An open file that is closed when the last reader of a member is gone."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def __del__(self) -> None:
        self.file.close()


def _tar_members(path: Path) -> Members:
    members: dict[str, Callable[[], bytes]] = {}
    plain = _Held(_decompressed(path))

    def reader(member: tarfile.TarInfo) -> Callable[[], bytes]:
        start, size, name = member.offset_data, member.size, member.name

        def read() -> bytes:
            with _readable(path, name):
                plain.file.seek(start)
                content = plain.file.read(size)
                if len(content) < size:
                    raise EOFError("unexpected end of data")
                return content

        return read

    with tarfile.open(fileobj=plain.file, mode="r:") as archive:
        for member in archive:
            name = _safe_name(member.name, path, members)
            if member.isdir():
                continue
            if not member.isfile() or member.issparse():
                raise InputError(f"{path}: the member {member.name!r} is a link or device, refused")
            members[name] = reader(member)
    return members


def _decompressed(path: Path) -> IO[bytes]:
    """Return the archive as an open file without compression, refused as soon as it grows too much."""
    file = path.open("rb")
    beginning = file.read(8)
    file.seek(0)
    found = next((one for one in COMPRESSIONS.values() if beginning.startswith(one.mark)), None)
    if found is None:
        return file
    # Without a name: it is gone with the last reader, however the process ends.
    plain = tempfile.TemporaryFile()  # noqa: SIM115 - the reader of members closes it
    packed, total = path.stat().st_size, 0
    try:
        with file, found.reader(file) as stream:
            while chunk := stream.read(2**20):
                total += len(chunk)
                check_size(total, packed, str(path))
                plain.write(chunk)
        plain.seek(0)
    except BaseException:
        plain.close()
        raise
    return plain


def _zip_members(path: Path) -> Members:
    members: dict[str, Callable[[], bytes]] = {}
    # Left open: members are read for as long as the tree is used.
    archive = zipfile.ZipFile(path)

    def reader(info: zipfile.ZipInfo) -> Callable[[], bytes]:
        def read() -> bytes:
            # No more is read than the directory says, and a lie there fails the check sum.
            with _readable(path, info.filename):
                return archive.read(info)

        return read

    total, packed = 0, path.stat().st_size
    for info in archive.infolist():
        name = _safe_name(info.filename, path, members)
        # The upper half of the attributes holds the Unix mode; 0xA000 is a symbolic link.
        if (info.external_attr >> 16) & 0xF000 == 0xA000:
            raise InputError(f"{path}: the member {info.filename!r} is a link, refused")
        if not info.is_dir():
            check_size(info.file_size, info.compress_size, f"{path}: the member {info.filename!r}")
            total += info.file_size
            members[name] = reader(info)
    check_size(total, packed, str(path))
    return members


def _safe_name(name: str, path: Path, members: Members) -> str:
    parts = name.replace("\\", "/").split("/")
    drive = len(parts[0]) == 2 and parts[0].endswith(":")
    if name.startswith(("/", "\\")) or ".." in parts or drive or "\0" in name:
        raise InputError(f"{path}: the member {name!r} leaves the archive's folder, refused")
    safe = "/".join(part for part in parts if part not in {"", "."})
    if safe in members:
        raise InputError(f"{path}: the member {name!r} is there twice, refused")
    return safe


def check_size(unpacked: int, packed: int, name: str) -> None:
    """Raise InputError where something unpacks to too much (`LARGEST`; `RATIO`, from `FLOOR` on).

    Args:
        unpacked, packed: Bytes.
        name: What unpacks, for the error.
    """
    if unpacked > LARGEST:
        raise InputError(f"{name}: unpacks to more than {LARGEST / 2**30:g} GiB, refused")
    if unpacked > max(FLOOR, RATIO * packed):
        raise InputError(f"{name}: unpacks to more than {RATIO} times its size, refused")
