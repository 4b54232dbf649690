"""What every source delivers before words, splits and rationales are decided: rows of raw text."""

import math
import reprlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import Any, Literal

from workbench.config.data import DataSettings
from workbench.core.counts import SHOWN, listed
from workbench.core.documents import Part, runs
from workbench.core.task_type import TaskKind
from workbench.data.files.opening import stem_of
from workbench.errors import InputError
from workbench.storage.jsonl import is_encodable
from workbench.storage.paths import user_path

SPLIT_NAMES = {
    "train": "train", "training": "train",
    "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev", "development": "dev",
    "test": "test", "testing": "test",
}  # fmt: skip
"""How other people's names for the splits are read."""
LONGEST_NAME = 1000
"""Characters of a class's name or an id; a longer one is a text in the wrong column."""
_WORDS_OF_A_NAME = 5
"""Spaces from which on a column's name is more likely a text."""
MISMATCHES = "mismatching_spans"
"""Name of the count in `Corpus.counts`: spans whose stored text is not what stands at their offsets."""
Spans = tuple[tuple[int, int], ...]
"""[start, end) pairs."""


@dataclass(frozen=True)
class Annotation:
    """What one annotator marked in a text."""

    spans: Spans
    """In the table's unit; they count on through the second text."""
    texts: tuple[str | None, ...] = ()
    """What the file says stands at each span, None where it says nothing; empty: it says nothing at
    all."""
    annotator: str = ""
    """The person's name, or number; empty where there is one."""


@dataclass(frozen=True)
class Row:
    """One labelled raw text, checked on its own but not against the others."""

    id: str
    text: str
    label: str
    where: str
    """File and line, or data set and row, for messages."""
    second: str = ""
    annotations: tuple[Annotation, ...] = ()
    """One per person who marked the text; empty: nobody annotated it."""
    annotators: int = 0
    """How many people saw the text, where that is more than those who marked it."""
    labels: tuple[str, ...] = ()
    """What each of several annotators called it; empty: only `label` is known."""
    shares: tuple[float, ...] | None = None
    """The share of annotators that marked each unit, where the file has that and not their marks."""
    parts: tuple[Part, ...] = ()
    """The documents that `text` and `second` were joined from, see `Document.parts`."""
    group: str = ""
    """What several rows share that must lie in one split, such as the passage of many questions; empty:
    the row stands alone."""


@dataclass(frozen=True)
class Table:
    """All rows of one source with what is needed to make a corpus of them."""

    name: str
    rows: dict[str, list[Row]]
    """By split; dev and test that are absent or empty are cut from train."""
    annotated: bool = False
    """Whether annotations and shares are meant as rationales."""
    units: Literal["char", "word", "token"] = "char"
    """`char`: spans count characters, words are split by `split_text`. `word`: spans count the
    whitespace-separated words. `token`: the same, but only a single space separates."""
    in_characters: bool = False
    """Whether `char` spans count Unicode's characters for certain, whatever `data.offsets` says."""
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
    warnings: list[str] = field(default_factory=list)
    """See `Corpus.warnings`."""
    one_class: str = ""
    """What to say where data of this form have one class by their nature."""
    multi_label: bool = False
    """Whether a row's label holds any number of labels, between `task_type.SEPARATOR`."""

    @property
    def task(self) -> TaskKind:
        """What the labels are."""
        if self.multi_label:
            return "multi-label"
        return "regression" if self.value else "classification"

    def __post_init__(self) -> None:
        for split in self.rows:
            if split not in SPLIT_NAMES.values():
                raise InputError(
                    f"{self.name}: rows of a split {split!r}; they are train, dev, test"
                    " (`split_of` reads other names of them)"
                )


def data_path(settings: DataSettings, what: str) -> Path:
    """Return `data.path`; InputError says what it must name where it is absent."""
    if not settings.path:
        raise InputError(f"data.source {settings.source!r} needs data.path, {what}")
    return user_path(settings.path)


def corpus_name(settings: DataSettings) -> str:
    """Return what a corpus is called: its folder, or its file without endings; of files the folder."""
    if settings.path:
        path = user_path(settings.path)
        return path.name if path.is_dir() else stem_of(path)
    first, *others = map(Path, (settings.paths or {}).values())
    return (others and first.parent.name) or stem_of(first)


