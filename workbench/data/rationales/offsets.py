"""Spans that count UTF-16 units or bytes, in characters; and whether their stored texts stand there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from workbench.config.data import DataSettings
from workbench.core.counts import SHOWN, counted, counted_notes
from workbench.data.rows import MISMATCHES, Annotation, Row, Spans, Table
from workbench.errors import InputError

Unit = Literal["code-point", "utf-16", "utf-8"]
_CHARACTERS: Unit = "code-point"
_SIZES: dict[Unit, Callable[[str], int]] = {
    "code-point": lambda sign: 1,
    "utf-16": lambda sign: 2 if sign > "\uffff" else 1,
    "utf-8": lambda sign: len(sign.encode("utf-8", "surrogatepass")),
}
"""Unit -> how many of it a character takes."""
_CALLED = {"code-point": "characters", "utf-16": "UTF-16 units", "utf-8": "bytes of UTF-8"}


def size_in(text: str, unit: Unit) -> int:
    """Return how many units a text takes."""
    return len(text) if unit == "code-point" or text.isascii() else sum(map(_SIZES[unit], text))


def in_characters(text: str, spans: Spans, unit: Unit) -> Spans | None:
    """Return spans in characters of a text; None where one begins or ends inside a character or outside.

    Args:
        text: What the spans are of.
        spans: [start, end) in units.
        unit: What they count.
    """
    if unit == "code-point" or text.isascii():
        return spans if all(end <= len(text) for _, end in spans) else None
    ends = list(accumulate(map(_SIZES[unit], text), initial=0))
    place = {units: characters for characters, units in enumerate(ends)}
    found = tuple((place.get(start, -1), place.get(end, -1)) for start, end in spans)
    return None if any(-1 in pair for pair in found) else found


def placed(text: str, span: tuple[int, int], unit: Unit, where: str) -> tuple[int, int]:
    """Return a span in characters of its text.

    Args:
        text, span, unit: As of `in_characters`.
        where: Its place; InputError where it is outside the text, or inside a character.
    """
    found = in_characters(text, (span,), unit)
    if found is None:
        size = size_in(text, unit)
        raise InputError(
            f"{where}: span [{span[0]}, {span[1]}] lies outside the text, or inside a character of it"
            f" ({size} {_CALLED[unit]})"
        )
    return found[0]


def resolve_offsets(table: Table, settings: DataSettings) -> Table:
    """Return the table with its spans in characters, compared with the texts that the file stores.

    Args:
        table: Of any unit; only spans that count characters are changed.
        settings: `offsets` names what they count; `mismatches` says what to do with a span whose stored
            text is another.

    Raises:
        InputError: Names the row of a span that is outside its text or inside a character, and of one
            whose stored text is another.
    """
    if table.units != "char":
        return table
    rows = [row for members in table.rows.values() for row in members]
    marked = [row for row in rows if any(one.spans for one in row.annotations)]
    if table.in_characters:
        unit, notes, warnings = _CHARACTERS, list[str](), list[str]()
    else:
        unit, notes, warnings = unit_of(marked, settings)
    mismatches: dict[str, int] = {}
    resolved: dict[str, list[Row]] = {}
    for split, members in table.rows.items():
        judge = _Judge(unit, settings.mismatches == "keep")
        resolved[split] = [judge.row(row) if row.annotations else row for row in members]
        mismatches[split] = judge.mismatches
    counts = table.counts
    if any(annotation.texts for row in marked for annotation in row.annotations):
        counts = counts | {MISMATCHES: mismatches}
        total = sum(mismatches.values())
        notes += counted_notes((total, "span", " of another text than given, kept by offset."))
    return replace(
        table,
        rows=resolved,
        notes=[*table.notes, *notes],
        warnings=[*table.warnings, *warnings],
        counts=counts,
    )


def unit_of(rows: Sequence[Row], settings: DataSettings) -> tuple[Unit, list[str], list[str]]:
    """Return what the spans of rows count, and notes and warnings on how that is known."""
    if settings.offsets != "auto":
        return settings.offsets, [], []
    wide = [row for row in rows if not (row.text + row.second).isascii()]
    told = [row for row in wide if any(one.texts for one in row.annotations)]
    if not told:
        astral = sum(max(row.text + row.second) > "\uffff" for row in wide)
        warning = (
            f"{counted(astral, 'text')} with spans and signs beyond U+FFFF (emoji, for instance): the"
            " spans are taken to count characters, but browsers count UTF-16 units; say which in"
            " data.offsets."
        )
        return "code-point", [], [warning] if astral else []
    wrong = {unit: _misses(told, unit) for unit in _SIZES}
    best = min(wrong, key=lambda unit: wrong[unit])
    if best == "code-point":
        return best, [], []
    note = (
        f"Spans count {_CALLED[best]}: of {len(told):,} texts with other than ASCII signs"
        f" {counted(wrong[best], 'span')} then have another text than the file stores for them; if they"
        f" counted characters, {wrong['code-point']:,} would."
    )
    return best, [note], []


def _misses(rows: Iterable[Row], unit: Unit) -> int:
    """How many spans do not have their stored text, if they count `unit`."""
    missed = 0
    for row in rows:
        text = row.text + row.second
        for annotation in row.annotations:
            for span, given in zip(annotation.spans, annotation.texts, strict=False):
                if given is not None:
                    found = in_characters(text, (span,), unit)
                    missed += found is None or not _is_same(given, text[slice(*found[0])])
    return missed


@dataclass
class _Judge:
    unit: Unit
    keep: bool
    mismatches: int = 0

    def row(self, row: Row) -> Row:
        return replace(row, annotations=tuple(self._resolved(row, one) for one in row.annotations))

    def _resolved(self, row: Row, annotation: Annotation) -> Annotation:
        text = row.text + row.second
        if self.unit == "code-point" and not annotation.texts:
            return annotation
        spans: list[tuple[int, int]] = []
        for number, span in enumerate(annotation.spans):
            found = placed(text, span, self.unit, row.where)
            self._compare(row, span, annotation.texts[number : number + 1], text[slice(*found)])
            spans.append(found)
        return replace(annotation, spans=tuple(spans))

    def _compare(
        self, row: Row, span: tuple[int, int], given: Sequence[str | None], inside: str
    ) -> None:
        if not given or given[0] is None or _is_same(given[0], inside):
            return
        if not self.keep:
            raise InputError(
                f"{row.where}: span [{span[0]}, {span[1]}] has the text {given[0][:SHOWN]!r}, but there"
                f" stands {inside[:SHOWN]!r} (data.offsets says what spans count, data.mismatches: keep"
                " trusts them)"
            )
        self.mismatches += 1


def _is_same(given: str, inside: str) -> bool:
    # Tools trim and fold white space in what they store beside the offsets.
    return given.split() == inside.split()
