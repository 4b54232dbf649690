"""SQuAD's JSON: questions on passages, with the answers that people marked in them."""

from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.data.files.json_files import json_object
from workbench.data.rationales.forms import labelled_spans
from workbench.data.readers.files import file_options
from workbench.data.readers.split_files import named_files
from workbench.data.readers.squad_files import Asked, asked_questions
from workbench.data.rows import Annotation, Row, Spans, Table, corpus_name
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
        rows.setdefault(split or "train", []).extend(map(_row, asked_questions(value, path)))
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


def _row(asked: Asked) -> Row:
    where, answers = asked.where, asked.answers
    marked = [_marked(*answer, f"{where}: answer {n}") for n, answer in enumerate(answers, 1)]
    several = len(marked) > 1
    annotations = tuple(
        Annotation(spans, texts, str(n) if several else "") for n, (spans, texts) in enumerate(marked, 1)
    )
    return Row(
        asked.id,
        asked.context,
        CLASSES[not marked],
        where,
        asked.text,
        annotations or (Annotation(()),),
        group=text_key(asked.context),
    )


def _marked(text: str, start: int, where: str) -> tuple[Spans, tuple[str | None, ...]]:
    return labelled_spans([{"start": start, "end": start + len(text), "text": text}], None, where)
