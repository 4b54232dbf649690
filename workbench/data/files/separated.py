"""CSV and TSV files as rows by column."""

from collections.abc import Iterator, Sequence

from workbench.core.counts import counted_notes
from workbench.data.files.naming import by_column
from workbench.data.files.opening import Opened
from workbench.data.files.options import FileOptions, PlacedRecord
from workbench.errors import InputError
from workbench.storage.jsonl import decode
from workbench.storage.separated import Row, csv_rows, row_inside, tab_rows

_SEPARATORS = {";": "';'", "\t": "a tab", "|": "'|'"}
"""What people write instead of a comma, and how a message calls it."""


def csv_records(file: Opened, options: FileOptions, notes: list[str]) -> Iterator[PlacedRecord]:
    """Yield the rows of a CSV file; quotes may stand around fields, and are doubled inside them.

    Args:
        file, options: What is read, and how.
        notes: Gets a sentence about rows with line breaks inside a field.
    """
    text = _text(file, options)
    try:
        rows = list(csv_rows(text, file.name, options.separator or ","))
    except InputError:
        _refuse_other_separator(file, options, text, ())
        raise
    _refuse_other_separator(file, options, text, rows)
    if rows and (swallowed := row_inside(rows)):
        line, lines = swallowed
        raise InputError(
            f"{file.name}:{line}: a quote that opens here joins {lines} lines, and one of them looks"
            " like a row of its own; close the quote, or double it and put the whole field in quotes"
        )
    broken = sum(any("\n" in f or "\r" in f for f in fields) for _, fields in rows)
    notes += counted_notes((broken, "row", " with line breaks inside a field."))
    yield from by_column(file.name, rows, options.columns)


def tsv_records(file: Opened, options: FileOptions, notes: list[str]) -> Iterator[PlacedRecord]:
    """Yield the rows of a TSV file, in which a quote is a character, unless a CSV writer made it.

    Args:
        file, options: What is read, and how.
        notes: Gets a sentence about fields that begin with a quote.
    """
    if options.separator not in (None, "\t"):
        yield from csv_records(file, options, notes)
        return
    rows, literal = tab_rows(_text(file, options), file.name)
    notes += counted_notes((literal, "field", " that begins with a quote read as it stands (TSV)."))
    yield from by_column(file.name, rows, options.columns)


def _text(file: Opened, options: FileOptions) -> str:
    content = file.read()
    if not content.strip():
        raise InputError(f"{file.name}: the file is empty")
    return decode(content, file.name, encoding=options.encoding)


def _refuse_other_separator(file: Opened, options: FileOptions, text: str, rows: Sequence[Row]) -> None:
    """InputError where commas do not make a table of a text, but another separator does."""
    if options.separator or _width(rows) > 1:
        return
    for mark, called in _SEPARATORS.items():
        try:
            fields = _width(list(csv_rows(text, file.name, mark))) if mark in text else 0
        except InputError:
            continue
        if fields > 1:
            raise InputError(
                f"{file.name}: commas do not cut it into a table, but {called} makes {fields} fields of"
                f" every line: set data.separator to {called}"
            )


def _width(rows: Sequence[Row]) -> int:
    """Return how many fields every row has; 0 where they differ, or there is none."""
    widths = {len(fields) for _, fields in rows}
    return widths.pop() if len(widths) == 1 else 0
