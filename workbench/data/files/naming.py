"""From rows of fields to rows by column."""

import reprlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from workbench.core.counts import counted
from workbench.data.files.options import PlacedRecord
from workbench.errors import InputError


def by_column(
    name: str, rows: Iterable[tuple[int, Sequence[Any]]], columns: Sequence[str]
) -> Iterator[PlacedRecord]:
    """Yield the rows below the names; InputError for a name twice and for a row of another length.

    Args:
        name: The file's name, for messages.
        rows: The number of each row's line, and its fields.
        columns: Names of the columns; empty: the first row has them.
    """
    rows = iter(rows)
    first = () if columns else next(rows, (0, ()))[1]
    given = list(columns) or [str(one) or f"Unnamed: {n}" for n, one in enumerate(first)]
    no_column_twice(name, given)
    named_in = "data.columns" if columns else "the first line"
    for number, (line, fields) in enumerate(rows, start=1):
        if len(fields) != len(given):
            raise InputError(
                f"{name}, row {number} (line {line}): {counted(len(fields), 'field')}, {named_in} names"
                f" {len(given)}"
            )
        yield f"{name}, row {number}", dict(zip(given, fields, strict=True))


def no_column_twice(name: str, columns: Sequence[str]) -> None:
    """Raise InputError where two columns have one name, of which the last would win."""
    twice = [column for column, n in Counter(columns).items() if n > 1]
    if twice:
        raise InputError(f"{name}: two columns are called {reprlib.repr(twice[0])}")
