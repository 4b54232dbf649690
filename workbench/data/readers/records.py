"""The rows of a CSV, TSV, JSONL or Parquet file by column, before anything is asked of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.data.readers.rows import counted, counted_notes
from workbench.errors import InputError
from workbench.storage.archives import FLOOR, RATIO
from workbench.storage.jsonl import decode, json_lines, read_bytes
from workbench.storage.separated import Row, csv_rows, row_inside, tab_rows
from workbench.storage.tables import UNREADABLE

_BATCH = 1024
"""Rows of a Parquet file that are taken into Python at once."""


@dataclass(frozen=True)
class Records:
    """(place for messages, column -> value) per row, and what was noticed about the file."""

    rows: Iterable[tuple[str, dict[str, Any]]]
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return iter(self.rows)


def _read_csv(path: Path) -> Records:
    rows = list(csv_rows(decode(read_bytes(path), str(path)), str(path)))
    if rows and (swallowed := row_inside(rows)):
        line, lines = swallowed
        raise InputError(
            f"{path}:{line}: a quote that opens here joins {lines} lines, and one of them looks like a"
            " row of its own; close the quote, or double it and put the whole field in quotes"
        )
    broken = sum(any("\n" in f or "\r" in f for f in fields) for _, fields in rows)
    return _by_column(path, rows, counted_notes((broken, "row", " with line breaks inside a field.")))


def _read_tsv(path: Path) -> Records:
    rows, literal = tab_rows(decode(read_bytes(path), str(path)), str(path))
    notes = counted_notes((literal, "field", " that begins with a quote read as it stands (TSV)."))
    return _by_column(path, rows, notes)


def _by_column(path: Path, rows: list[Row], notes: list[str]) -> Records:
    """Return the rows below the names; InputError for a name twice and for a row of another length."""
    if not rows:
        raise InputError(f"{path}: the file holds no rows")
    names = [name or f"Unnamed: {place}" for place, name in enumerate(rows[0][1])]
    _no_column_twice(path, names)
    records = []
    for number, (line, fields) in enumerate(rows[1:], start=1):
        if len(fields) != len(names):
            raise InputError(
                f"{path}, row {number} (line {line}): {counted(len(fields), 'field')}, the first line"
                f" names {len(names)}"
            )
        records.append((f"{path}, row {number}", dict(zip(names, fields, strict=True))))
    return Records(records, notes)


def _no_column_twice(path: Path, names: list[str]) -> None:
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise InputError(f"{path}: two columns are called {twice[0]!r}")


def _read_parquet(path: Path) -> Records:
    content = read_bytes(path)
    try:
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
        unpacked = max(file.metadata.num_rows, sum(group.total_byte_size for group in groups))
        if unpacked > max(FLOOR, RATIO * len(content)):
            raise InputError(f"{path}: unpacks to more than {RATIO} times its size, refused")
        _no_column_twice(path, file.schema_arrow.names)
    except UNREADABLE as error:
        raise _not_parquet(path, error) from None
    return Records(_parquet_rows(path, file))


def _parquet_rows(path: Path, file: pq.ParquetFile) -> Iterator[tuple[str, dict[str, Any]]]:
    number = 0
    batches = file.iter_batches(_BATCH)
    while True:
        try:
            batch = next(batches, None)
            records = batch.to_pylist() if batch is not None else None
        except UNREADABLE as error:
            place = f"rows {number + 1} to {number + _BATCH}: "
            raise _not_parquet(path, error, place) from None
        if records is None:
            return
        for record in records:
            number += 1
            yield f"{path}, row {number}", record


def _not_parquet(path: Path, error: Exception, place: str = "") -> InputError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"{path}: not a Parquet file: {place}{reason}")


def _read_jsonl(path: Path) -> Records:
    content = read_bytes(path)
    return Records((f"{path}:{number}", record) for number, record in json_lines(content, str(path)))


READERS: dict[str, Callable[[Path], Records]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
"""By the end of the file's name."""
