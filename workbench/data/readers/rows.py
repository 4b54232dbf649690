"""What every source delivers before words, splits and rationales are decided: rows of raw text."""

import json
import math
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import Any, Literal

from workbench.config.data import DataSettings
from workbench.core.documents import Part, runs
from workbench.errors import InputError

SPLIT_NAMES = {
    "train": "train", "training": "train",
    "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev", "development": "dev",
    "test": "test", "testing": "test",
}  # fmt: skip
"""How other people's names for the splits are read."""
LONGEST_NAME = 1000
"""Characters of a class's name or an id; a longer one is a text in the wrong column."""
_SHOWN = 60
"""Characters of a name that a message shows."""
MISMATCHES = "mismatching_spans"
Spans = tuple[tuple[int, int], ...]
"""[start, end) pairs."""


@dataclass(frozen=True)
class Row:
    """One labelled raw text, checked on its own but not against the others."""

    id: str
    text: str
    label: str
    where: str
    """File and line, or data set and row, for messages."""
    second: str = ""
    spans: Spans | None = None
    """They count on through `second`; None: not annotated."""
    parts: tuple[Part, ...] = ()
    """The documents that `text` and `second` were joined from, see `Document.parts`."""


@dataclass(frozen=True)
class Table:
    """All rows of one source with what is needed to make a corpus of them."""

    name: str
    rows: dict[str, list[Row]]
    """By split; dev and test that are absent or empty are cut from train."""
    annotated: bool = False
    """Whether `spans` are meant as annotated rationales."""
    units: Literal["char", "word", "token"] = "char"
    """`char`: spans count characters, words are split by `split_text`. `word`: spans count the
    whitespace-separated words. `token`: the same, but only a single space separates."""
    labels: tuple[str, ...] | None = None
    """Class names in order; None: those of train, sorted."""
    value: str | None = None
    """The name of the value to predict, where labels are numbers and not classes."""
    positive_label: str | None = None
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    """Train, dev and test shares where the split is cut by hash."""
    notes: list[str] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """See `Corpus.counts`."""
    annotators: bool = False
    """Whether a text may have several annotators, between whom `data.annotators` decides."""


def counted(n: int, noun: str) -> str:
    """Return `n` with thousands separators and the noun in the right number."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def counted_notes(*parts: tuple[int, str, str]) -> list[str]:
    """Return a note `<n> <noun><rest>` for each (n, noun, rest) of which there is at least one."""
    return [counted(n, noun) + rest for n, noun, rest in parts if n]


def first_few(ids: Sequence[str]) -> str:
    """Return the first three of some ids, for notes."""
    return ", ".join(ids[:3]) + (", ..." if len(ids) > 3 else "")


def listed(names: Iterable[str]) -> str:
    """Return names from a file for a message: the first twenty, shortened and without line breaks."""
    every = list(map(str, names))
    shown = [repr(name)[1:-1] if len(name) <= _SHOWN else f"{name[:_SHOWN]!r}..." for name in every[:20]]
    return ", ".join(shown) + (f", ... ({len(every):,} in all)" if len(every) > 20 else "")


def data_path(settings: DataSettings, what: str) -> Path:
    """Return `data.path`; InputError says what it must name where it is absent."""
    if not settings.path:
        raise InputError(f"data.source {settings.source!r} needs data.path, {what}")
    return Path(settings.path).expanduser()


def spans_of(marks: Sequence[bool]) -> Spans:
    """Return a span for each run of marked units."""
    return tuple((span.start, span.end) for span in runs(marks))


def split_of(record: Mapping[str, Any], column: str | None, where: str) -> str:
    """Return the split that a row's column names, train where there is no column; else InputError.

    Args:
        record: The row by column.
        column, where: The column that names the split; the row's place, for the error.
    """
    if not column:
        return "train"
    split = SPLIT_NAMES.get(str(record.get(column)).strip().lower())
    if split is None:
        raise InputError(f"{where}: {column} {record.get(column)!r} is none of train, dev, test")
    return split


def checked_text(value: Any, where: str) -> str:
    """Return a text that holds something; InputError at `where` for no string and for spaces only."""
    if not isinstance(value, str):
        kind = "missing" if _is_missing(value) else f"{type(value).__name__}, not text"
        raise InputError(f"{where} is {kind}")
    if not value.strip():
        raise InputError(f"{where} is empty or holds only spaces")
    return value


def checked_label(value: Any, where: str) -> str:
    """Return the name of a class or text; whole numbers lose a trailing `.0`.

    Raises InputError where it is missing, no name, or longer than `LONGEST_NAME`.
    """
    if _is_missing(value) or (isinstance(value, str) and value.strip().lower() in {"", "nan"}):
        raise InputError(f"{where} is missing (empty or NaN)")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | bool | Integral | float):
        raise InputError(f"{where} is {type(value).__name__}, not one name or number")
    name = str(value).strip()
    if len(name) > LONGEST_NAME:
        raise InputError(
            f"{where} has {len(name):,} characters, at most {LONGEST_NAME:,}: {name[:_SHOWN]!r}..."
        )
    return name


def checked_number(value: Any, where: str) -> str:
    """Return a finite number as text, six significant digits: what a float32 and its text share."""
    written = checked_label(value, where)
    try:
        number = float(written)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where} is {written!r}, not a finite number")
    return f"{number:.6g}"


def checked_spans(value: Any, where: str) -> Spans | None:
    """Return sorted [start, end) pairs from a list, a list of {start, end}, or such a list as JSON text.

    Null and the empty string mean "not annotated" (None); an empty list "nothing was marked".
    Raises InputError for anything else and for reversed, empty or negative spans.
    """
    if _is_missing(value) or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str):
        shown = repr(value[:_SHOWN])
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise InputError(f"{where}: the rationale is not a JSON list of spans: {shown}") from None
        if value is None:
            return None
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise InputError(f"{where}: the rationale is {type(value).__name__}, not a list of spans")
    return tuple(sorted({_pair(item, where) for item in value}))


def _pair(item: Any, where: str) -> tuple[int, int]:
    if isinstance(item, Mapping):
        item = (item.get("start"), item.get("end"))
    if isinstance(item, str) or not isinstance(item, Sequence) or len(item) != 2:
        raise InputError(f"{where}: rationale span {reprlib.repr(item)} is not a [start, end] pair")
    start, end = item
    if not all(isinstance(edge, Integral) and not isinstance(edge, bool) for edge in (start, end)):
        raise InputError(
            f"{where}: rationale span {reprlib.repr([start, end])} is not a pair of whole numbers"
        )
    if start < 0 or end <= start:
        raise InputError(
            f"{where}: rationale span {reprlib.repr([start, end])} is negative, empty or reversed"
        )
    return int(start), int(end)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
