"""Decoding text files so that a bad byte or a broken line is named by file and line."""

import io
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.errors import InputError

LARGEST = 4 * 2**30
"""Bytes of the largest file that is read as a whole."""
_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def require_regular(path: Path) -> int:
    """Return the size of a regular file of at most `LARGEST` bytes, else raise InputError.

    A device may never end, and a pipe wait for ever.
    """
    try:
        status = Path(path).stat()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read: {reason}") from None
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{path}: cannot be read: Is a directory")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path}: a device, pipe or socket, not a regular file; copy it into one")
    if status.st_size > LARGEST:
        raise InputError(f"{path}: larger than {LARGEST / 2**30:g} GiB, refused; cut it into parts")
    return status.st_size


def read_bytes(path: Path) -> bytes:
    """Return the whole file; InputError where it is missing, unreadable, empty or no regular file."""
    require_regular(path)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not content.strip():
        raise InputError(f"{path}: the file is empty")
    return content


def decode(content: bytes, name: str, first_line: int = 1) -> str:
    """Return UTF-8 text, with or without a byte order mark; InputError names the first bad line.

    Args:
        content: The bytes of a file, or of a part of it.
        name: The file's name, for the error.
        first_line: The number of the first line.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = first_line + error.object[: error.start].count(b"\n")
        raise InputError(f"{name}:{line}: not UTF-8 (byte 0x{error.object[error.start]:02x})") from None


def json_value(content: bytes, name: str, first_line: int = 1) -> Any:
    """Return the JSON value of a file, or of a part of it; InputError names the line.

    Args:
        content, name, first_line: As of `decode`.
    """
    text = decode(content, name, first_line)
    try:
        return _whole(json.loads(text, object_pairs_hook=_unique), text)
    except (ValueError, RecursionError) as error:
        raise _broken(error, name, first_line) from None


def json_lines(content: bytes, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object) for every line that is not blank; InputError names file and line."""
    # Split on newlines only: other line separators may stand unescaped inside a JSON string.
    for number, line in enumerate(io.BytesIO(content), start=1):
        if not line.strip():
            continue
        value = json_value(line.rstrip(b"\r\n"), name, number)
        if not isinstance(value, dict):
            raise InputError(f"{name}:{number}: expected a JSON object, got {type(value).__name__}")
        yield number, value


def json_items(content: bytes, name: str) -> Iterator[Any]:
    """Yield the items of a file that holds one JSON list; InputError names file and line.

    Items are parsed one at a time, so that memory holds the text and one of them, not all.
    """
    text = decode(content, name)
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    place = _after_space(text, 0)
    if text[place : place + 1] != "[":
        raise InputError(f"{name}: expected a JSON list")
    place = _after_space(text, place + 1)
    try:
        while text[place : place + 1] != "]":
            item, end = decoder.raw_decode(text, place)
            yield _whole(item, text, place, end)
            place = end
            place = _after_space(text, place)
            if text[place : place + 1] == ",":
                place = _after_space(text, place + 1)
            elif text[place : place + 1] != "]":
                raise json.JSONDecodeError("Expecting ',' or ']'", text, place)
    except (ValueError, RecursionError) as error:
        raise _broken(error, name, 1) from None
    if _after_space(text, place + 1) != len(text):
        raise InputError(f"{name}: something follows after the end of the JSON list")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; ValueError for a key that is there twice, of which json would take the last."""
    whole = dict(pairs)
    if len(whole) < len(pairs):
        twice = next(key for n, (key, _) in enumerate(pairs) if key in dict(pairs[:n]))
        raise ValueError(f"the key {twice!r} is there twice")
    return whole


def _whole(value: Any, text: str, start: int = 0, end: int | None = None) -> Any:
    """Return a value; ValueError where a text of it holds half of a surrogate pair, no character.

    Args:
        value: What `text` says between `start` and `end`.
        text, start, end: Where the value was read.
    """
    if _SURROGATE.search(text, start, len(text) if end is None else end):
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("half of a surrogate pair, which is no character") from None
    return value


def _after_space(text: str, place: int) -> int:
    space = _SPACE.match(text, place)
    return space.end() if space else place


def _broken(error: ValueError | RecursionError, name: str, first_line: int) -> InputError:
    if isinstance(error, json.JSONDecodeError):
        return InputError(f"{name}:{first_line + error.lineno - 1}: broken JSON: {error.msg}")
    # A ValueError here is a number of thousands of digits, a repeated key or half a character.
    reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    return InputError(f"{name}:{first_line}: broken JSON: {reason}")
