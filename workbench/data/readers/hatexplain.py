"""HateXplain: posts with three annotators' labels and rationales, in its own JSON."""

import reprlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import counted_notes, first_few
from workbench.data.files.json_files import json_object
from workbench.data.files.opening import ending_of
from workbench.data.files.options import FileOptions
from workbench.data.files.records import FORMS, first_record, records_of
from workbench.data.readers.glue import Task, standard, task_of
from workbench.data.rows import (
    SPLIT_NAMES,
    Annotation,
    Row,
    Table,
    data_path,
    majority_of,
    spans_of,
)
from workbench.errors import InputError

POSTS, DIVISIONS = "dataset.json", "post_id_divisions.json"
ANNOTATORS = 3
"""Of every post; two must give a label for it to count."""
UNDECIDED = "undecided_texts"
_NO_RATIONALE = "normal"


def is_hatexplain(sample: Any) -> bool:
    """Return whether an object has posts by id or is one, or a folder has both files."""
    if isinstance(sample, list):
        return {POSTS, DIVISIONS} <= set(sample)
    first = next(iter(sample.values()), None) if isinstance(sample, dict) else None
    return _is_post(first) or _is_post(sample)


@register_reader(
    **standard("hatexplain"),
    rationales="annotated",
    endings=(".json", ".jsonl", ".ndjson"),
    recognises=is_hatexplain,
)
def load_hatexplain(settings: DataSettings) -> Table:
    """Return the posts of `data.path`: the folder with both files, or a JSON file of posts: by id,
    a list, or one per line.

    A post has the label that two of its three annotators gave; where all three differ it is left out
    and counted. It has the rationales of all who gave one. `normal` posts were not annotated.
    Raises InputError, naming file and post, for broken JSON, missing keys, unknown labels, empty posts,
    rationales of another length than the post, and ids of the division file that are not there.
    """
    task = task_of(settings)
    path = data_path(settings, f"the folder with {POSTS}")
    path = path / POSTS if path.is_dir() else path
    posts = _listed(path) if path.is_file() and _is_post(first_record(path)) else _by_id(path)
    reader = _PostReader(task)
    divisions = _divisions(path.with_name(DIVISIONS), posts)
    rows = {
        split: list(reader.rows(split, ((i, posts[i], f"{path}: post {i}") for i in ids)))
        for split, ids in divisions.items()
    }
    notes = [n for split, ids in divisions.items() for n in task.incomplete(split, len(ids))]
    unused = len(posts) - sum(map(len, divisions.values()))
    notes += counted_notes((unused, "post", " in no division not used."))
    return reader.table(rows, notes if len(divisions) > 1 else [])


def hatexplain_table(task: Task, parts: Mapping[str, Iterable[Any]], name: str) -> Table:
    """Return the same from the splits of the `datasets` library, which writes labels as numbers.

    Args:
        task: HateXplain's own.
        parts: Posts by the library's name of the split.
        name: The data set's name, for errors.

    Raises:
        InputError: As `load_hatexplain`, naming split and row, and where there is no train split.
    """
    reader = _PostReader(task)
    rows: dict[str, list[Row]] = {}
    for part, posts in parts.items():
        split = task.hub.splits.get(part) if task.hub else None
        if split is not None:
            numbered = (
                (
                    str(post.get("id") or post.get("post_id") or f"{part}-{n}"),
                    _named(post, task),
                    f"{name} {part}, row {n}",
                )
                for n, post in enumerate(posts, start=1)
            )
            rows[split] = list(reader.rows(split, numbered))
    if not rows.get("train"):
        raise InputError(f"{name}: no train split; there are: {', '.join(parts)}")
    return reader.table(rows, [])


def _named(post: dict[str, Any], task: Task) -> dict[str, Any]:
    """Return the post with its labels by name; anything unexpected is left for the checks."""
    annotators = post.get("annotators")
    labels = annotators.get("label") if isinstance(annotators, Mapping) else None
    if not isinstance(labels, list):
        return post
    names = [
        task.labels[label] if isinstance(label, int) and 0 <= label < len(task.labels) else label
        for label in labels
    ]
    return post | {"annotators": [{"label": label} for label in names]}


