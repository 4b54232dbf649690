"""The rows of a file by column, before anything is asked of them."""

import io
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.data.files import columnar, json_files, separated, spreadsheet
from workbench.data.files.opening import ZIP, Opened, ending_of, opened
from workbench.data.files.options import FileOptions, PlacedRecord
from workbench.errors import InputError
from workbench.storage.archives import Tree
from workbench.storage.paths import user_path


@dataclass
class Records:
    """(place for messages, column -> value) per row, and what was noticed about the file so far.

    In a `with` the file is closed where a row is refused, and not whenever the error is forgotten.
    """

    rows: Iterable[PlacedRecord]
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[PlacedRecord]:
        return iter(self.rows)

    def __enter__(self) -> "Records":
        return self

    def __exit__(self, *error: object) -> None:
        if isinstance(self.rows, Generator):
            self.rows.close()


FORMS: dict[str, Callable[[Opened, FileOptions, list[str]], Iterator[PlacedRecord]]] = {
    ".csv": separated.csv_records,
    ".tsv": separated.tsv_records,
    ".tab": separated.tsv_records,
    ".jsonl": json_files.line_records,
    ".ndjson": json_files.line_records,
    ".json": json_files.list_records,
    ".parquet": columnar.parquet_records,
    ".feather": columnar.arrow_records,
    ".arrow": columnar.arrow_records,
    ".xlsx": spreadsheet.sheet_records,
}
"""What reads a file, by the end of its name without a compression."""
PAIR = ("text", "annotations")
"""What the two values of an item are called in a JSON file of pairs, which spaCy trained on."""


def records_of(path: Path, options: FileOptions | None = None) -> Records:
    """Return the rows of a file, read as they are asked for; its notes are whole after the last one.

    Args:
        path: A file of one of the `FORMS`, which `.gz`, `.bz2`, `.xz` or `.zip` may have packed.
        options: How it is written, where that is not the common way.

    Raises:
        InputError: Names file and line or row: a missing, empty or broken file, an unknown form, a wrong
            encoding, a column that is there twice, a row of another length than the first.
    """
    path = user_path(path)
    options = options or FileOptions()
    ending = ending_of(path)
    if ending == ZIP:
        with opened(path):  # Which says what is wrong with it.
            pass
    if ending not in FORMS:
        raise InputError(f"{path}: unknown kind of file; known are {known_forms()}")
    notes: list[str] = []
    return Records(_rows(path, FORMS[ending], options, notes), notes)


def records_in(tree: Tree, name: str, options: FileOptions) -> Records:
    """Return the rows of a file in a folder or archive, as `records_of` does.

    Args:
        tree, name: What holds the file, and its name in there, which ends as one of the `FORMS`.
        options: As of `records_of`.
    """
    notes: list[str] = []
    file = Opened(tree.where(name), io.BytesIO(tree.read(name)), Path(name))
    return Records(FORMS[Path(name).suffix.lower()](file, options, notes), notes)


def known_forms(*more: str) -> str:
    """Return the endings that can be read, in words."""
    return ", ".join((*more, *FORMS)) + ", packed as .gz, .bz2, .xz or .zip too"


def first_record(path: Path) -> Any:
    """Return the first row of a file, or the object that a JSON file is; None: it cannot be read."""
    for read in (_first_row, _whole):
        try:
            return read(path)
        except InputError:
            continue
    return None


def _first_row(path: Path) -> Any:
    return next((record for _, record in records_of(path, FileOptions(fields=PAIR))), None)


def _whole(path: Path) -> Any:
    if ending_of(path) != ".json":
        raise InputError(f"{path}: no JSON")
    return json_files.json_object(path, FileOptions(), [])


def columns_of(records: Sequence[PlacedRecord]) -> list[str]:
    """Return every column that some row has, in order of first appearance."""
    return list(dict.fromkeys(name for _, record in records for name in record))


def _rows(
    path: Path,
    read: Callable[[Opened, FileOptions, list[str]], Iterator[PlacedRecord]],
    options: FileOptions,
    notes: list[str],
) -> Iterator[PlacedRecord]:
    empty = True
    with opened(path) as file:
        for place in read(file, options, notes):
            empty = False
            yield place
    if empty:
        raise InputError(f"{path}: the file holds no rows")