def require_keys(there: Collection[str], needed: Iterable[str | None], where: str) -> None:
    """Raise InputError where a row, or a table, lacks columns.

    Args:
        there, needed: The columns that it has, and those that it must have (None: none).
        where: Its place.
    """
    absent = [one for one in needed if one and one not in there]
    if absent:
        raise InputError(f"{where}: {_absent_columns(absent, there)}")


def _absent_columns(absent: Sequence[str], there: Collection[str]) -> str:
    """Return which columns are absent, which there are, and what to do about it."""
    said = f"no column {', '.join(absent)}; there are: {listed(there)}"
    if any(_is_value(name) for name in there):
        return f"{said}; if the first line is a row already, data.columns names the columns"
    folded = {name.strip().casefold(): name for name in there}
    near = [folded[name.casefold()] for name in absent if name.casefold() in folded]
    meant = f"did you mean {', '.join(near)}? " if near else ""
    return f"{said}; {meant}data.text_column, data.label_column, ... say which column is which"


def _is_value(name: str) -> bool:
    """Return whether a column is called like what stands in one: a number, a list, a sentence."""
    try:
        float(name)
    except ValueError:
        return name.startswith(("[", "{")) or name.count(" ") >= _WORDS_OF_A_NAME
    return True


def single_texts(settings: DataSettings) -> None:
    """Raise InputError where a second text is asked of a form that has none."""
    if settings.second_column:
        raise InputError(
            f"data.source {settings.source!r} reads single texts: leave out data.second_column"
        )


def spans_of(marks: Sequence[bool]) -> Spans:
    """Return a span for each run of marked units."""
    return tuple((span.start, span.end) for span in runs(marks))


def marked_once(spans: Spans | None) -> tuple[Annotation, ...]:
    """Return the annotations of a text with one rationale; None: nobody annotated it."""
    return () if spans is None else (Annotation(spans),)


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
        shown = reprlib.repr(record.get(column))
        raise InputError(f"{where}: {column} {shown} is none of train, dev, test")
    return split


def checked_text(value: Any, where: str) -> str:
    """Return a text that holds something to read.

    Raises InputError at `where` for no string, for spaces and signs without a shape only (controls,
    zero-width ones), and for half of a surrogate pair, which is no character.
    """
    if not isinstance(value, str):
        kind = "missing" if is_missing(value) else f"{type(value).__name__}, not text"
        raise InputError(f"{where} is {kind}")
    if not value.strip():
        raise InputError(f"{where} is empty or holds only spaces")
    if not has_shape(value):
        raise InputError(f"{where} holds only signs without a shape (controls, zero-width ones)")
    if not is_encodable(value):
        raise InputError(f"{where} holds half of a surrogate pair, which is no character")
    return value


def has_shape(text: str) -> bool:
    """Return whether something of a text can be seen: a letter, a digit, a mark."""
    return any(sign.isalnum() or unicodedata.category(sign)[0] not in "CZ" for sign in text)


def checked_label(value: Any, where: str) -> str:
    """Return the name of a class or text; whole numbers lose a trailing `.0`.

    Raises InputError where it is missing, no name, or longer than `LONGEST_NAME`.
    """
    if is_missing(value) or (isinstance(value, str) and value.strip().lower() in {"", "nan"}):
        raise InputError(f"{where} is missing (empty or NaN)")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | bool | Integral | float):
        raise InputError(f"{where} is {type(value).__name__}, not one name or number")
    name = str(value).strip()
    if len(name) > LONGEST_NAME:
        raise InputError(
            f"{where} has {len(name):,} characters, at most {LONGEST_NAME:,}: {name[:SHOWN]!r}..."
        )
    return name


NO_MAJORITY = "without a class that most annotators gave"
"""What is left out for that, in notes."""


def majority_of(labels: Sequence[str], among: int | None = None) -> str | None:
    """Return the label that more than half of the annotators gave; None where none has so many.

    Args:
        labels: Those that were given.
        among: How many annotators there are, where some gave none.
    """
    votes = Counter(labels).most_common(1)
    people = len(labels) if among is None else among
    return votes[0][0] if votes and 2 * votes[0][1] > people else None


def checked_number(value: Any, where: str) -> str:
    """Return a finite number as text, six significant digits: what a float32 and its text share."""
    written = checked_label(value, where)
    try:
        number = float(written)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where} is {reprlib.repr(written)}, not a finite number")
    return f"{number:.6g}"


def is_missing(value: Any) -> bool:
    """Return whether a cell holds nothing: null, or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))
