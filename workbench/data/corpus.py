"""From a source's rows to a corpus: ids, splits, classes, words and rationales, each checked."""

import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from itertools import chain, combinations

from workbench.config.data import DataSettings
from workbench.core.documents import Corpus, Document, Span, runs
from workbench.data.rationales import valence
from workbench.data.readers.rows import Row, Table, counted, counted_notes, listed
from workbench.data.sources import find_source
from workbench.data.splits import SPLITS, fill_splits, limit, text_key
from workbench.data.words import split_text, split_words
from workbench.errors import InputError

MOST_CLASSES = 1000
"""Classes of a task; more of them are ids or texts in the wrong column."""


def load_corpus(settings: DataSettings, *, training: bool = True) -> Corpus:
    """Return the documents that `settings` describe, with their rationales, in train, dev and test.

    Data without training texts, such as ERASER's test split alone, are refused unless `training` is
    false; their classes are then those of all texts, and no split is cut from another.

    Raises InputError, naming the file, line, row or id, for anything wrong with the data.

    Example:
        >>> import workbench
        >>> corpus = workbench.load_corpus(workbench.load_config("runs/demo/config.yaml").data)
        >>> longest = max(corpus.splits["train"], key=lambda document: len(document.words))
    """
    return assemble(find_source(settings.source).load(settings), settings, training=training)


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
    rows, notes = _unique_ids(table.rows)
    had_splits = sum(bool(rows.get(split)) for split in SPLITS) > 1
    training = training or bool(rows["train"])
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
        _two_classes(rows["train"], table.name)
    builder = _Builder(table, settings, labels)
    splits = {split: tuple(builder.document(row) for row in rows[split]) for split in SPLITS}
    return Corpus(
        name=table.name,
        labels=labels,
        splits=splits,
        rationales=builder.rationales,
        notes=(*table.notes, *notes, *builder.notes()),
        counts=table.counts,
    )


def _check_rationales(table: Table, settings: DataSettings) -> None:
    if settings.annotators == "union" and not table.annotators:
        raise InputError(f"{table.name}: data.annotators is 'union', but each text has one annotator")
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
        _two_classes(rows["train"], table.name)
    if table.value:
        return (table.value,)
    known_from = rows["train"] if training else chain.from_iterable(rows.values())
    labels = table.labels or tuple(sorted({row.label for row in known_from}, key=_label_order))
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


def _two_classes(train: list[Row], name: str) -> None:
    classes = Counter(row.label for row in train)
    if len(classes) < 2:
        listed = ", ".join(f"{label!r} in {counted(n, 'text')}" for label, n in classes.items())
        raise InputError(f"{name}: training needs at least two classes, found {listed}")


def _label_order(label: str) -> tuple[int, float, str]:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


class _Builder:
    """Turns rows into documents and counts what happened on the way."""

    def __init__(self, table: Table, settings: DataSettings, labels: tuple[str, ...]) -> None:
        self.table = table
        self.mode = settings.rationales
        self.blank_spans = 0
        self.unannotated = 0
        self.positive = ""
        self.rationales = {"annotated": "annotated spans", "none": "none"}.get(self.mode, valence.NAME)
        if self.mode == "valence":
            self.positive = _positive_label(table, settings, labels)
            self.ratings = valence.load_ratings()

    def document(self, row: Row) -> Document:
        words, spans = self._words(row.text), None
        second = self._words(row.second)
        if self.mode == "valence":
            positive = row.label == self.positive
            spans = runs(valence.marked_words(words, positive, self.ratings))
        elif self.mode == "annotated" and row.spans is None:
            self.unannotated += 1
        elif self.mode == "annotated":
            spans = self._spans(row, len(words), len(second))
        return Document(row.id, words, row.label, spans, second, row.parts)

    def notes(self) -> list[str]:
        notes = counted_notes(
            (self.blank_spans, "rationale span", " on spaces only dropped."),
            (self.unannotated, "text", " without annotation (rationale null)."),
        )
        if self.mode == "valence":
            notes.append(
                f"Rationales are a proxy, not annotation: words rated at {valence.THRESHOLD} or more in"
                " size by ten people, out of context, with the label's sign"
                f" (positive: {self.positive!r})."
            )
        return notes

    def _words(self, text: str) -> tuple[str, ...]:
        if self.table.units == "char":
            words = split_words(text)
        else:
            words = text.split(" ") if self.table.units == "token" and text else text.split()
        # A corpus holds millions of words but few different ones.
        return tuple(map(sys.intern, words))

    def _spans(self, row: Row, n_words: int, n_second: int) -> tuple[Span, ...]:
        in_chars = self.table.units == "char"
        first, second = (len(row.text), len(row.second)) if in_chars else (n_words, n_second)
        unit = "characters" if in_chars else "words"
        find = _word_finder(row) if in_chars and row.spans else Span
        spans = set()
        for start, end in row.spans or ():
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


def _word_finder(row: Row) -> Callable[[int, int], Span]:
    """What gives the words that characters [start, end) touch; both count on through the second text."""
    first, second, shift = split_text(row.text), split_text(row.second), len(row.text)
    starts = [p.start for p in first] + [p.start + shift for p in second]
    ends = [p.end for p in first] + [p.end + shift for p in second]
    return lambda start, end: Span(bisect_right(ends, start), bisect_left(starts, end))


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
