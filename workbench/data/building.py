"""From a row of raw text to a document: its words, its rationale, and the shares of annotators."""

import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import chain

import numpy as np

from workbench.config.data import DataSettings
from workbench.core.annotators import RULES, TIES, combine, tied
from workbench.core.counts import counted, counted_notes, listed
from workbench.core.documents import ANNOTATED, Document, Marked, Span, mask, runs
from workbench.data.rationales import valence
from workbench.data.rows import Row, Spans, Table
from workbench.data.splits import SPLITS
from workbench.data.words import Segmenter, is_unspaced, split_text, split_words
from workbench.errors import InputError

_REPEATED = 64
"""Texts whose words are kept at hand, since they may come again soon."""


class DocumentBuilder:
    """Turns rows into documents and counts what happened on the way."""

    def __init__(self, table: Table, settings: DataSettings, labels: tuple[str, ...]) -> None:
        self.table, self.labels = table, labels
        self.mode, self.rule, self.segmenter = (
            settings.rationales,
            settings.annotators,
            settings.segmenter,
        )
        # Of a passage with many questions the words are looked for once.
        self.words = lru_cache(_REPEATED)(self._words)
        self.soft, self.disagreed = settings.soft_labels, 0
        self.blank_spans = 0
        self.unannotated = 0
        self.several = 0
        self.unspaced = 0
        self.ties = Counter[str]()
        self.positive = ""
        self.rationales = {"annotated": ANNOTATED, "none": "none"}.get(self.mode, valence.NAME)
        if self.mode == "valence":
            self.positive = _positive_label(table, settings, labels)
            self.ratings = valence.load_ratings()
        if self.mode == "annotated":
            self._check_rule(table)

    def document(self, row: Row, split: str) -> Document:
        """Return the text of a row; `split` is for the counts."""
        words, second = self.words(row.text), self.words(row.second)
        if self.table.units == "char":
            self.unspaced += is_unspaced(row.text) + is_unspaced(row.second)
        document = Document(
            row.id, words, row.label, None, second, row.parts, label_shares=self._label_shares(row)
        )
        if self.mode == "valence":
            positive = row.label == self.positive
            return replace(document, rationale=runs(valence.marked_words(words, positive, self.ratings)))
        if self.mode == "annotated":
            return self._annotated(document, row, split)
        return document

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Return what only words tell of the annotators: ties, by split."""
        return {TIES: {split: self.ties[split] for split in SPLITS}} if self.several else {}

    def notes(self) -> list[str]:
        """Return what happened on the way so far, with counts."""
        rule = RULES.get(self.rule, f"that {self.rule!r} marked")
        kept = f"rationale are the words {rule} (data.annotators: {self.rule})."
        tied = ", no rationale by majority" if self.rule == "majority" else ""
        taught = "the shares are" if self.soft else "the class that most gave is"
        called = f" to which people gave different classes: {taught} trained on (data.soft_labels)."
        notes = counted_notes(
            (self.disagreed, "text", called),
            (self.blank_spans, "rationale span", " on spaces only dropped."),
            (self.unannotated, "text", " without annotation (rationale null)."),
            (self.several, "text", f" with several annotators: {kept}"),
            (self.ties.total(), "word", f" marked by exactly half of those who marked any: ties{tied}."),
        )
        if self.unspaced:
            by = "the dictionaries of ICU" if self.segmenter == "icu" else "Unicode's rules (UAX 29)"
            notes.append(
                f"{counted(self.unspaced, 'text')} with a script without spaces: its words are those of"
                f" {by}."
            )
        if self.mode == "valence":
            notes.append(
                f"Rationales are a proxy, not annotation: words rated at {valence.THRESHOLD} or more in"
                " size by ten people, out of context, with the label's sign"
                f" (positive: {self.positive!r})."
            )
        return notes

    def _check_rule(self, table: Table) -> None:
        """InputError where `data.annotators` names nobody who annotated, or a rule that decides
        nothing."""
        names = {
            one.annotator
            for row in chain.from_iterable(table.rows.values())
            for one in row.annotations
            if one.annotator
        }
        shared = any(row.shares is not None for row in chain.from_iterable(table.rows.values()))
        if self.rule == "union" and not names and not shared:
            raise InputError(
                f"{table.name}: data.annotators is 'union', but each text has one annotator"
            )
        if self.rule not in RULES and self.rule not in names:
            known = f"; there are: {listed(sorted(names))}" if names else "; none is named in these data"
            raise InputError(
                f"{table.name}: data.annotators {self.rule!r} is neither majority nor union, nor an"
                f" annotator's name{known}"
            )

    def _words(self, text: str) -> tuple[str, ...]:
        if self.table.units == "char":
            words = split_words(text, self.segmenter)
        else:
            words = text.split(" ") if self.table.units == "token" and text else text.split()
        # A corpus holds millions of words but few different ones.
        return tuple(map(sys.intern, words))

    def _label_shares(self, row: Row) -> tuple[float, ...] | None:
        """Return the share of annotators that gave each class; a label that is no class counts
        nowhere."""
        given = Counter(label for label in row.labels if label in self.labels)
        if len(row.labels) < 2 or self.table.task != "classification" or not given:
            return None
        self.disagreed += len(given) > 1
        return tuple(given[label] / given.total() for label in self.labels)

    def _annotated(self, document: Document, row: Row, split: str) -> Document:
        n = len(document.words) + len(document.second)
        if row.shares is not None:
            shares = self._word_shares(row, n)
            marks = shares > (0.0 if self.rule == "union" else 0.5)
            return replace(document, rationale=runs(marks), shares=tuple(shares.tolist()))
        found = [Marked(one.annotator, self._spans(row, one.spans, document)) for one in row.annotations]
        people = max(len(found), row.annotators)
        if self.rule not in RULES:
            found = [one for one in found if one.annotator == self.rule]
            people = 1
        if not found:
            self.unannotated += 1
            return document
        if people == 1:
            return replace(document, rationale=found[0].spans)
        self.several += 1
        marks = np.array([mask(one.spans, n) for one in found])
        self.ties[split] += int(tied(marks).sum())
        # Whoever saw the text and marked nothing counts in the share.
        shares = marks.sum(axis=0) / people
        return replace(
            document,
            rationale=runs(combine(marks, people, self.rule)),
            annotations=tuple(found),
            annotators=people,
            shares=tuple(shares.tolist()),
        )

    def _word_shares(self, row: Row, n: int) -> np.ndarray:
        """Return (n,) shares of words; a word has the greatest of its characters."""
        given = np.asarray(row.shares)
        if self.table.units != "char":
            return given
        shares = np.zeros(n)
        find = _word_finder(row, self.segmenter)
        for at in np.flatnonzero(given):
            word = find(int(at), int(at) + 1)
            shares[word.start : word.end] = np.maximum(shares[word.start : word.end], given[at])
        return shares

    def _spans(self, row: Row, given: Spans, document: Document) -> tuple[Span, ...]:
        in_chars = self.table.units == "char"
        first, second = len(document.words), len(document.second)
        if in_chars:
            first, second = len(row.text), len(row.second)
        unit = "characters" if in_chars else "words"
        find = _word_finder(row, self.segmenter) if in_chars and given else Span
        spans = set()
        for start, end in given:
            if end > first + second:
                raise InputError(
                    f"{row.where}: rationale span [{start}, {end}] of {row.id!r} lies outside"
                    f" the text ({first + second} {unit})"
                )
            if start < first < end:
                raise InputError(
                    f"{row.where}: rationale span [{start}, {end}] of {row.id!r} runs from the first"
                    f" text into the second (the first has {first} {unit})"
                )
            span = find(start, end)
            # What a source gives as empty is its annotation; what holds only spaces marks nothing.
            if span.start < span.end or start == end:
                spans.add(span)
            else:
                self.blank_spans += 1
        return tuple(sorted(spans, key=lambda span: (span.start, span.end)))


def _word_finder(row: Row, segmenter: Segmenter) -> Callable[[int, int], Span]:
    """What gives the words that characters [start, end) touch; both count on through the second text."""
    (starts, ends), (more_starts, more_ends) = (
        _bounds(text, segmenter) for text in (row.text, row.second)
    )
    if row.second:
        shift = len(row.text)
        starts = [*starts, *(start + shift for start in more_starts)]
        ends = [*ends, *(end + shift for end in more_ends)]
    return lambda start, end: Span(bisect_right(ends, start), bisect_left(starts, end))


@lru_cache(_REPEATED)
def _bounds(text: str, segmenter: Segmenter) -> tuple[list[int], list[int]]:
    """Where the words of a text start and end."""
    pieces = split_text(text, segmenter)
    return [piece.start for piece in pieces], [piece.end for piece in pieces]


def _positive_label(table: Table, settings: DataSettings, labels: tuple[str, ...]) -> str:
    positive = settings.positive_label or table.positive_label
    if table.task != "classification":
        raise InputError(
            f"{table.name}: data.rationales 'valence' needs two classes, and data.task is"
            f" {table.task!r}; set it to 'none', or to 'annotated' where spans come with the data"
        )
    if len(labels) != 2:
        raise InputError(
            f"{table.name}: data.rationales 'valence' needs two classes, these data have"
            f" {len(labels)}; set it to 'none', or to 'annotated' where spans come with the data"
        )
    if positive is None:
        other = "'annotated' for those of data.rationale_column, or to "
        raise InputError(
            f"{table.name}: data.rationales 'valence' needs data.positive_label"
            f" (one of {', '.join(labels)}); where no class is the positive one, set data.rationales"
            f" to {other * bool(settings.rationale_column)}'none'"
        )
    if positive not in labels:
        raise InputError(
            f"data.positive_label {positive!r} is not a class of these data: {', '.join(labels)}"
        )
    return positive
