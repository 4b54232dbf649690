"""Label Studio's exports: texts with spans and a class marked by one person or several."""

import reprlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import counted, counted_notes
from workbench.data.files.records import records_of
from workbench.data.rationales.forms import labelled_spans
from workbench.data.rationales.offsets import Unit, unit_of
from workbench.data.readers.files import file_options
from workbench.data.readers.label_studio_tasks import Person, Task, is_export, tasks_of
from workbench.data.readers.label_studio_texts import Mark, Shown, is_html_mark, mark_of, shown
from workbench.data.rows import (
    NO_MAJORITY,
    Annotation,
    Row,
    Table,
    checked_label,
    corpus_name,
    data_path,
    majority_of,
    single_texts,
    split_of,
)
from workbench.errors import InputError

SPANS = ("labels", "hypertextlabels", "paragraphlabels")
"""Types of results that mark a text: plain (or any), HTML, a dialogue."""
USED = (*SPANS, "choices")
ENDINGS = (".json", ".csv", ".tsv", ".jsonl")


@register_reader(
    name="label-studio",
    description="Label Studio's export (JSON, JSON_MIN or CSV)",
    rationales="annotated",
    usage=", data.path",
    any_texts=True,
    endings=ENDINGS,
    recognises=is_export,
)
def load_label_studio(settings: DataSettings) -> Table:
    """Return the tasks of the export `data.path`, one row each.

    Text, split and id are read from a task's `data` by the columns of `settings` (id: the task's own
    without `id_column`). So is the class where `data` has `label_column`; else it is what most
    annotators chose (of several choices, the one called `label_column`). In JSON_MIN and CSV, rows of
    one id are one task, and `label_column` names the choice. Spans are the results of `SPANS`, with
    `rationale_column` only those of that control, with `rationale_labels` only those labels;
    `data.annotators` decides between several people. Tags are left out of a text where somebody marked
    it without them; the paragraphs of a dialogue are joined by line breaks.

    Counted in the notes: tasks left out because nobody annotated them or no class has a majority,
    cancelled annotations, and results that are not understood. Who has none but such results has not
    annotated the text. Raises InputError, naming file and task, for broken files, missing keys, two
    choices of one control, and spans that are reversed or outside the text.
    """
    path = data_path(settings, "an export")
    single_texts(settings)
    with records_of(path, file_options(settings)) as records:
        reader = _Reader(settings, tasks_of(records, settings))
    reader.read()
    if not reader.rows:
        raise InputError(
            f"{path}: no task of the export has an annotation with a class; name the control of the"
            " choice, or a column of the data, in data.label_column"
        )
    warnings = list(reader.warnings)
    if reader.unread:
        warnings.append(
            f"{counted(reader.unread, 'annotation')} of which no span was understood (see the notes):"
            " taken as not made, not as one that marks nothing."
        )
    return Table(
        name=corpus_name(settings),
        rows=reader.rows,
        annotated=True,
        in_characters=True,
        notes=[*records.notes, *reader.notes()],
        warnings=warnings,
    )


