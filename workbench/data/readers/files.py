"""Your own texts: CSV, TSV, JSONL or Parquet with a text and a label per row."""

from collections.abc import Iterable
from typing import Any

from workbench.config.data import DataSettings
from workbench.data.readers.records import READERS
from workbench.data.readers.rows import (
    Row,
    Table,
    checked_label,
    checked_spans,
    checked_text,
    data_path,
    listed,
    split_of,
)
from workbench.data.sources import Source
from workbench.errors import InputError


def load_file(settings: DataSettings) -> Table:
    """Return the rows of the file `settings.path`, by the columns that `settings` names.

    Raises InputError, naming file and row, for a missing, empty or unknown kind of file, wrong
    encoding, broken JSON, missing columns, and values that are no text, label, split or spans.
    """
    path = data_path(settings, "the file")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: unknown kind of file; known are {', '.join(READERS)}")
    rows: dict[str, list[Row]] = {}
    columns: dict[str, None] = {}
    records = reader(path)
    for number, (where, record) in enumerate(records, start=1):
        columns.update(dict.fromkeys(record))
        if settings.split_column:
            _cell(record, settings.split_column, where)
        row = row_from_record(record, settings, f"row-{number}", where)
        rows.setdefault(split_of(record, settings.split_column, where), []).append(row)
    if not rows:
        raise InputError(f"{path}: the file holds no rows")
    require_columns(columns, settings, str(path))
    return Table(
        name=path.stem,
        rows=rows,
        annotated=settings.rationale_column is not None,
        units=settings.rationale_offsets,
        notes=[*records.notes, *unused_rationales(settings)],
    )


def row_from_record(
    record: dict[str, Any], settings: DataSettings, row_id: str, where: str, label: str | None = None
) -> Row:
    """Return a checked row.

    Args:
        record: The row by column.
        settings: Names the columns.
        row_id: The id where `settings` names no column of ids.
        where: The row's place, for the error.
        label: Replaces what the label column says.
    """
    if settings.id_column:
        row_id = checked_label(*_cell(record, settings.id_column, where))
    if label is None:
        label = checked_label(*_cell(record, settings.label_column, where))
    second, spans = "", None
    text = checked_text(*_cell(record, settings.text_column, where))
    if settings.second_column:
        second = checked_text(*_cell(record, settings.second_column, where))
    if settings.rationale_column and settings.rationales == "annotated":
        # A row of JSON lines may leave the key out; a whole column that is absent is refused.
        spans = checked_spans(record.get(settings.rationale_column), where)
    return Row(row_id, text, label, where, second, spans)


def unused_rationales(settings: DataSettings) -> list[str]:
    """Return a note where a rationale column is named but other rationales are chosen."""
    column, chosen = settings.rationale_column, settings.rationales
    unused = column and chosen != "annotated"
    return [f"Column {column!r} is not used: data.rationales is {chosen!r}."] if unused else []


def require_columns(columns: Iterable[str], settings: DataSettings, name: str) -> None:
    """Raise InputError for each configured column that is absent.

    Args:
        columns, name: The columns there are, and what has them, for the error.
        settings: Names the columns needed.
    """
    named = (
        settings.text_column, settings.label_column, settings.second_column,
        settings.rationale_column, settings.id_column, settings.split_column,
    )  # fmt: skip
    known = list(columns)
    absent = [column for column in named if column and column not in known]
    if absent:
        raise InputError(f"{name}: no column {', '.join(absent)}; there are: {listed(known)}")


def _cell(record: dict[str, Any], column: str, where: str) -> tuple[Any, str]:
    """Return a row's value and its place, for the checks; InputError where the column is absent."""
    if column not in record:
        raise InputError(f"{where}: no column {column}; there are: {listed(record)}")
    return record[column], f"{where}: {column}"


SOURCES = (
    Source(
        "file", "Your CSV, TSV, JSONL or Parquet", load_file,
        usage=", data.path", endings=tuple(READERS),
    ),
)  # fmt: skip
