"""Parquet, Feather and Arrow files as rows by column."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.data.files.naming import no_column_twice
from workbench.data.files.opening import Opened
from workbench.data.files.options import FileOptions, PlacedRecord
from workbench.errors import InputError
from workbench.storage.archives import check_size
from workbench.storage.tables import UNREADABLE

_BATCH = 1024
"""Rows that are taken into Python at once."""


def parquet_records(file: Opened, options: FileOptions, notes: list[str]) -> Iterator[PlacedRecord]:
    """Yield the rows of a Parquet file; its check sums are looked at where it has them.

    Args:
        file: What is read; InputError where it is no such file, or unpacks to too much.
        options, notes: Not used: the file tells all about itself.
    """
    content = file.read()
    try:
        table = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        groups = [table.metadata.row_group(number) for number in range(table.metadata.num_row_groups)]
        unpacked = max(table.metadata.num_rows, sum(group.total_byte_size for group in groups))
        check_size(unpacked, len(content), file.name)
        no_column_twice(file.name, table.schema_arrow.names)
    except UNREADABLE as error:
        raise _unreadable(file, "a Parquet", error) from None
    yield from _records(file, "a Parquet", table.iter_batches(_BATCH))


def arrow_records(file: Opened, options: FileOptions, notes: list[str]) -> Iterator[PlacedRecord]:
    """Yield the rows of an Arrow file: Feather (version 2), or the stream that `datasets` writes.

    Args:
        file: What is read; InputError where it is no such file.
        options, notes: Not used: the file tells all about itself.
    """
    content = pa.BufferReader(file.read())
    try:
        try:
            source = pa.ipc.open_file(content)
            batches = (source.get_batch(number) for number in range(source.num_record_batches))
        except pa.ArrowInvalid:
            content.seek(0)
            source = pa.ipc.open_stream(content)
            batches = iter(source)
        no_column_twice(file.name, source.schema.names)
    except UNREADABLE as error:
        raise _unreadable(file, "a Feather or Arrow", error) from None
    yield from _records(file, "a Feather or Arrow", batches)


def _records(file: Opened, kind: str, batches: Iterator[Any]) -> Iterator[PlacedRecord]:
    number = 0
    while True:
        try:
            batch = next(batches, None)
            if batch is not None:
                # Offsets of a damaged file would lead out of its memory, which ends the process.
                batch.validate(full=True)
            records = batch.to_pylist() if batch is not None else None
        except UNREADABLE as error:
            place = f"rows {number + 1} to {number + _BATCH}: "
            raise _unreadable(file, kind, error, place) from None
        if records is None:
            return
        for record in records:
            number += 1
            yield f"{file.name}, row {number}", record


def _unreadable(file: Opened, kind: str, error: Exception, place: str = "") -> InputError:
    if isinstance(error, InputError):
        return error
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"{file.name}: not {kind} file: {place}{reason}")
