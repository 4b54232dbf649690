"""Your own texts: a table of any known form, with a text and a label per row."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import counted_notes
from workbench.data.files.options import FileOptions
from workbench.data.files.records import FORMS, records_of
from workbench.data.rationales.cells import ABSENT, AMBIGUOUS, CellReader, Reading
from workbench.data.readers.joining import joined
from workbench.data.readers.label_cells import Labelled, label_columns, read_label, task_of_labels
from workbench.data.readers.split_files import split_files, unread_files
from workbench.data.rows import (
    Row,
    Table,
    checked_label,
    checked_text,
    corpus_name,
    require_keys,
    split_of,
)
from workbench.errors import InputError


@register_reader(
    name="file",
    description="Your CSV, TSV, JSON, JSONL, Parquet, Feather or Excel file",
    usage=", data.path",
    any_texts=True,
    endings=tuple(FORMS),
)
def load_file(settings: DataSettings) -> Table:
    """Return the rows of `data.path`, a file or a folder of train, dev and test, or of `data.paths`.

    With `data.annotator_column` the rows of one text, by id or by the text itself, are joined: its label
    is what most annotators gave. Raises InputError, naming file and row, for a missing, empty or unknown
    kind of file, wrong encoding, broken JSON, missing columns, and values that are no text, label,
    split or rationale.
    """
    rows: dict[str, list[Row]] = {}
    columns: dict[str, None] = {}
    cells, notes = CellReader(settings), []
    files = split_files(settings, FORMS)
    for file_split, path in files:
        with records_of(path, file_options(settings)) as records:
            for number, (where, record) in enumerate(records, start=1):
                columns.update(dict.fromkeys(record))
                split = file_split or _split(record, settings, where)
                row_id = f"row-{number}" if len(files) == 1 else f"{split}-{number}"
                row = row_from_record(record, settings, row_id, where, cells=cells)
                rows.setdefault(split, []).append(row)
        notes += records.notes
        if not columns:
            raise InputError(f"{path}: the file holds no rows")
        require_columns(columns, settings, str(path))
    if settings.annotator_column:
        by_id = bool(settings.id_column)
        rows, more = joined(rows, lambda row: row.id if by_id else (row.text, row.second))
        notes += more
    return Table(
        name=corpus_name(settings),
        rows=rows,
        annotated=settings.rationale_column is not None,
        units=settings.rationale_offsets,
        **task_of_labels(settings),
        notes=[
            *notes,
            *unread_files(settings, FORMS),
            *quote_notes(cells.counts),
            *unused_rationales(settings),
        ],
    )


def file_options(settings: DataSettings) -> FileOptions:
    """Return how the files are written."""
    return FileOptions(
        settings.encoding, settings.separator, tuple(settings.columns or ()), settings.sheet,
        settings.unencodable == "replace",
    )  # fmt: skip


def row_from_record(
    record: Mapping[str, Any],
    settings: DataSettings,
    row_id: str,
    where: str,
    label: str | None = None,
    cells: CellReader | None = None,
) -> Row:
    """Return a checked row.

    Args:
        record: The row by column.
        settings: Names the columns.
        row_id: The id where `settings` names no column of ids.
        where: The row's place, for the error.
        label: Replaces what the label column says.
        cells: Reads the rationale, and counts.
    """
    if settings.id_column:
        row_id = checked_label(*_cell(record, settings.id_column, where))
    labelled = read_label(record, settings, where) if label is None else Labelled(label)
    second, reading = "", Reading()
    text = _text(record, settings.text_column, settings, where)
    if settings.second_column:
        second = _text(record, settings.second_column, settings, where)
    names = _annotators(record, settings, where)
    if settings.rationale_column and settings.rationales == "annotated":
        # A row of JSON lines may leave the key out; a whole column that is absent is refused.
        value = record.get(settings.rationale_column)
        reading = (cells or CellReader(settings)).read(value, text, second, where)
    annotations = tuple(
        replace(one, annotator=_name(one.annotator, names, where)) for one in reading.annotations
    )
    return Row(
        row_id, text, labelled.label, where, second, annotations, len(names), labels=labelled.given,
        shares=reading.shares,
    )  # fmt: skip


def quote_notes(counts: Mapping[str, int]) -> list[str]:
    """Return what is worth knowing about rationales that are quoted."""
    return counted_notes(
        (counts.get(AMBIGUOUS, 0), "quote", " found in several places of its text: all are marked."),
        (counts.get(ABSENT, 0), "quote", " not in its text left out."),
    )


def unused_rationales(settings: DataSettings) -> list[str]:
    """Return a note where a rationale column is named but other rationales are chosen."""
    column, chosen = settings.rationale_column, settings.rationales
    unused = column and chosen != "annotated"
    if not unused:
        return []
    return [f"Column {column!r} is not used: data.rationales is {chosen!r}, not 'annotated'."]


def require_columns(columns: Collection[str], settings: DataSettings, name: str) -> None:
    """Raise InputError for each configured column that is absent.

    Args:
        columns, name: The columns there are, and what has them, for the error.
        settings: Names the columns needed.
    """
    named = (
        settings.text_column, *label_columns(settings), settings.second_column,
        settings.rationale_column, settings.annotator_column, settings.id_column, settings.split_column,
    )  # fmt: skip
    require_keys(columns, named, name)


def _text(record: Mapping[str, Any], column: str, settings: DataSettings, where: str) -> str:
    """Return a cell's text; a list of words, where rationales count words, is joined by spaces."""
    value, place = _cell(record, column, where)
    words = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if words and settings.rationale_offsets == "word":
        # A space inside a word would shift all that follow, and so would an empty one.
        value = ["".join(one.split()) for one in value]
        if not all(value):
            raise InputError(f"{place}: word {value.index('') + 1} of the list is empty")
        value = " ".join(value)
    return checked_text(value, place)


def _split(record: Mapping[str, Any], settings: DataSettings, where: str) -> str:
    if settings.split_column:
        _cell(record, settings.split_column, where)
    return split_of(record, settings.split_column, where)


def _annotators(record: Mapping[str, Any], settings: DataSettings, where: str) -> list[str]:
    """Return who a row's rationales are from, a name or, with `rationale_lists`, a list of names."""
    if not settings.annotator_column:
        return []
    value, place = _cell(record, settings.annotator_column, where)
    names = value if isinstance(value, list) and settings.rationale_lists else [value]
    return [checked_label(name, place) for name in names]


def _name(number: str, names: list[str], where: str) -> str:
    """Return the name of the annotator of this number in a list of rationales, or of the row's one."""
    if not names:
        return number
    place = int(number or 1)
    if place > len(names):
        raise InputError(
            f"{where}: rationale {place} of a list, but who marked it is not named ({len(names)} are)"
        )
    return names[place - 1]


def _cell(record: Mapping[str, Any], column: str, where: str) -> tuple[Any, str]:
    """Return a row's value and its place, for the checks; InputError where the column is absent."""
    require_keys(record, [column], where)
    return record[column], f"{where}: {column}"
