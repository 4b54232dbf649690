"""Tasks of Label Studio's exports: JSON with every annotation, JSON_MIN and CSV with a row per one."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.config.data import DataSettings
from workbench.data.files.options import PlacedRecord
from workbench.data.rows import checked_label
from workbench.errors import InputError

_OF_FLAT = ("annotation_id", "lead_time")
"""Columns of every row of JSON_MIN and CSV."""


@dataclass(frozen=True)
class Person:
    """What one annotator did in a task."""

    name: str
    """Empty where the export does not say."""
    results: list[Any]


@dataclass
class Task:
    """A text with what people did."""

    id: str
    data: dict[str, Any]
    where: str
    people: list[Person] = field(default_factory=list)
    cancelled: int = 0


def is_export(record: Any) -> bool:
    """Return whether a record is a task of an export, or a row of a flat one."""
    if not isinstance(record, dict):
        return False
    nested = "annotations" in record and isinstance(record.get("data"), dict)
    return nested or all(name in record for name in _OF_FLAT)


def tasks_of(records: Iterable[PlacedRecord], settings: DataSettings) -> list[Task]:
    """Return the tasks of an export; rows of one id are one task.

    Args:
        records: Of the file.
        settings: Names the columns of the class, the text and the id.

    Raises:
        InputError: Names the task: no id, no list of annotations or of results.
    """
    tasks: list[Task] = []
    flat: dict[str, Task] = {}
    for number, (where, record) in enumerate(records, start=1):
        nested = isinstance(record.get("data"), dict)
        data = record["data"] if nested else record
        given = data.get(settings.id_column) if settings.id_column else record.get("id")
        if given is None and not nested and not settings.id_column:
            given = f"row-{number}"
        task = Task(checked_label(given, f"{where}: id"), data, where)
        task.where = f"{where} ({task.id})"
        if nested:
            _take_annotations(task, record)
            tasks.append(task)
            continue
        cells = {name: _decoded(value) for name, value in record.items()}
        name = settings.annotator_column or "annotator"
        person = Person(_name(cells.get(name)), list(_results(cells, settings)))
        if task.id not in flat:
            flat[task.id] = task
            tasks.append(task)
            task.data = {key: one for key, one in cells.items() if key != settings.label_column}
        elif flat[task.id].data.get(settings.text_column) != cells.get(settings.text_column):
            raise InputError(f"{task.where}: another text than at {flat[task.id].where}")
        flat[task.id].people.append(person)
    return tasks


def _take_annotations(task: Task, record: dict[str, Any]) -> None:
    annotations = record.get("annotations")
    if not isinstance(annotations, list):
        raise InputError(
            f"{task.where}: no list of annotations (this is not an export of the kind JSON)"
        )
    for annotation in annotations:
        results = annotation.get("result") if isinstance(annotation, dict) else None
        if not isinstance(results, list):
            raise InputError(f"{task.where}: an annotation without a list of results")
        if annotation.get("was_cancelled"):
            task.cancelled += 1
        else:
            task.people.append(Person(_name(annotation.get("completed_by")), results))


def _name(person: Any) -> str:
    if isinstance(person, dict):
        person = person.get("email") or person.get("id")
    return "" if person is None or isinstance(person, list | dict) else str(person)


def _results(cells: dict[str, Any], settings: DataSettings) -> Iterator[dict[str, Any]]:
    """Yield what a flat row says as JSON would say it."""
    for column, value in cells.items():
        if column == settings.text_column:
            continue
        items = value if isinstance(value, list) else []
        for item in items:
            if isinstance(item, dict) and (kind := _kind(item)):
                yield {"type": kind, "from_name": column, "value": item}
        if column == settings.label_column and (choices := _choices(value)):
            yield {"type": "choices", "from_name": column, "value": {"choices": choices}}


def _kind(item: dict[str, Any]) -> str | None:
    return next((name for name in item if name == "labels" or name.endswith("labels")), None)


def _choices(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = value.get("choices")
    if isinstance(value, list):
        return [] if any(isinstance(one, dict | list) for one in value) else value
    return [] if value in (None, "") else [value]


def _decoded(cell: Any) -> Any:
    """Return a cell's value, that of its JSON where it is a list or an object in text."""
    if isinstance(cell, str) and cell[:1] in ("[", "{"):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell
