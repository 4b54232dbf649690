"""What a file holds and what a value says, in short: hashes, and the traces that a change leaves."""

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def known_sha256(path: Path) -> str:
    """Return as `file_sha256` does, without hashing a file again that this process knows unchanged."""
    stat = path.stat()
    return _sha256_of(path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@lru_cache(maxsize=4096)
def _sha256_of(path: Path, *_: int) -> str:
    """Hash a file; what else a change would leave is there for the cache."""
    return file_sha256(path)


def fingerprint(*parts: Any) -> str:
    """Return a short stable hash of JSON-able values."""
    text = json.dumps(parts, sort_keys=True, default=lambda value: value.model_dump(mode="json"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def traces(paths: Iterable[Path]) -> list[list[Any]]:
    """Return name, size and times of change of files, and of all files in folders.

    Files with equal traces hold what they held: the time of a file's last change cannot be set back.
    """
    files: list[Path] = []
    for path in paths:
        files += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    stats = [(file, file.stat()) for file in files]
    return [[str(file), s.st_size, s.st_mtime_ns, s.st_ctime_ns] for file, s in stats]
