"""Label Studio's JSON export: texts with spans and a class marked by one person or several."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import counted_notes
from workbench.data.rationales.forms import labelled_spans
from workbench.data.readers.rows import (
    Annotation,
    Row,
    Table,
    checked_label,
    checked_text,
    data_path,
    single_texts,
    split_of,
)
from workbench.errors import InputError
from workbench.storage.jsonl import json_items, read_bytes


def is_export(task: Any) -> bool:
    """Return whether a record is a task of an export."""
    return isinstance(task, dict) and "annotations" in task and isinstance(task.get("data"), dict)


USED = ("labels", "choices")
"""Types of results that say something: spans, and classes."""


@register_reader(
    name="label-studio",
    description="Label Studio's JSON export",
    rationales="annotated",
    usage=", data.path",
    endings=(".json",),
    recognises=is_export,
)
def load_label_studio(settings: DataSettings) -> Table:
    """Return the tasks of the export `data.path`, one row each; spans count characters of the text.

    Text, split and id are read from a task's `data` by the columns of `settings` (id: the task's own
    without `id_column`). So is the class where `data` has `label_column`; else it is what most
    annotators chose (of several choices, the one called `label_column`). Spans are the `labels`
    results, with `rationale_column` only those of that control; `data.annotators` decides between
    several people. Counted in the notes: tasks left out because nobody annotated them or no class has a
    majority, cancelled annotations, and results of another type or without a value. Raises InputError,
    naming file and task, for broken JSON, missing keys, two choices of one control, spans that are
    reversed or outside the text, and a span whose stored text is another (unless `data.mismatches` is
    `keep`).
    """
    path = data_path(settings, "a JSON export")
    single_texts(settings)
    reader = _Reader(settings)
    for number, task in enumerate(json_items(read_bytes(path), str(path)), start=1):
        reader.add(task, f"{path}: task {number}")
    if not reader.rows:
        raise InputError(f"{path}: no task of the export has an annotation with a class")
    return Table(
        name=path.stem,
        rows=reader.rows,
        annotated=True,
        units="char",
        notes=reader.notes(),
    )


@dataclass
class _Reader:
    settings: DataSettings
    rows: dict[str, list[Row]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    cancelled: int = 0
    unused: Counter[str] = field(default_factory=Counter)
    """Results that are neither a class nor a span, by what they are."""

    def add(self, task: Any, where: str) -> None:
        """Take over one task, or count why not."""
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
            raise InputError(f"{where}: no data (this is not an export of the kind JSON)")
        data, settings = task["data"], self.settings
        given = data.get(settings.id_column) if settings.id_column else task.get("id")
        row_id = checked_label(given, f"{where}: id")
        where = f"{where} ({row_id})"
        text = checked_text(data.get(settings.text_column), f"{where}: {settings.text_column}")
        every = list(_annotations(task, where))
        people = [results for results, is_cancelled in every if not is_cancelled]
        self.cancelled += len(every) - len(people)
        for result in chain.from_iterable(people):
            self.unused.update(_why_unused(result, settings))
        if not people:
            self.left_out["without annotation"] += 1
            return
        label = self._label(data, people, where)
        if label is None:
            self.left_out["without a class that most annotators gave"] += 1
            return
        split = split_of(data, settings.split_column, where)
        marked = tuple(
            replace(self._marked(results, where), annotator=str(n) if len(people) > 1 else "")
            for n, results in enumerate(people, 1)
        )
        self.rows.setdefault(split, []).append(Row(row_id, text, label, where, annotations=marked))

    def notes(self) -> list[str]:
        return counted_notes(
            *((n, "task", f" {why} left out.") for why, n in self.left_out.items()),
            (self.cancelled, "cancelled annotation", " left out."),
            *((n, "result", f" {why} not used.") for why, n in sorted(self.unused.items())),
        )

    def _label(self, data: dict[str, Any], people: list[list[Any]], where: str) -> str | None:
        column = self.settings.label_column
        if column in data:
            return checked_label(data[column], f"{where}: {column}")
        votes = Counter(choice for results in people if (choice := _choice(results, column, where)))
        return next((label for label, n in votes.items() if 2 * n > len(people)), None)

    def _marked(self, results: list[Any], where: str) -> Annotation:
        control = self.settings.rationale_column
        values = [
            result["value"]
            for result in _of_kind(results, "labels")
            if control is None or result.get("from_name") == control
        ]
        return Annotation(*labelled_spans(values, None, where))


def _annotations(task: dict[str, Any], where: str) -> Iterator[tuple[list[Any], bool]]:
    """Yield the results of each annotation, and whether it was cancelled."""
    annotations = task.get("annotations")
    if not isinstance(annotations, list):
        raise InputError(f"{where}: no list of annotations (this is not an export of the kind JSON)")
    for annotation in annotations:
        results = annotation.get("result") if isinstance(annotation, dict) else None
        if not isinstance(results, list):
            raise InputError(f"{where}: an annotation without a list of results")
        yield results, bool(annotation.get("was_cancelled"))


def _why_unused(result: Any, settings: DataSettings) -> list[str]:
    """Return why a result is neither taken as a class nor as a span; nothing where it is."""
    kind = result.get("type") if isinstance(result, dict) else None
    if not isinstance(kind, str):
        return ["without a type"]
    if kind not in USED:
        return [f"of type {kind[:40]!r}"]
    if not isinstance(result.get("value"), dict):
        return [f"of type {kind!r} without a value"]
    other = settings.rationale_column not in (None, result.get("from_name"))
    return ["of type 'labels' of other controls"] if kind == "labels" and other else []


def _of_kind(results: list[Any], kind: str) -> Iterator[dict[str, Any]]:
    for result in results:
        match result:
            case {"type": str(name), "value": dict()} if name == kind:
                yield result


def _choice(results: list[Any], name: str, where: str) -> str | None:
    """Return the class that one annotator chose."""
    chosen: dict[str, Any] = {}
    for result in _of_kind(results, "choices"):
        control, choices = str(result.get("from_name")), result["value"].get("choices")
        if chosen.setdefault(control, choices) != choices:
            raise InputError(f"{where}: {control} has two choices, {chosen[control]!r} and {choices!r}")
    if not chosen:
        return None
    if len(chosen) > 1 and name not in chosen:
        controls = ", ".join(sorted(chosen))
        raise InputError(f"{where}: several choices ({controls}): name one in data.label_column")
    choices = chosen.get(name) or next(iter(chosen.values()))
    if not isinstance(choices, list) or len(choices) != 1:
        raise InputError(f"{where}: the chosen class is not one but {choices!r}")
    return checked_label(choices[0], f"{where}: choices")
