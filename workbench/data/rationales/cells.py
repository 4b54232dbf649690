"""A rationale as a cell of a table has it, in each of the forms that people write."""

import ast
import json
import math
import re
import reprlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from workbench.config.data import DataSettings, RationaleForm
from workbench.core.counts import SHOWN
from workbench.core.tagging import TAG
from workbench.data.rationales.forms import labelled_spans, starred, tag_spans, whole_number
from workbench.data.rationales.units import Units, word_places
from workbench.data.rows import Annotation, Spans, is_missing, spans_of
from workbench.errors import InputError

AMBIGUOUS = "ambiguous_quotes"
"""Name of the count: quotes that stand in their text several times, all of which are marked."""
ABSENT = "absent_quotes"
"""Name of the count: quotes that are not in their text, and left out."""
_NUMBERS = re.compile(r"[\[({]?[\d\s,.;|+\-eE]*[\])}]?")


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
            raise InputError(
                f"{where}: {type(value).__name__}, not a list of rationales (rationale_lists)"
            )
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


def _plain(value: Any, where: str, form: RationaleForm) -> Any:
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
        other = form == "spans" and not written.startswith(("[", "{"))
        hint = f"; is data.rationale_form: {_form_of(written)} meant?" if other else ""
        raise InputError(f"{where}: the rationale is not a JSON list of {form}: {shown}{hint}") from None


def _form_of(written: str) -> str:
    """Return the form that a cell looks like, which is no JSON."""
    if _NUMBERS.fullmatch(written):
        return "mask (or shares, ranks, indices)"
    if all(part == "O" or TAG.fullmatch(part) for part in written.split()):
        return "tags"
    return "marked" if written.count("*") >= len("**") else "quotes"


def _numbers(written: str, where: str) -> list[float | int]:
    parts = re.split(r"[\s,;|]+", written.strip("[](){} \t"))
    try:
        return [float(one) if "." in one or "e" in one.lower() else int(one) for one in parts if one]
    except ValueError:
        raise InputError(f"{where}: not a list of numbers: {written[:SHOWN]!r}") from None


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
    numbers = [whole_number(one) for one in _list({} if value == {} else value, where, "indices")]
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
    ranks = [0 if one is None or (isinstance(one, float) and math.isnan(one)) else whole_number(one)
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
            raise InputError(
                f"{where}: the quote {quote[:SHOWN]!r} is not in the text"
                " (data.mismatches: keep leaves such quotes out)"
            )
        reader.counts[ABSENT] += not found
        reader.counts[AMBIGUOUS] += len(found) > 1
        spans.update(found)
    return tuple(sorted(spans))


def _marked(reader: CellReader, value: Any, units: Units, where: str) -> Spans:
    if not isinstance(value, str):
        raise InputError(f"{where}: {type(value).__name__}, not the text with * around what is marked")
    marks = starred(value, units.text)
    if marks is None:
        raise InputError(f"{where}: without its * it is not the text: {value[:SHOWN]!r}")
    if units.kind == "char":
        return spans_of(marks)
    return spans_of([any(marks[start:end]) for start, end in word_places(units.text)])


def _list(value: Any, where: str, what: str) -> list[Any]:
    if value == {}:
        return []
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise InputError(f"{where}: {type(value).__name__}, not a list ({what})")
    return list(value)


_SPANS: dict[RationaleForm, Callable[[Any, Units, Sequence[str] | None, str], tuple[Spans, Any]]] = {
    "spans": _spans, "mask": _mask, "indices": _indices, "tags": _tags,
}  # fmt: skip
_SHARES: dict[RationaleForm, Callable[[Any, Units, str], tuple[float, ...]]] = {
    "shares": _shares, "ranks": _ranks,
}  # fmt: skip
_TEXTS: dict[RationaleForm, Callable[[CellReader, Any, Units, str], Spans]] = {
    "quotes": _quotes, "marked": _marked,
}  # fmt: skip
