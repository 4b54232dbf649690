"""A rationale as a cell of a file has it, in each of the forms that people write."""

import ast
import json
import math
import re
import reprlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

from workbench.config.data import DataSettings, Form
from workbench.core.counts import SHOWN
from workbench.data.readers.rows import Annotation, Spans, is_missing, spans_of
from workbench.data.words import split_text
from workbench.errors import InputError

AMBIGUOUS = "ambiguous_quotes"
"""Name of the count: quotes that stand in their text several times, all of which are marked."""
ABSENT = "absent_quotes"
_NUMBERS = re.compile(r"[\[({]?[\d\s,.;|+\-eE]*[\])}]?")
_TAG = re.compile(r"([BIESLU])(?:-(.*))?", re.DOTALL)


@dataclass
class CellReader:
    """Reads the cells of one file, and counts what is worth a remark."""

    settings: DataSettings
    counts: Counter[str] = field(default_factory=Counter)

    def read(self, value: Any, text: str, second: str, where: str) -> "Reading":
        """Return what a cell says about a text.

        Args:
            value: The cell, or JSON text of it. Null and the empty string: nobody annotated the text.
            text, second: What was marked.
            where: The cell's place, for the error.

        Raises:
            InputError: At `where`, for anything that is not in the form `rationale_form`.
        """
        value = _plain(value, where, self.settings.rationale_form)
        if value is None:
            return Reading()
        if not self.settings.rationale_lists:
            return self._one(value, text, second, where)
        if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
            raise InputError(f"{where}: {_kind(value)}, not a list of rationales (rationale_lists)")
        readings = [self._one(_plain(one, where, self.settings.rationale_form), text, second, where)
                    for one in value]  # fmt: skip
        if any(one.shares is not None for one in readings):
            raise InputError(
                f"{where}: a list of shares or ranks: give marks, or the mean of the shares"
            )
        marked = [
            Annotation(one.annotations[0].spans, one.annotations[0].texts, str(n))
            for n, one in enumerate(readings, start=1)
            if one.annotations
        ]
        return Reading(tuple(marked))

    def _one(self, value: Any, text: str, second: str, where: str) -> "Reading":
        if value is None:
            return Reading()
        form = self.settings.rationale_form
        units = Units(text, second, self.settings.rationale_offsets)
        if form in ("shares", "ranks"):
            return Reading(shares=_SHARES[form](value, units, where))
        if form in ("quotes", "marked"):
            return Reading((Annotation(_TEXTS[form](self, value, units, where)),))
        spans, texts = _SPANS[form](value, units, self.settings.rationale_labels, where)
        return Reading((Annotation(spans, texts),))


@dataclass(frozen=True)
class Reading:
    """What a cell says: marks of one person or several, or shares; neither: nobody annotated the
    text."""

    annotations: tuple[Annotation, ...] = ()
    shares: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Units:
    """The units of a text and its second one: characters, or words between spaces."""

    text: str
    second: str
    kind: str

    @property
    def first(self) -> int:
        return len(self.text) if self.kind == "char" else len(self.text.split())

    @property
    def total(self) -> int:
        return self.first + len(self.second if self.kind == "char" else self.second.split())

    @property
    def name(self) -> str:
        return "characters" if self.kind == "char" else "words"

    def every(self, values: Sequence[Any], what: str, where: str) -> list[Any]:
        """Return a value per unit of both texts; those of the first alone leave the second unmarked.

        Args:
            values: Of the first text, or of both.
            what, where: What they are, and their place; InputError for another number of them.
        """
        if len(values) not in (self.first, self.total):
            beside = f" or {self.total:,} with the second text" if self.total > self.first else ""
            raise InputError(
                f"{where}: {what} of {len(values):,}, but the text has {self.first:,}"
                f" {self.name}{beside}"
                " (data.rationale_offsets)"
            )
        return [*values, *[0] * (self.total - len(values))]

    def find(self, quote: str) -> list[tuple[int, int]]:
        """Return every place of a quote in either text, white space aside; words count whole ones."""
        words = quote.split()
        found, shift = [], 0
        for text in (self.text, self.second):
            if self.kind == "char":
                found += [(start + shift, end + shift) for start, end in _places(words, text)]
                shift += len(text)
            else:
                there, n = text.split(), len(words)
                starts = (at for at in range(len(there) - n + 1) if there[at : at + n] == words)
                found += [(at + shift, at + n + shift) for at in starts]
                shift += len(there)
        return found


def _places(words: Sequence[str], text: str) -> list[tuple[int, int]]:
    """Return where words stand in a text one after the other; inside others only where nowhere else."""
    if sum(map(len, words)) > len(text):
        return []
    pattern = r"\s+".join(map(re.escape, words))
    found = [match.span() for match in re.finditer(pattern, text)]
    pieces = split_text(text) if found else []
    starts, ends = {piece.start for piece in pieces}, {piece.end for piece in pieces}
    return [(start, end) for start, end in found if start in starts and end in ends] or found


def checked_spans(value: Any, where: str) -> Spans | None:
    """Return sorted [start, end) pairs from a list, a list of {start, end}, or such a list as JSON text.

    Null and the empty string mean "not annotated" (None); an empty list "nothing was marked".
    Raises InputError for anything else and for reversed, empty or negative spans.
    """
    value = _plain(value, where, "spans")
    return None if value is None else labelled_spans(value, None, where)[0]


def labelled_spans(
    value: Any, labels: Sequence[str] | None, where: str
) -> tuple[Spans, tuple[str | None, ...]]:
    """Return sorted spans, and what the file says stands at each.

    Args:
        value: A list of [start, end], [start, end, label] or {start, end[, label][, text]}.
        labels: Those of the spans that count; None takes every one, without a label too.
        where: Its place; InputError for anything else, and for reversed, empty or negative spans.
    """
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise InputError(f"{where}: the rationale is {_kind(value)}, not a list of spans")
    _refuse_other_form(value, where)
    found: dict[tuple[int, int], str | None] = {}
    for item in value:
        span, label, text = _span(item, where)
        if labels is None or label in labels:
            found.setdefault(span, text)
    spans = tuple(sorted(found))
    texts = tuple(found[span] for span in spans)
    return spans, texts if any(text is not None for text in texts) else ()


def _plain(value: Any, where: str, form: Form) -> Any:
    """Return a cell's value, that of its JSON where it is text; None where it holds nothing."""
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return None
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, str) or form == "marked":
        return value
    written = value.strip()
    if written == "null":
        return None
    if form == "mask" and set(written) <= {"0", "1"}:
        return [int(digit) for digit in written]
    try:
        value = json.loads(written)
        # A passage that looks like a number or a truth value.
        return [written] if form == "quotes" and isinstance(value, Real) else value
    except (ValueError, RecursionError):
        pass
    if form == "quotes" and not written.startswith("["):
        return [written]
    if form == "tags" and not written.startswith("["):
        return written.split()
    if form in ("mask", "shares", "ranks", "indices") and _NUMBERS.fullmatch(written):
        return _numbers(written, where)
    try:
        # A list as Python writes it, which pandas leaves in CSV files.
        return ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        shown = repr(written[:SHOWN])
        what = "spans" if form == "spans" else form
        raise InputError(f"{where}: the rationale is not a JSON list of {what}: {shown}") from None


def _numbers(written: str, where: str) -> list[float | int]:
    parts = re.split(r"[\s,;|]+", written.strip("[](){} \t"))
    try:
        return [float(one) if "." in one or "e" in one.lower() else int(one) for one in parts if one]
    except ValueError:
        raise InputError(f"{where}: not a list of numbers: {written[:SHOWN]!r}") from None


def _span(item: Any, where: str) -> tuple[tuple[int, int], str | None, str | None]:
    label = text = None
    if isinstance(item, Mapping):
        label, text = item.get("label"), item.get("text")
        item = (item.get("start"), item.get("end"))
    elif not isinstance(item, str) and isinstance(item, Sequence) and len(item) == 3:
        *item, label = item
    if isinstance(item, str) or not isinstance(item, Sequence) or len(item) != 2:
        raise InputError(f"{where}: rationale span {reprlib.repr(item)} is not a [start, end] pair")
    start, end = map(_whole, item)
    if start is None or end is None:
        raise InputError(
            f"{where}: rationale span {reprlib.repr(list(item))} is not a pair of whole numbers"
        )
    if start < 0 or end <= start:
        raise InputError(
            f"{where}: rationale span {reprlib.repr([start, end])} is negative, empty or reversed"
        )
    return (start, end), None if label is None else str(label), None if text is None else str(text)


