"""How a file of rows is written, where that is not the common way."""

import codecs
from dataclasses import dataclass
from typing import Any

from workbench.errors import InputError

PlacedRecord = tuple[str, dict[str, Any]]
"""A row's place for messages, and its values by column."""


@dataclass(frozen=True)
class FileOptions:
    """What the user says about a file."""

    encoding: str = "utf-8"
    """One of Python's codecs; UTF-8 may begin with a byte order mark."""
    separator: str | None = None
    """What stands between two fields of a CSV file; None: a comma."""
    columns: tuple[str, ...] = ()
    """Names of the columns of a file whose first line is a row; empty: the first line has them."""
    sheet: str | None = None
    """Which sheet of a workbook; None: the first."""
    repair: bool = False
    """Whether half of a surrogate pair becomes U+FFFD instead of being refused."""
    fields: tuple[str, ...] = ()
    """Names for the values of an item of a JSON list that is a list itself; empty: it is refused."""

    def __post_init__(self) -> None:
        try:
            codecs.lookup(self.encoding)
        except (LookupError, ValueError):
            raise InputError(f"data.encoding {self.encoding!r}: no such encoding") from None
        if self.separator is not None and (len(self.separator) != 1 or self.separator in '"\r\n'):
            raise InputError(f"data.separator {self.separator!r}: one character, no quote or line break")
