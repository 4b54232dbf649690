"""From a source's rows to a corpus: ids, splits and classes, each checked."""

import math
from collections import Counter
from dataclasses import replace
from itertools import chain, combinations

from workbench.catalog.readers import READERS
from workbench.config.data import DataSettings
from workbench.core.counts import counted, counted_notes, listed
from workbench.core.documents import Corpus
from workbench.core.task_type import TaskKind, names_in
from workbench.data.building import DocumentBuilder
from workbench.data.rationales.offsets import resolve_offsets
from workbench.data.recognising import meant_for_another
from workbench.data.rows import Row, Table
from workbench.data.splits import SPLITS, fill_splits, limit, text_key
from workbench.data.warnings import warnings_of
from workbench.errors import InputError

_NEEDED: dict[TaskKind, str] = {
    "classification": "classes", "multi-label": "texts with different labels", "regression": "values",
}  # fmt: skip
"""What training needs two of."""
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
    try:
        table = reader.load(settings)
    except InputError as error:
        raise InputError(f"{error}{meant_for_another(settings)}") from None
    return assemble(table, settings, training=training)


def assemble(table: Table, settings: DataSettings, *, training: bool = True) -> Corpus:
    """Return the corpus of a table, with every dropped or moved text counted in its notes.

    Raises InputError for duplicate ids, an id in both dev and test, a label that train does not
    know, fewer than two classes (or values) in train, spans outside their text, and rationales that
    the source cannot give.

    Args:
        table: What the source delivers.
        settings, training: As of `load_corpus`.
    """
    _check_task(table, settings)
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
    builder = DocumentBuilder(table, settings, labels)
    splits = {split: tuple(builder.document(row, split) for row in rows[split]) for split in SPLITS}
    if not splits["train"]:
        notes.append("There are no training texts: these data can be judged, not trained on.")
    warnings = [*table.warnings, *_unmatched_labels(table, settings)]
    if splits["train"] and not training:
        warnings.append("train has texts of one class: these data can be judged, not trained on.")
    corpus = Corpus(
        name=table.name,
        labels=labels,
        splits=splits,
        rationales=builder.rationales,
        notes=(*table.notes, *notes, *builder.notes()),
        counts=table.counts | builder.counts,
        task=table.task,
    )
    return replace(corpus, warnings=(*warnings, *warnings_of(corpus, training=training)))


def _unmatched_labels(table: Table, settings: DataSettings) -> list[str]:
    """Return a warning where no span has any of the labels that are to be rationale."""
    rows = chain.from_iterable(table.rows.values())
    chosen = settings.rationale_labels if settings.rationales == "annotated" else None
    if not chosen or any(one.spans for row in rows for one in row.annotations):
        return []
    return [f"no span has a label of data.rationale_labels: {listed(chosen)}."]


def _check_task(table: Table, settings: DataSettings) -> None:
    if settings.task not in (None, table.task):
        raise InputError(
            f"{table.name}: data.task is {settings.task!r}, but data.source {settings.source!r} gives"
            f" {table.task!r} here; of your own labels 'file' and 'hub' take another"
        )


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
    given = {name for row in known_from for name in names_in(row.label, table.task)}
    labels = table.labels or tuple(sorted(given, key=label_order))
    if len(labels) > MOST_CLASSES:
        raise InputError(
            f"{table.name}: train has {len(labels):,} different labels, at most {MOST_CLASSES:,}; is"
            " data.label_column the column of the classes?"
        )
    known = set(labels)
    for row in chain.from_iterable(rows.values()):
        for name in names_in(row.label, table.task):
            if name not in known:
                raise InputError(f"{row.where}: unknown label {name!r} (train has {listed(labels)})")
    return labels


def _two_classes(train: list[Row], table: Table) -> None:
    classes = Counter(row.label for row in train)
    if len(classes) < 2:
        found = ", ".join(f"{label!r} in {counted(n, 'text')}" for label, n in classes.items())
        needed = _NEEDED[table.task]
        hint = f"; {table.one_class}" if table.one_class else ""
        raise InputError(f"{table.name}: training needs at least two {needed}, found {found}{hint}")


def label_order(label: str) -> tuple[int, float, str]:
    """Return what classes are sorted by: numbers first, by their size."""
    try:
        number = float(label)
    except ValueError:
        number = math.nan
    # NaN has no place in an order.
    return (1, 0.0, label) if math.isnan(number) else (0, number, label)