def _whole(value: Any) -> int | None:
    """Return a whole number, also where a table with gaps has made it 3.0; None for anything else."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _refuse_other_form(value: Sequence[Any], where: str) -> None:
    """InputError, which names the form, where a list is no list of spans but one of the other forms."""
    if not value:
        return
    if all(isinstance(one, str) for one in value):
        tags = all(one in {"O", ""} or _TAG.fullmatch(one) for one in value)
        form = "tags" if tags else "quotes"
    elif all(isinstance(one, Real) for one in value):
        whole = all(_whole(one) is not None for one in value if not isinstance(one, bool))
        form = "mask (or indices, ranks)" if whole else "shares"
    elif all(isinstance(one, Sequence) and not isinstance(one, str) for one in value) and any(
        isinstance(part, Sequence | Mapping) and not isinstance(part, str)
        for one in value
        for part in one
    ):
        raise InputError(
            f"{where}: a list of lists of spans; one per annotator: data.rationale_lists: true"
        )
    else:
        return
    raise InputError(
        f"{where}: rationale span {reprlib.repr(value[0])} is not a [start, end] pair; if these are no"
        f" spans, data.rationale_form: {form}"
    )


def _spans(value: Any, units: Units, labels: Sequence[str] | None, where: str) -> tuple[Spans, Any]:
    return labelled_spans(value, labels, where)


def _mask(value: Any, units: Units, labels: Sequence[str] | None, where: str) -> tuple[Spans, Any]:
    marks = units.every(_list(value, where, "a mask"), "a mask", where)
    if not all(mark in (0, 1) for mark in marks):
        wrong = next(mark for mark in marks if mark not in (0, 1))
        raise InputError(f"{where}: a mask holds 0 and 1, not {reprlib.repr(wrong)}; form shares?")
    return spans_of([mark == 1 for mark in marks]), ()


def _indices(value: Any, units: Units, labels: Sequence[str] | None, where: str) -> tuple[Spans, Any]:
    value = [value] if isinstance(value, Real) else value
    numbers = [_whole(one) for one in _list({} if value == {} else value, where, "indices")]
    for given, number in zip(value, numbers, strict=True):
        if number is None or not 0 <= number < units.total:
            raise InputError(
                f"{where}: the index {reprlib.repr(given)} is none of 0 to {units.total - 1}"
                f" ({units.total:,} {units.name})"
            )
    chosen = set(numbers)
    return spans_of([number in chosen for number in range(units.total)]), ()


def _tags(value: Any, units: Units, labels: Sequence[str] | None, where: str) -> tuple[Spans, Any]:
    if units.kind != "word":
        raise InputError(f"{where}: tags are of words: data.rationale_offsets: word")
    return tag_spans(units.every(_list(value, where, "tags"), "tags", where), labels, where), ()


def tag_spans(tags: Sequence[Any], labels: Sequence[str] | None, where: str) -> Spans:
    """Return the spans of BIO, BIOES or BILOU tags, one per word; `I` after another label begins one.

    Args:
        tags: `O` (or 0, null, `_`), `B-label`, `I-label`, ...; without a label too.
        labels: Those that count; None: all.
        where: Their place; InputError for a tag of another form.
    """
    spans: list[list[int]] = []
    inside: str | None = None
    for at, tag in enumerate(tags):
        if tag in ("O", "o", "", "_", None, 0, "0"):
            inside = None
            continue
        match = _TAG.fullmatch(str(tag))
        if match is None:
            raise InputError(f"{where}: {reprlib.repr(tag)} is no tag: O, B-label or I-label")
        kind, label = match.group(1), match.group(2) or ""
        if labels is None or label in labels:
            if kind in "BSU" or inside != label:
                spans.append([at, at])
            spans[-1][1] = at + 1
            inside = None if kind in "ESLU" else label
        else:
            inside = None
    return tuple((start, end) for start, end in spans)


def _shares(value: Any, units: Units, where: str) -> tuple[float, ...]:
    values = units.every(_list(value, where, "shares"), "shares", where)
    for one in values:
        if not isinstance(one, Real) or not 0 <= _share(one) <= 1:
            raise InputError(f"{where}: the share {reprlib.repr(one)} is none of 0 to 1")
    return tuple(map(float, values))


def _share(number: Real) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _ranks(value: Any, units: Units, where: str) -> tuple[float, ...]:
    """Ranks as shares: of k different ranks the first has 1, the last 1/k."""
    values = units.every(_list(value, where, "ranks"), "ranks", where)
    ranks = [0 if one is None or (isinstance(one, float) and math.isnan(one)) else _whole(one)
             for one in values]  # fmt: skip
    for given, rank in zip(values, ranks, strict=True):
        if rank is None or rank < 0:
            raise InputError(f"{where}: the rank {reprlib.repr(given)} is no whole number from 1 (or 0)")
    order = {rank: n for n, rank in enumerate(sorted({rank for rank in ranks if rank}))}
    return tuple(1 - order[rank] / len(order) if rank else 0.0 for rank in ranks)


def _quotes(reader: CellReader, value: Any, units: Units, where: str) -> Spans:
    spans: set[tuple[int, int]] = set()
    for one in [value] if isinstance(value, str | Mapping) else _list(value, where, "quotes"):
        quote = one.get("text") if isinstance(one, Mapping) else one
        if not isinstance(quote, str) or not quote.strip():
            raise InputError(f"{where}: the quote {reprlib.repr(one)} is no text")
        found = units.find(quote)
        if not found and reader.settings.mismatches == "refuse":
            raise InputError(f"{where}: the quote {quote[:SHOWN]!r} is not in the text")
        reader.counts[ABSENT] += not found
        reader.counts[AMBIGUOUS] += len(found) > 1
        spans.update(found)
    return tuple(sorted(spans))


def _marked(reader: CellReader, value: Any, units: Units, where: str) -> Spans:
    if not isinstance(value, str):
        raise InputError(f"{where}: {_kind(value)}, not the text with * around what is marked")
    marks = starred(value, units.text)
    if marks is None:
        raise InputError(f"{where}: without its * it is not the text: {value[:SHOWN]!r}")
    if units.kind == "char":
        return spans_of(marks)
    places = [match.span() for match in re.finditer(r"\S+", units.text)]
    return spans_of([any(marks[start:end]) for start, end in places])


def starred(marked: str, text: str) -> list[bool] | None:
    """Return which characters of a text stand between `*` in a marked copy; None where it is no copy.

    White space may be folded in either. Of a text that has `*` itself, those beside a mark belong to it.
    `**` around what is marked, as in Markdown, is the same where the text has no `*`.
    """
    if "*" not in text:
        bold = re.sub(r"\*\*(.+?)\*\*", r"*\1*", marked, flags=re.DOTALL)
        marked = bold if marked.count("*") == 2 * bold.count("*") else marked
    marks, inside, at, opened = [], False, 0, -1
    for place, sign in enumerate(marked):
        while sign != "*" and not sign.isspace() and text[at : at + 1].isspace():
            marks.append(inside)
            at += 1
        opens = sign == "*" and not inside and _stars(marked, place) > _stars(text, at)
        if at < len(text) and sign == text[at] and not opens:
            marks.append(inside)
            at += 1
        elif sign == "*":
            if inside and opened == at:
                return None  # A mark around nothing: the stars mean something else.
            inside, opened = not inside, at
        elif not sign.isspace():
            return None
    rest = text[at:]
    return None if rest.strip() or inside else [*marks, *[False] * len(rest)]


def _stars(text: str, at: int) -> int:
    """Return how many `*` stand in a row from a place on."""
    end = at
    while text[end : end + 1] == "*":
        end += 1
    return end - at


def _list(value: Any, where: str, what: str) -> list[Any]:
    if value == {}:
        return []
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise InputError(f"{where}: {_kind(value)}, not a list ({what})")
    return list(value)


def _kind(value: Any) -> str:
    return type(value).__name__


_SPANS: dict[Form, Callable[[Any, Units, Sequence[str] | None, str], tuple[Spans, Any]]] = {
    "spans": _spans, "mask": _mask, "indices": _indices, "tags": _tags,
}  # fmt: skip
_SHARES: dict[Form, Callable[[Any, Units, str], tuple[float, ...]]] = {
    "shares": _shares, "ranks": _ranks,
}  # fmt: skip
_TEXTS: dict[Form, Callable[[CellReader, Any, Units, str], Spans]] = {
    "quotes": _quotes, "marked": _marked,
}  # fmt: skip
