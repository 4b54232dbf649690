"""Separated values (CSV, TSV) as rows of text, so that no stray quote joins rows in silence."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from workbench.errors import InputError

Row = tuple[int, list[str]]
"""The number of the row's last line, and its fields; blank lines make no row."""

csv.field_size_limit(2**31 - 1)  # Python's own limit is a text of 131,072 characters.
_LINE_END = re.compile(r"\r\n|\n|\r")


def csv_rows(text: str, name: str, separator: str = ",") -> Iterator[Row]:
    """Yield the rows of a text whose fields may stand in quotes, the quotes inside them doubled.

    Args:
        text: The content of the file.
        name: The file's name; InputError has it with the first line of a row whose quotes do not close.
        separator: What stands between two fields.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    first = 1
    try:
        for fields in reader:
            if any(fields) or len(fields) > 1:
                yield reader.line_num, fields
            first = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{name}:{first}: not readable as CSV: {error}; a field that begins with a quote ends with"
            " one, and quotes inside it are doubled"
        ) from None


def tab_rows(text: str, name: str) -> tuple[list[Row], int]:
    """Return the rows of a TSV file, and how many fields begin with a quote that is read as it stands.

    A line is a row and a quote a character, as in GLUE's files, unless the whole file is as a CSV writer
    leaves it (pandas, Python): quotes stand around those fields alone that need them, or around the
    names of the columns too. Then they are undone, but where the lines are rows of equal length already,
    no quote joins two of them.

    Args:
        text, name: The content of the file, and its name.
    """
    lines = [(n, line.split("\t")) for n, line in enumerate(_LINE_END.split(text), 1) if line.strip()]
    if '"' in text and (quoted := _undone(text, name)):
        equal = len({len(fields) for _, fields in lines}) == 1
        if len(quoted) == len(lines) or not equal:
            return quoted, 0
    return lines, sum(field.startswith('"') for _, fields in lines for field in fields)


def _undone(text: str, name: str) -> list[Row]:
    """Return the rows with the quotes of a CSV writer undone; none where no such writer made them."""
    try:
        rows = list(csv_rows(text, name, "\t"))
    except InputError:
        return []
    names = text.lstrip().partition("\n")[0].rstrip("\r").split("\t")
    if all(len(one) > 1 and one[0] == one[-1] == '"' for one in names):
        return rows
    again = io.StringIO()
    csv.writer(again, delimiter="\t", lineterminator="\r\n").writerows(fields for _, fields in rows)
    return rows if _plain_ends(again.getvalue()) == _plain_ends(text) else []


def _plain_ends(text: str) -> str:
    return re.sub(r"[\r\n]+", "\n", text).strip("\n")


def row_inside(rows: Sequence[Row]) -> tuple[int, int] | None:
    """Return the line of the first row that has swallowed others, and how many lines; None without one.

    A stray quote before a field joins rows up to the next one. Such a field holds a line, before its
    last, that has as many fields as the table, one of which another row has in the same column.

    Args:
        rows: Of a CSV file, the names of the columns first.
    """
    width = len(rows[0][1])
    values: list[set[str]] | None = None
    for (before, _), (_, fields) in pairwise(rows):
        for column, field in enumerate(fields):
            if "\n" not in field and "\r" not in field:
                continue
            inner = _LINE_END.split(field)[:-1]
            # The first line is the beginning of a row whose fields before this one stand outside.
            pieces = [[*fields[:column], *_loose(inner[0])], *map(_loose, inner[1:])]
            if all(len(piece) != width for piece in pieces):
                continue
            values = values or _values(rows[1:], width)
            for piece in pieces:
                others = range(column + 1, width) if piece is pieces[0] else range(width)
                if len(piece) == width and any(
                    piece[at].strip() and piece[at] in values[at] for at in others if at != column
                ):
                    return before + 1, len(inner) + 1
    return None


def _loose(line: str) -> list[str]:
    """Return the fields of one line, however its quotes stand."""
    return next(csv.reader([line]), [])


def _values(rows: Sequence[Row], width: int) -> list[set[str]]:
    """Return the values of each column in the rows of one line."""
    single = [fields for _, fields in rows if not any("\n" in f or "\r" in f for f in fields)]
    return [{fields[at] for fields in single if len(fields) == width} for at in range(width)]
