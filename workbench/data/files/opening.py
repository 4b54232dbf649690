"""A file's content without its compression, as a stream that is refused as soon as it grows too much."""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from workbench.errors import InputError
from workbench.storage.archives import COMPRESSIONS, check_size
from workbench.storage.jsonl import require_regular
from workbench.storage.paths import user_path

ZIP = ".zip"
"""Ending of an archive of one file, which is opened as that file."""
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, NotImplementedError,
)  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """A file that is being read."""

    name: str
    """The path, for messages; of a .zip the member too."""
    stream: IO[bytes]
    path: Path

    def read(self) -> bytes:
        """Return what is left; InputError where it does not unpack."""
        with readable(self.name):
            return self.stream.read()

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that are left, one at a time; InputError where they do not unpack."""
        with readable(self.name):
            yield from self.stream


def ending_of(path: Path) -> str:
    """Return the ending that tells a file's form, in lower case: `.csv` of `reviews.CSV.gz`.

    Of a .zip it is that of the one file in it, where there is one.
    """
    ending = path.suffix.lower()
    if ending in COMPRESSIONS:
        return Path(path.stem).suffix.lower()
    if ending == ZIP and path.is_file():
        try:
            with readable(str(path)), zipfile.ZipFile(path) as archive:
                return PurePosixPath(_only_member(archive, path).filename).suffix.lower()
        except InputError:
            return ZIP
    return ending


def stem_of(path: Path) -> str:
    """Return a file's name without the endings of its form and its compression."""
    packed = path.suffix.lower() in {*COMPRESSIONS, ZIP}
    return path.with_suffix("").stem if packed else path.stem


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a file, unpacked as it is read.

    Raises InputError where it is missing, empty, no regular file, a .zip that does not hold exactly one
    file, or unpacks to too much (`archives.LARGEST`, `RATIO`).
    """
    path = user_path(path)
    if require_regular(path) == 0:
        raise InputError(f"{path}: the file is empty")
    name, ending = str(path), path.suffix.lower()
    with readable(name), path.open("rb") as file:
        if ending in COMPRESSIONS:
            with COMPRESSIONS[ending].reader(file) as plain:
                yield Opened(name, _limited(plain, path, name), path)
        elif ending == ZIP:
            with zipfile.ZipFile(file) as archive:
                member = _only_member(archive, path)
                name = f"{path}/{member.filename}"
                with archive.open(member) as plain:
                    yield Opened(name, _limited(plain, path, name), path)
        else:
            yield Opened(name, file, path)


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Turn what a broken compression or a disk raises into InputError."""
    try:
        yield
    except InputError:
        raise
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError(f"{name}: cannot be read: {reason}") from None


class _Limited(io.RawIOBase):
    """A stream that refuses to unpack to more than an archive may."""

    def __init__(self, inner: IO[bytes], packed: int, name: str) -> None:
        self.inner, self.packed, self.name, self.total = inner, packed, name, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self.inner.read(len(buffer))
        self.total += len(content)
        check_size(self.total, self.packed, self.name)
        buffer[: len(content)] = content
        return len(content)


def _limited(inner: IO[bytes], path: Path, name: str) -> IO[bytes]:
    return io.BufferedReader(_Limited(inner, path.stat().st_size, name), 2**18)


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    """Return the one file of a .zip, beside what macOS adds."""
    members = [
        one
        for one in archive.infolist()
        if not one.is_dir() and not one.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        names = ", ".join(one.filename for one in members[:5]) + (", ..." if len(members) > 5 else "")
        raise InputError(f"{path}: holds {len(members)} files ({names}), not one; unpack it")
    return members[0]
