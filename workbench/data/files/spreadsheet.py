"""A sheet of an Excel workbook (.xlsx) as rows by column."""

import importlib.util
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from workbench.data.files.naming import by_column
from workbench.data.files.opening import Opened, readable
from workbench.data.files.options import FileOptions, Place
from workbench.errors import InputError
from workbench.storage.archives import check_size

INSTALL = 'pip install "rationale-workbench[excel]"'


def sheet_records(file: Opened, options: FileOptions, notes: list[str]) -> Iterator[Place]:
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
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{file.name}: not an Excel workbook: {reason}") from None
    names = book.sheetnames
    chosen = options.sheet or names[0]
    if chosen not in names:
        raise InputError(f"{file.name}: no sheet {chosen!r}; there are: {', '.join(names)}")
    if len(names) > 1 and options.sheet is None:
        notes.append(f"The sheet {chosen!r} is read, of {len(names)} (data.sheet names another).")
    rows = [
        (number, [_plain(value) for value in fields])
        for number, fields in enumerate(book[chosen].iter_rows(values_only=True), start=1)
        if any(value is not None for value in fields)
    ]
    # A sheet is as wide as its widest row: columns that hold nothing at all are not there.
    width = max((n for _, fields in rows for n, value in enumerate(fields, 1) if value != ""), default=0)
    named = f"{file.name}, sheet {chosen!r}" if len(names) > 1 else file.name
    yield from by_column(named, [(number, fields[:width]) for number, fields in rows], options.columns)


def _plain(value: Any) -> Any:
    """Return a cell as a CSV file would hold it, but numbers and truth values as they are."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date | datetime | time) else value
