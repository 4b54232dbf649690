"""JSON lines, and JSON files that hold one list of rows."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from workbench.core.counts import counted_notes
from workbench.data.files.opening import Opened, opened
from workbench.data.files.options import FileOptions, PlacedRecord
from workbench.errors import InputError
from workbench.storage.jsonl import json_items, json_lines, json_value


def line_records(file: Opened, options: FileOptions, notes: list[str]) -> Iterator[PlacedRecord]:
    """Yield an object per line, one at a time: memory holds one line, however large the file is.

    Args:
        file, options: What is read, and how.
        notes: Gets a sentence about halves of surrogate pairs that were replaced.
    """
    lines: Iterable[bytes] = file.lines()
    if options.encoding != "utf-8":
        text = io.TextIOWrapper(io.BytesIO(file.read()), options.encoding, newline="\n")
        lines = (line.encode() for line in _decoded(text, file.name))
    repaired = _repaired(options)
    for number, record in json_lines(lines, file.name, repaired):
        yield f"{file.name}:{number}", record
    notes += _repairs(repaired)


def list_records(file: Opened, options: FileOptions, notes: list[str]) -> Iterator[PlacedRecord]:
    """Yield the objects of a JSON list; a file of JSON lines that is called .json is read as such.

    Args:
        file, options: What is read, and how.
        notes: Gets a sentence where the file holds JSON lines.
    """
    content = file.read()
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise InputError(f"{file.name}: the file is empty")
    if start.startswith(b"{"):
        notes.append(f"{file.path.name} holds JSON lines, and is read as such.")
        again = Opened(file.name, io.BytesIO(content), file.path)
        yield from _lines_or_hint(again, options, notes)
        return
    repaired = _repaired(options)
    items = json_items(content, file.name, options.encoding, repaired)
    for number, item in enumerate(items, start=1):
        if isinstance(item, list) and len(item) == len(options.fields) > 0:
            item = dict(zip(options.fields, item, strict=True))
        if not isinstance(item, dict):
            raise InputError(
                f"{file.name}, item {number}: expected a JSON object, got {type(item).__name__}"
            )
        yield f"{file.name}, item {number}", item
    notes += _repairs(repaired)


def json_object(path: Path, options: FileOptions, notes: list[str]) -> dict[str, Any]:
    """Return the one object that a JSON file holds; InputError where it holds anything else.

    Args:
        path: A file that may be compressed.
        options, notes: As of `line_records`.
    """
    repaired = _repaired(options)
    with opened(path) as file:
        value = json_value(file.read(), file.name, encoding=options.encoding, repaired=repaired)
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected a JSON object, got {type(value).__name__}")
    notes += _repairs(repaired)
    return value


def _repaired(options: FileOptions) -> list[str] | None:
    return [] if options.repair else None


def _repairs(repaired: list[str] | None) -> list[str]:
    return counted_notes((len(repaired or ()), "row", " with half of a surrogate pair: U+FFFD instead."))


def _lines_or_hint(file: Opened, options: FileOptions, notes: list[str]) -> Iterator[PlacedRecord]:
    first = True
    try:
        for place in line_records(file, options, notes):
            yield place
            first = False
    except InputError as error:
        if first:
            raise InputError(
                f"{error}; a .json file holds one list of objects, or an object per line (a file of one"
                " object is a form of its own: name its reader in data.source)"
            ) from None
        raise


def _decoded(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    try:
        yield from text
    except UnicodeError as error:
        raise InputError(f"{name}: not {text.encoding} ({error})") from None
