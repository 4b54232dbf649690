"""Argilla's records as `to_json` and `to_list` export them, nested or flattened."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import counted_notes, listed
from workbench.data.readers.exports import (
    NO_CLASS,
    Export,
    ExportForm,
    Record,
    are_spans,
    marked,
    one_name,
)
from workbench.data.rows import NO_MAJORITY, Annotation, Table, majority_of
from workbench.errors import InputError

FORM = ExportForm((".json", ".jsonl", ".ndjson"), nested=("metadata", "fields"))
SUBMITTED = ("submitted", None)
"""What the status of a response is that counts; other ones are drafts, or discarded."""
_FLAT = ".responses"


@dataclass(frozen=True)
class _Response:
    question: str
    user: str
    value: Any
    status: str | None


def is_argilla(record: Any) -> bool:
    """Return whether a record is one that Argilla exported."""
    if not isinstance(record, dict):
        return False
    nested = isinstance(record.get("fields"), dict) and isinstance(record.get("responses"), dict | list)
    return nested or any(isinstance(key, str) and key.endswith(_FLAT) for key in record)


@register_reader(
    name="argilla",
    description="Argilla's records (JSON)",
    rationales="annotated",
    usage=", data.path",
    any_texts=True,
    endings=FORM.endings,
    recognises=is_argilla,
)
def load_argilla(settings: DataSettings) -> Table:
    """Return one row per record.

    The class is what more than half of those who answered the question `label_column` chose; without
    such a question the metadata or field of that name, and without that the only question that is
    answered with names. Rationale are the answers to the span question `rationale_column`
    (default: the only one), with their labels in `rationale_labels`; a person who answered other
    questions only has marked nothing. Records without a submitted response, or without a class that
    most gave, are left out and counted, and so are drafts and discarded responses.

    Raises:
        InputError: Names file and item: no text, several questions to choose from, answers that are no
            single class or no spans.
    """
    export = Export(settings, FORM)
    records = [(record, list(_responses(record))) for record in export.records()]
    given = [one for _, responses in records for one in responses if one.status in SUBMITTED]
    column = settings.label_column
    asked = any(one.question == column for one in given)
    known = not asked and any(record.get(column) is not None for record, _ in records)
    labels = None if known else _question(given, column, "label_column", spans=False)
    spans = _question(given, settings.rationale_column, "rationale_column", spans=True)
    unused: Counter[str] = Counter()
    for record, responses in records:
        counting = [one for one in responses if one.status in SUBMITTED]
        unused.update(str(one.status) for one in responses if one.status not in SUBMITTED)
        if not counting:
            export.left_out["without a submitted response"] += 1
            continue
        if labels is None:
            export.add(record, one_name(record.get(column), f"{record.where}: {column}"),
                       *_marked(record, counting, spans, settings))  # fmt: skip
            continue
        names, people = _labels(record, counting, labels)
        label = majority_of(names, among=people)
        if label is None:
            export.left_out[NO_MAJORITY if names else NO_CLASS] += 1
            continue
        annotations, seen = _marked(record, counting, spans, settings)
        export.add(record, label, annotations, seen, names)
    export.notes += counted_notes(
        *(
            (n, "response", f" with the status {status} left out.")
            for status, n in sorted(unused.items())
        )
    )
    return export.table("the answer to a question, or metadata, that data.label_column names")


def _responses(record: Record) -> Iterator[_Response]:
    nested = record.values.get("responses")
    if isinstance(nested, dict):
        for question, answers in nested.items():
            for n, one in enumerate(_list(answers, question, record), start=1):
                if not isinstance(one, dict) or "value" not in one:
                    raise InputError(f"{record.where}: a response to {question} without a value")
                yield _Response(question, str(one.get("user_id", n)), one["value"], one.get("status"))
        return
    if nested is not None:
        raise InputError(
            f"{record.where}: responses is {type(nested).__name__}, not an object by question"
        )
    for key in record.values:
        if not key.endswith(_FLAT):
            continue
        answers = _list(record.values[key], key, record)
        users = _list(record.values.get(f"{key}.users"), f"{key}.users", record)
        status = _list(record.values.get(f"{key}.status"), f"{key}.status", record)
        for n, value in enumerate(answers):
            user = str(users[n]) if n < len(users) else str(n + 1)
            yield _Response(key.removesuffix(_FLAT), user, value, status[n] if n < len(status) else None)


def _list(value: Any, name: str, record: Record) -> list[Any]:
    if not isinstance(value, list | None):
        raise InputError(f"{record.where}: {name} is {type(value).__name__}, not a list")
    return value or []


def _question(given: list[_Response], named: str | None, setting: str, *, spans: bool) -> str | None:
    """Return the question that asks for classes, or for spans; None where there is none."""
    fitting: dict[str, bool] = {}
    for one in given:
        fits = are_spans(one.value) if spans else isinstance(one.value, str | int | list)
        if not spans and isinstance(one.value, list):
            fits = all(isinstance(item, str) for item in one.value)
        fitting[one.question] = fitting.get(one.question, True) and fits
    if named in fitting:
        return named
    if spans and named is not None:
        raise InputError(f"data.{setting}: no question {named!r}; there are: {listed(fitting)}")
    found = [question for question, fits in fitting.items() if fits and _has_value(given, question)]
    if len(found) > 1 and (spans or named == "label"):
        raise InputError(f"several questions ({listed(found)}): name one in data.{setting}")
    return found[0] if len(found) == 1 and (spans or named == "label") else None


def _has_value(given: list[_Response], question: str) -> bool:
    return any(one.question == question and one.value not in (None, "", []) for one in given)


def _labels(record: Record, given: list[_Response], question: str) -> tuple[tuple[str, ...], int]:
    """Return the classes that annotators gave, and how many answered the question at all."""
    where = f"{record.where}: {question}"
    names = [one_name(one.value, where) for one in given if one.question == question]
    return tuple(name for name in names if name is not None), len(names)


def _marked(
    record: Record, given: list[_Response], question: str | None, settings: DataSettings
) -> tuple[tuple[Annotation, ...], int]:
    """Return the annotations of a record, and how many people saw it."""
    answers = [one for one in given if one.question == question]
    where = f"{record.where}: {question}"
    for one in answers:
        if not isinstance(one.value, list):
            raise InputError(f"{where}: an answer that is no list of spans")
    return (
        tuple(marked(one.value, settings, where, one.user) for one in answers),
        len({one.user for one in given}) if answers else 0,
    )
