"""A sheet of an Excel workbook (.xlsx) as rows by column."""

import importlib.util
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from workbench.data.files.naming import by_column
from workbench.data.files.opening import Opened, readable
from workbench.data.files.options import FileOptions, PlacedRecord
from workbench.errors import InputError
from workbench.storage.archives import check_size

MOST_ROWS = 2**20
"""Of a sheet; Excel has no more."""
INSTALL = 'pip install "rationale-workbench[excel]"'


def sheet_records(file: Opened, options: FileOptions, notes: list[str]) -> Iterator[PlacedRecord]:
    """Yield the rows of a sheet, the first unless `options.sheet` names one; formulas give their value.

    Args:
        file: What is read; InputError where it is no workbook, or unpacks to too much.
        options: Names the sheet, and the columns where the first row has none.
        notes: Gets a sentence about other sheets.
    """
    if importlib.util.find_spec("openpyxl") is None:
        raise InputError(f"{file.name}: Excel's workbooks need a library: {INSTALL}")
    import openpyxl

    content = file.read()
    try:
        with readable(file.name), zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_size(sum(one.file_size for one in archive.infolist()), len(content), file.name)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except InputError:
        raise
    except Exception as error:  # whatever a broken workbook makes the library throw
        raise _no_workbook(file.name, error) from None
    names = book.sheetnames
    chosen = options.sheet or names[0]
    if chosen not in names:
        raise InputError(f"{file.name}: no sheet {chosen!r}; there are: {', '.join(names)}")
    if len(names) > 1 and options.sheet is None:
        notes.append(f"The sheet {chosen!r} is read, of {len(names)} (data.sheet names another).")
    try:
        rows = list(_filled(book[chosen], file.name))
    except InputError:
        raise
    except Exception as error:  # as above: a sheet is parsed only now
        raise _no_workbook(file.name, error) from None
    # A sheet is as wide as its widest row: columns that hold nothing at all are not there.
    width = max((len(fields) for _, fields in rows), default=0)
    # Made equal one at a time: a single far cell would fill the memory with nothing.
    equal = ((number, [*fields, *[""] * (width - len(fields))]) for number, fields in rows)
    named = f"{file.name}, sheet {chosen!r}" if len(names) > 1 else file.name
    yield from by_column(named, equal, options.columns)


def _filled(sheet: Any, name: str) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows that hold something, each up to its last cell that does."""
    if not hasattr(sheet, "reset_dimensions"):
        raise InputError(f"{name}: the sheet {sheet.title!r} is a chart, not a table")
    # Else each row comes as wide as the sheet says it is, which one far cell makes 16,384 columns.
    sheet.reset_dimensions()
    for number, fields in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > MOST_ROWS:
            raise InputError(f"{name}: a sheet of more than {MOST_ROWS:,} rows, which Excel has not")
        width = max((n for n, value in enumerate(fields, 1) if value not in (None, "")), default=0)
        if width:
            yield number, [_plain(value) for value in fields[:width]]


def _no_workbook(name: str, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return InputError(f"{name}: not an Excel workbook: {reason}")


def _plain(value: Any) -> Any:
    """Return a cell as a CSV file would hold it, but numbers and truth values as they are."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date | datetime | time) else value
