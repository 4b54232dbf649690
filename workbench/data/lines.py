"""Decoding text files so that a bad byte or a broken line is named by file and line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.errors import InputError


def read_bytes(path: Path) -> bytes:
    """The whole file; InputError where it is missing, unreadable or empty."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not content.strip():
        raise InputError(f"{path}: the file is empty")
    return content


def decode(content: bytes, name: str) -> str:
    """UTF-8, with or without a byte order mark; InputError names the first bad line."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"{name}:{line}: not UTF-8 (byte 0x{error.object[error.start]:02x})") from None


def json_lines(content: bytes, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) for every line that is not blank; InputError names file and line."""
    # Split on newlines only: other line separators may stand unescaped inside a JSON string.
    for number, line in enumerate(decode(content, name).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            reason = getattr(error, "msg", "nested too deeply")
            raise InputError(f"{name}:{number}: broken JSON: {reason}") from None
        if not isinstance(value, dict):
            raise InputError(f"{name}:{number}: expected a JSON object, got {type(value).__name__}")
        yield number, value
