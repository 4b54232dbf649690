"""From a source's rows to a corpus: ids, splits, classes, words and rationales, each checked."""

import math
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import chain, combinations

import numpy as np

from workbench.catalog.readers import READERS
from workbench.config.data import DataSettings
from workbench.core.annotators import RULES, TIES, combine, tied
from workbench.core.counts import counted, counted_notes, listed
from workbench.core.documents import Corpus, Document, Marked, Span, mask, runs
from workbench.data.rationales import valence
from workbench.data.rationales.offsets import resolve_offsets
from workbench.data.readers.rows import Row, Spans, Table
from workbench.data.splits import SPLITS, fill_splits, limit, text_key
from workbench.data.warnings import warnings_of
from workbench.data.words import Segmenter, is_unspaced, split_text, split_words
from workbench.errors import InputError

_REPEATED = 64
"""Texts whose words are kept at hand, since they may come again soon."""
MOST_CLASSES = 1000
"""Classes of a task; more of them are ids or texts in the wrong column."""


def load_corpus(settings: DataSettings, *, training: bool = True) -> Corpus:
    """Return the documents that `settings` describe, with their rationales, in train, dev and test.

    Data without training texts, such as ERASER's test split alone, or with training texts of one class
    are refused unless `training` is false; their classes are then those of all texts, and no split is
    cut from another.

    Raises InputError, naming the file, line, row or id, for anything wrong with the data.

    Example:
        >>> import workbench
        >>> corpus = workbench.load_corpus(workbench.load_config("runs/demo/config.yaml").data)
        >>> longest = max(corpus.splits["train"], key=lambda document: len(document.words))
    """
    reader = READERS.find(settings.source)
    return assemble(reader.load(settings), settings, training=training)


def assemble(table: Table, settings: DataSettings, *, training: bool = True) -> Corpus:
    """Return the corpus of a table, with every dropped or moved text counted in its notes.

    Raises InputError for duplicate ids, an id in both dev and test, a label that train does not
    know, fewer than two classes (or values) in train, spans outside their text, and rationales that
    the source cannot give.

    Args:
        table: What the source delivers.
        settings, training: As of `load_corpus`.
    """
    _check_rationales(table, settings)
    if settings.rationales == "annotated":
        table = resolve_offsets(table, settings)
    rows, notes = _unique_ids(table.rows)
    had_splits = sum(bool(rows.get(split)) for split in SPLITS) > 1
    # Texts of one class are nothing to train on; they can still be looked at.
    training = training or len({row.label for row in rows["train"]}) > 1
    labels = _classes(rows, table, training)
    if training:
        rows, more = fill_splits(rows, table.shares)
        notes += more
    rows = {split: rows.get(split, []) for split in SPLITS}
    if had_splits:
        keys = {split: {text_key(row.text, row.second) for row in rows[split]} for split in SPLITS}
        shared = ((len(keys[a] & keys[b]), a, b) for a, b in combinations(SPLITS, 2))
        kept = "(the splits given are kept)."
        notes += counted_notes(*((n, "text", f" shared by {a} and {b} {kept}") for n, a, b in shared))
    for split, most in zip(
        SPLITS, (settings.max_train, settings.max_dev, settings.max_test), strict=True
    ):
        rows[split], more = limit(rows[split], most, split)
        notes += more
        if training and not rows[split]:
            notes.append(f"{split} holds no texts: the data are too few for a split by hash.")
    if training:
        _two_classes(rows["train"], table)
    builder = _Builder(table, settings, labels)
    splits = {split: tuple(builder.document(row, split) for row in rows[split]) for split in SPLITS}
    corpus = Corpus(
        name=table.name,
        labels=labels,
        splits=splits,
        rationales=builder.rationales,
        notes=(*table.notes, *notes, *builder.notes()),
        counts=table.counts | builder.counts,
    )
    return replace(corpus, warnings=(*table.warnings, *warnings_of(corpus, training=training)))


def _check_rationales(table: Table, settings: DataSettings) -> None:
    if settings.rationales == "annotated" and not table.annotated:
        hint = (
            "name the column in data.rationale_column, or " if settings.source in {"file", "hub"} else ""
        )
        raise InputError(
            f"{table.name}: data.rationales is 'annotated', but no spans come with these data;"
            f" {hint}set data.rationales to 'valence' or 'none'"
        )