@dataclass
class _Reader:
    settings: DataSettings
    tasks: list[Task]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    """Results that are neither a class nor a span, by what they are."""
    unread: int = 0
    """Annotations that are taken as not made, because none of their spans is understood."""
    told: list[str] = field(default_factory=list)
    """Notes on what the offsets count."""
    warnings: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Take over the tasks, or count why not."""
        for task in self.tasks:
            for person in task.people:
                for result in person.results:
                    self.unused.update(_why_unused(result, self.settings))
        values = [one["value"] for task in self.tasks for person in task.people
                  for kind in SPANS for one in _of_kind(person.results, kind)]  # fmt: skip
        html = any(is_html_mark(value) for value in values)
        column = self.settings.text_column
        texts = [shown(one.data.get(column), f"{one.where}: {column}", html=html) for one in self.tasks]
        marks = [[self._marks(task, person) for person in task.people] for task in self.tasks]
        samples = [
            sample
            for text, people in zip(texts, marks, strict=True)
            for sample in _samples(text, [mark for one in people for mark in one or ()])
        ]
        unit, self.told, self.warnings = unit_of(samples, self.settings)
        for task, text, people in zip(self.tasks, texts, marks, strict=True):
            self._add(task, text, people, unit)

    def notes(self) -> list[str]:
        return [
            *self.told,
            *counted_notes(
                *((n, "task", f" {why} left out.") for why, n in self.left_out.items()),
                (sum(one.cancelled for one in self.tasks), "cancelled annotation", " left out."),
                *((n, "result", f" {why} not used.") for why, n in sorted(self.unused.items())),
            ),
        ]

    def _add(self, task: Task, text: Shown, people: list[list[Mark] | None], unit: Unit) -> None:
        if not people:
            self.left_out["without annotation"] += 1
            return
        labels = self._labels(task)
        label = majority_of(labels, among=len(task.people)) if labels else None
        if label is None:
            self.left_out[NO_MAJORITY] += 1
            return
        self.unread += sum(marks is None for marks in people)
        split = split_of(task.data, self.settings.split_column, task.where)
        annotations = []
        for name, marks in zip(_names(task.people), people, strict=True):
            if marks is None:
                continue
            places = [(text.span(mark, unit, task.where), mark.text) for mark in marks]
            values = [{"start": start, "end": end, "text": given} for (start, end), given in places]
            annotations.append(Annotation(*labelled_spans(values, None, task.where), name))
        labels = () if self.settings.label_column in task.data else labels
        row = Row(task.id, text.text, label, task.where, annotations=tuple(annotations), labels=labels)
        self.rows.setdefault(split, []).append(row)

    def _labels(self, task: Task) -> tuple[str, ...]:
        """Return what each annotator chose; the class that the task's data know counts for all."""
        column = self.settings.label_column
        if column in task.data:
            known = checked_label(task.data[column], f"{task.where}: {column}")
            return (known,) * len(task.people)
        choices = (_choice(person.results, column, task.where) for person in task.people)
        return tuple(choice for choice in choices if choice)

    def _marks(self, task: Task, person: Person) -> list[Mark] | None:
        """Return what a person marked; None where nothing tells, because no result is understood."""
        settings = self.settings
        dialogue = isinstance(task.data.get(settings.text_column), list)
        found: list[Mark] = []
        # Nothing done is a statement: nothing is marked. A span that is not understood takes it back.
        understood, missed, read = not person.results, False, False
        for result in person.results:
            kind = result.get("type") if isinstance(result, dict) else None
            value = result.get("value") if isinstance(result, dict) else None
            if kind not in SPANS or not isinstance(value, dict):
                understood = understood or (kind == "choices" and isinstance(value, dict))
                missed = missed or str(kind).endswith("labels")
            elif (mark := mark_of(value, task.where, dialogue=dialogue)) is None:
                self.unused[f"of type {kind!r} without offsets that count the text"] += 1
                missed = True
            else:
                read = True
                if _counts(result, kind, settings):
                    found.append(mark)
        return found if read or (understood and not missed) else None


def _counts(result: dict[str, Any], kind: str, settings: DataSettings) -> bool:
    """Return whether a span has the control and a label that the settings name, if any."""
    if settings.rationale_column not in (None, result.get("from_name")):
        return False
    if settings.rationale_labels is None:
        return True
    labels = result["value"].get(kind) or result["value"].get("labels")
    return isinstance(labels, list) and any(one in settings.rationale_labels for one in labels)


def _samples(text: Shown, marks: list[Mark]) -> Iterator[Row]:
    """Yield a row per piece of a text with the marks inside, to see what their offsets count."""
    for number, piece in enumerate(text.pieces):
        inside = [one for one in marks if one.first == one.last == number]
        if inside:
            spans = tuple((one.start, one.end) for one in inside)
            texts = tuple(one.text for one in inside)
            told = texts if any(one is not None for one in texts) else ()
            yield Row("", piece, "", "", annotations=(Annotation(spans, told),))


def _names(people: list[Person]) -> Iterator[str]:
    """Yield a name per person: their own, else a number where there are several."""
    seen: Counter[str] = Counter()
    for number, person in enumerate(people, start=1):
        name = person.name or (str(number) if len(people) > 1 else "")
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


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
    return [f"of type {kind!r} of other controls"] if kind in SPANS and other else []


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
            raise InputError(
                f"{where}: {control} has two choices,"
                f" {reprlib.repr(chosen[control])} and {reprlib.repr(choices)}"
            )
    if not chosen:
        return None
    if len(chosen) > 1 and name not in chosen:
        controls = ", ".join(sorted(chosen))
        raise InputError(f"{where}: several choices ({controls}): name one in data.label_column")
    choices = chosen.get(name) or next(iter(chosen.values()))
    if not isinstance(choices, list) or len(choices) != 1:
        raise InputError(f"{where}: the chosen class is not one but {reprlib.repr(choices)}")
    return checked_label(choices[0], f"{where}: choices")
