"""SQuAD's JSON: questions on passages, with the answers that people marked in them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.data.files.json_files import json_object
from workbench.data.rationales.forms import labelled_spans
from workbench.data.readers.files import file_options
from workbench.data.readers.split_files import named_files
from workbench.data.rows import (
    Annotation,
    Row,
    Spans,
    Table,
    checked_label,
    checked_text,
    corpus_name,
)
from workbench.data.splits import text_key
from workbench.errors import InputError

CLASSES = ("answerable", "unanswerable")
_ONE_CLASS = (
    "SQuAD 1.1 has no questions without an answer: train on 2.0, and look at 1.1 without training"
)


def is_squad(sample: Any) -> bool:
    """Return whether an object is that of a file of SQuAD."""
    articles = sample.get("data") if isinstance(sample, dict) else None
    first = articles[0] if isinstance(articles, list) and articles else None
    return isinstance(first, dict) and "paragraphs" in first


@register_reader(
    name="squad",
    description="SQuAD's JSON (1.1 or 2.0): passages, questions, answers",
    rationales="annotated",
    usage=", data.path",
    endings=(".json",),
    recognises=is_squad,
)
def load_squad(settings: DataSettings) -> Table:
    """Return the questions of `data.path` (a file, or a folder of them) or of `data.paths`.

    The passage is the first text, the question the second; the class is whether the passage answers it.
    Each of several answers is one person's rationale; where there is no answer, nothing is marked.
    Questions on one passage stay in one split. Version 1.1 has one class only, so nothing can be trained
    on it, but its answers can be read. Raises InputError, naming file and question, for broken JSON,
    missing keys, and an answer that does not stand at its offset (unless `data.mismatches` is `keep`).
    """
    rows: dict[str, list[Row]] = {}
    notes: list[str] = []
    files = named_files(settings, (".json",))
    for split, path in files:
        value = json_object(path, file_options(settings), notes)
        rows.setdefault(split or "train", []).extend(_rows(value, path))
    if not any(rows.values()):
        raise InputError(f"{files[0][1]}: holds no questions")
    return Table(
        name=corpus_name(settings),
        rows=rows,
        annotated=True,
        labels=CLASSES,
        notes=notes,
        one_class=_ONE_CLASS,
    )


def _rows(value: dict[str, Any], path: Path) -> Iterator[Row]:
    for number, article in enumerate(_list(value, "data", f"{path}"), start=1):
        place = f"{path}: article {number}"
        for n, paragraph in enumerate(_list(article, "paragraphs", place), start=1):
            where = f"{place}, paragraph {n}"
            questions = _list(paragraph, "qas", where)
            context = checked_text(paragraph.get("context"), f"{where}: context")
            group = text_key(context)
            for question in questions:
                yield _row(question, context, group, where)


def _row(question: Any, context: str, group: str, where: str) -> Row:
    if not isinstance(question, dict):
        raise InputError(f"{where}: a question that is no object")
    name = checked_label(question.get("id"), f"{where}: id")
    where = f"{where}: {name}"
    answers = _list(question, "answers", where)
    if bool(question.get("is_impossible", not answers)) != (not answers):
        raise InputError(f"{where}: is_impossible beside {len(answers)} answers")
    marked = [_marked(answer, f"{where}: answer {n}") for n, answer in enumerate(answers, 1)]
    several = len(marked) > 1
    annotations = tuple(
        Annotation(spans, texts, str(n) if several else "") for n, (spans, texts) in enumerate(marked, 1)
    )
    return Row(
        name,
        context,
        CLASSES[not answers],
        where,
        checked_text(question.get("question"), f"{where}: question"),
        annotations or (Annotation(()),),
        group=group,
    )


def _marked(answer: Any, where: str) -> tuple[Spans, tuple[str | None, ...]]:
    text = answer.get("text") if isinstance(answer, dict) else None
    start = answer.get("answer_start") if isinstance(answer, dict) else None
    if not isinstance(text, str) or type(start) is not int:
        raise InputError(f"{where}: expected text and answer_start")
    return labelled_spans([{"start": start, "end": start + len(text), "text": text}], None, where)


def _list(value: Any, key: str, where: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise InputError(f"{where}: no list of {key}")
    return found