def _unique_ids(rows: dict[str, list[Row]]) -> tuple[dict[str, list[Row]], list[str]]:
    """Refuse an id twice in a split or in dev and test; drop from train what dev or test hold."""
    seen: dict[str, dict[str, Row]] = {}
    for split, members in rows.items():
        seen[split] = {}
        for row in members:
            first = seen[split].setdefault(row.id, row)
            if first is not row:
                raise InputError(f"{row.where}: the id {row.id!r} is already at {first.where}")
    dev, test = seen.get("dev", {}), seen.get("test", {})
    for row_id in sorted(dev.keys() & test.keys()):
        places = f"{dev[row_id].where} and {test[row_id].where}"
        raise InputError(f"the id {row_id!r} is in both dev and test: {places}")
    train = [row for row in rows.get("train", ()) if row.id not in dev and row.id not in test]
    dropped = len(rows.get("train", ())) - len(train)
    return {**rows, "train": train}, counted_notes(
        (dropped, "training text", " dropped whose id is in dev or test.")
    )


def _classes(rows: dict[str, list[Row]], table: Table, training: bool) -> tuple[str, ...]:
    if training and not rows["train"]:
        raise InputError(f"{table.name}: there are no training texts")
    if training:
        _two_classes(rows["train"], table)
    if table.value:
        return (table.value,)
    known_from = rows["train"] if training else chain.from_iterable(rows.values())
    labels = table.labels or tuple(sorted({row.label for row in known_from}, key=label_order))
    if len(labels) > MOST_CLASSES:
        raise InputError(
            f"{table.name}: train has {len(labels):,} different labels, at most {MOST_CLASSES:,}; is"
            " data.label_column the column of the classes?"
        )
    known = set(labels)
    for row in chain.from_iterable(rows.values()):
        if row.label not in known:
            raise InputError(f"{row.where}: unknown label {row.label!r} (train has {listed(labels)})")
    return labels


def _two_classes(train: list[Row], table: Table) -> None:
    classes = Counter(row.label for row in train)
    if len(classes) < 2:
        listed = ", ".join(f"{label!r} in {counted(n, 'text')}" for label, n in classes.items())
        hint = f"; {table.one_class}" if table.one_class else ""
        raise InputError(f"{table.name}: training needs at least two classes, found {listed}{hint}")


def label_order(label: str) -> tuple[int, float, str]:
    """Return what classes are sorted by: numbers first, by their size."""
    try:
        number = float(label)
    except ValueError:
        number = math.nan
    # NaN has no place in an order.
    return (1, 0.0, label) if math.isnan(number) else (0, number, label)


class _Builder:
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
        self.blank_spans = 0
        self.unannotated = 0
        self.several = 0
        self.unspaced = 0
        self.ties = Counter[str]()
        self.people: Counter[str] = Counter()
        self.positive = ""
        self.rationales = {"annotated": "annotated spans", "none": "none"}.get(self.mode, valence.NAME)
        if self.mode == "valence":
            self.positive = _positive_label(table, settings, labels)
            self.ratings = valence.load_ratings()
        if self.mode == "annotated":
            self._check_rule(table)

    def document(self, row: Row, split: str) -> Document:
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
        rule = RULES.get(self.rule, f"that {self.rule!r} marked")
        kept = f"rationale are the words {rule} (data.annotators: {self.rule})."
        notes = counted_notes(
            (self.blank_spans, "rationale span", " on spaces only dropped."),
            (self.unannotated, "text", " without annotation (rationale null)."),
            (self.several, "text", f" with several annotators: {kept}"),
            (self.ties.total(), "word", " marked by exactly half of those who marked any: ties."),
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
        if len(row.labels) < 2 or self.table.value or not given:
            return None
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
    if len(labels) != 2:
        raise InputError(
            f"{table.name}: data.rationales 'valence' needs two classes, these data have"
            f" {len(labels)}; set it to 'none', or to 'annotated' where spans come with the data"
        )
    if positive is None:
        raise InputError(
            f"{table.name}: data.rationales 'valence' needs data.positive_label"
            f" (one of {', '.join(labels)}); where no class is the positive one, set data.rationales"
            " to 'none'"
        )
    if positive not in labels:
        raise InputError(
            f"data.positive_label {positive!r} is not a class of these data: {', '.join(labels)}"
        )
    return positive