class _PostReader:
    """Turns posts into rows, and counts what is left out."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.undecided: list[str] = []
        self.unused = 0
        self.counts: dict[str, dict[str, int]] = {UNDECIDED: {}}

    def rows(self, split: str, posts: Iterable[tuple[str, Any, str]]) -> Iterator[Row]:
        """Yield a row per (id, post, place for messages) with a majority label."""
        self.counts[UNDECIDED][split] = 0
        for post_id, post, where in posts:
            row = self._row(post_id, post, where)
            if row is None:
                self.undecided.append(post_id)
                self.counts[UNDECIDED][split] += 1
            else:
                yield row

    def table(self, rows: dict[str, list[Row]], notes: list[str]) -> Table:
        """Return the table of these rows, with what was left out added to its notes."""
        undecided = f" left out with three different labels ({first_few(self.undecided)})."
        unused = f" that most call {_NO_RATIONALE}: the rationales of others not used."
        more = counted_notes((self.unused, "post", unused), (len(self.undecided), "post", undecided))
        notes = [*notes, *more]
        return self.task.table(rows, annotated=True, units="token", notes=notes, counts=self.counts)

    def _row(self, post_id: str, post: Any, where: str) -> Row | None:
        if not isinstance(post, Mapping):
            raise InputError(f"{where}: expected a JSON object, got {type(post).__name__}")
        tokens = post.get("post_tokens")
        if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
            raise InputError(f"{where}: post_tokens is not a list of strings")
        # A space inside a token would shift the offsets of all that follow.
        tokens = ["".join(token.split()) for token in tokens]
        if not any(tokens):
            raise InputError(f"{where}: the post is empty")
        labels = self._labels(post.get("annotators"), where)
        label = majority_of(labels)
        if label is None:
            return None
        marked: tuple[Annotation, ...] = ()
        if label == _NO_RATIONALE:
            self.unused += bool(post.get("rationales"))
        else:
            # The file does not say which of the three gave which rationale.
            marks = self._marks(post.get("rationales"), tokens, where)
            marked = tuple(Annotation(spans_of(m), annotator=str(n)) for n, m in enumerate(marks, 1))
        return Row(
            post_id,
            " ".join(tokens),
            label,
            where,
            annotations=marked,
            annotators=ANNOTATORS,
            labels=labels,
        )

    def _labels(self, annotators: Any, where: str) -> tuple[str, ...]:
        if not isinstance(annotators, list) or len(annotators) != ANNOTATORS:
            raise InputError(f"{where}: annotators is not a list of three")
        written = [a.get("label") if isinstance(a, Mapping) else None for a in annotators]
        return tuple(self.task.class_of(label, "annotators", where) for label in written)

    def _marks(self, marks: Any, tokens: list[str], where: str) -> list[list[bool]]:
        if not isinstance(marks, list) or not all(isinstance(row, list) for row in marks):
            raise InputError(f"{where}: rationales is not a list of lists")
        if not 1 <= len(marks) <= ANNOTATORS:
            raise InputError(
                f"{where}: {len(marks)} rationales of {ANNOTATORS} annotators; a post that most do not"
                f" call {_NO_RATIONALE} has 1 to {ANNOTATORS}"
            )
        for row in marks:
            if len(row) != len(tokens) or not all(mark in (0, 1) for mark in row):
                raise InputError(
                    f"{where}: a rationale of {len(row)} marks, expected {len(tokens)} of 0 or 1"
                )
        return [[mark == 1 for mark in row] for row in marks]


def _is_post(value: Any) -> bool:
    return isinstance(value, dict) and {"post_tokens", "annotators"} <= set(value)


def _listed(path: Path) -> dict[str, Any]:
    """Return the posts of a list, or of JSON lines, by their `post_id` or else their number."""
    posts: dict[str, Any] = {}
    for number, (where, post) in enumerate(records_of(path), start=1):
        post_id = str(post.get("post_id") or f"row-{number}")
        if post_id in posts:
            raise InputError(f"{where}: the post {post_id!r} is there twice")
        posts[post_id] = post
    return posts


def _by_id(path: Path) -> dict[str, Any]:
    if path.is_file() and ending_of(path) in FORMS and ending_of(path) != ".json":
        raise InputError(
            f"{path}: a table, not HateXplain's JSON of posts (of a table data.rationale_column,"
            " data.rationale_form and data.annotator_column name the marks)"
        )
    return _object(path)


def _object(path: Path) -> dict[str, Any]:
    value = json_object(path, FileOptions(), [])
    if not value:
        raise InputError(f"{path}: expected a JSON object of posts by id")
    return value


def _divisions(path: Path, posts: dict[str, Any]) -> dict[str, list[str]]:
    """Return ids by split; all in train where there is no division file."""
    if not path.is_file():
        return {"train": list(posts)}
    divisions: dict[str, list[str]] = {}
    for name, ids in _object(path).items():
        split = SPLIT_NAMES.get(name)
        if split is None or not isinstance(ids, list):
            raise InputError(
                f"{path}: {reprlib.repr(name)} is none of train, val, test with a list of ids"
            )
        if split in divisions:
            raise InputError(f"{path}: {name!r} is the second list of {split} posts")
        for post_id in ids:
            if not isinstance(post_id, str) or post_id not in posts:
                shown = reprlib.repr(post_id)
                raise InputError(f"{path}: {name}: no post {shown} in {path.with_name(POSTS).name}")
        divisions[split] = ids
    return divisions
