"""Decoding text files so that a bad byte or a broken line is named by file and line."""

import codecs
import io
import json
import re
import reprlib
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from workbench.errors import InputError

LARGEST = 4 * 2**30
"""Bytes of the largest file that is read as a whole."""
_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")


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


def read_bytes(path: Path, *, may_be_empty: bool = False) -> bytes:
    """Return the whole file; InputError where it is missing, unreadable, empty or no regular file."""
    require_regular(path)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not content.strip() and not may_be_empty:
        raise InputError(f"{path}: the file is empty")
    return content


def decode(content: bytes, name: str, first_line: int = 1, encoding: str = "utf-8") -> str:
    """Return text, UTF-8 with or without a byte order mark; InputError names the first bad line.

    Args:
        content: The bytes of a file, or of a part of it.
        name: The file's name, for the error.
        first_line: The number of the first line.
        encoding: Of Python's codecs.
    """
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = first_line + error.object[: error.start].count(b"\n")
        wide = first_line == 1 and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        written = "not UTF-8" if encoding == "utf-8" else f"not {encoding}"
        reason = "UTF-16" if wide else f"byte 0x{error.object[error.start]:02x}"
        raise InputError(
            f"{name}:{line}: {written} ({reason}); data.encoding names another"
            f", such as {'utf-16' if wide else 'cp1252'}"
        ) from None
    except UnicodeError as error:
        raise InputError(f"{name}: not {encoding} ({error})") from None


def json_value(
    content: bytes,
    name: str,
    first_line: int = 1,
    encoding: str = "utf-8",
    repaired: list[str] | None = None,
) -> Any:
    """Return the JSON value of a file, or of a part of it; InputError names the line.

    Args:
        content, name, first_line, encoding: As of `decode`.
        repaired: Gets the place of a value with half of a surrogate pair, which becomes U+FFFD; None:
            such a value is refused.
    """
    text = decode(content, name, first_line, encoding)
    try:
        value = json.loads(text, object_pairs_hook=_unique)
        return _whole(value, text, f"{name}:{first_line}", repaired)
    except (ValueError, RecursionError) as error:
        raise _broken(error, name, first_line) from None


def json_lines(
    content: bytes | Iterable[bytes], name: str, repaired: list[str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object) for every line that is not blank; InputError names file and line.

    Args:
        content: The bytes of a file, or its lines, which are then read one at a time.
        name, repaired: As of `json_value`.
    """
    # Split on newlines only: other line separators may stand unescaped inside a JSON string.
    lines = io.BytesIO(content) if isinstance(content, bytes) else content
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        value = json_value(line.rstrip(b"\r\n"), name, number, repaired=repaired)
        if not isinstance(value, dict):
            raise InputError(f"{name}:{number}: expected a JSON object, got {type(value).__name__}")
        yield number, value


def json_items(
    content: bytes, name: str, encoding: str = "utf-8", repaired: list[str] | None = None
) -> Iterator[Any]:
    """Yield the items of a file that holds one JSON list; InputError names file and line.

    Items are parsed one at a time, so that memory holds the text and one of them, not all.

    Args:
        content, name, encoding, repaired: As of `json_value`.
    """
    text = decode(content, name, encoding=encoding)
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    place = _after_space(text, 0)
    if text[place : place + 1] != "[":
        raise InputError(f"{name}: expected a JSON list")
    place = _after_space(text, place + 1)
    try:
        while text[place : place + 1] != "]":
            item, end = decoder.raw_decode(text, place)
            yield _whole(item, text[place:end], name, repaired)
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
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {reprlib.repr(twice)} is there twice")
    return whole


def _whole(value: Any, text: str, where: str, repaired: list[str] | None) -> Any:
    """Return a value without halves of surrogate pairs, which are no characters.

    Args:
        value: What `text` says.
        text: The JSON that the value was read from.
        where, repaired: As of `json_value`; ValueError for such a half where `repaired` is None.
    """
    if not _SURROGATE.search(text) or is_encodable(json.dumps(value, ensure_ascii=False)):
        return value
    if repaired is None:
        raise ValueError(
            "half of a surrogate pair, which is no character"
            " (data.unencodable: replace puts U+FFFD there)"
        )
    repaired.append(where)
    return _mended(value)


def is_encodable(text: str) -> bool:
    """Return whether a text can be written as UTF-8, that is, holds no half of a surrogate pair."""
    return text.isascii() or _HALF.search(text) is None


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended(one) for one in value]
    return {_mended(k): _mended(v) for k, v in value.items()} if isinstance(value, dict) else value


def _after_space(text: str, place: int) -> int:
    space = _SPACE.match(text, place)
    return space.end() if space else place


def _broken(error: ValueError | RecursionError, name: str, first_line: int) -> InputError:
    if isinstance(error, json.JSONDecodeError):
        return InputError(f"{name}:{first_line + error.lineno - 1}: broken JSON: {error.msg}")
    # A ValueError here is a number of thousands of digits, a repeated key or half a character.
    reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    return InputError(f"{name}:{first_line}: broken JSON: {reason}")
