"""Questions to answer, without answers: SQuAD's JSON, or a table of questions and passages."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from workbench.config.data import DataSettings
from workbench.core.questions import Question
from workbench.data.files.json_files import json_object
from workbench.data.files.opening import ending_of
from workbench.data.files.options import FileOptions
from workbench.data.files.records import FORMS, first_record, known_forms, records_of
from workbench.data.readers.files import file_options
from workbench.data.readers.squad import is_squad
from workbench.data.readers.squad_files import asked_questions
from workbench.data.rows import checked_label, checked_text, require_keys
from workbench.errors import InputError
from workbench.storage.paths import user_path


def iter_questions(
    source: str | Path,
    limit: int | None = None,
    *,
    question_column: str = "question",
    context_column: str = "context",
    id_column: str | None = None,
) -> Iterator[Question]:
    """Yield the questions of a file in their order; of JSON lines memory holds one at a time.

    Args:
        source: SQuAD's JSON, whose answers are not read and need not be there, or a table of any known
            form.
        limit: Yield this many; those beyond are not checked.
        question_column, context_column: A table's columns.
        id_column: A table's column of ids; default: "row-3", counted from 1.

    Raises:
        InputError: At once for an unknown kind of file and a limit below 1. Later, with file and row,
            for a missing, broken or empty file, wrong encoding, and a row without question or passage.
    """
    if limit is not None and limit < 1:
        raise InputError(f"limit {limit}: at least 1 question")
    path = user_path(str(source))
    if ending_of(path) not in FORMS:
        raise InputError(f"{source}: unknown kind of file; known are {known_forms()}, SQuAD's as .json")
    if ending_of(path) == ".json" and is_squad(first_record(path)):
        return _some(islice(_of_squad(path), limit), path)
    columns = (question_column, context_column, id_column)
    return _some(islice(_of_rows(path, *columns), limit), path)


def _some(questions: Iterator[Question], path: Path) -> Iterator[Question]:
    first = next(questions, None)
    if first is None:
        raise InputError(f"{path}: the file holds no questions")
    yield first
    yield from questions


def _of_squad(path: Path) -> Iterator[Question]:
    for one in asked_questions(json_object(path, FileOptions(), []), path, answered=False):
        yield Question(one.id, one.text, one.context)


def _of_rows(path: Path, question: str, context: str, name: str | None) -> Iterator[Question]:
    for number, (where, record) in enumerate(records_of(path, file_options(DataSettings())), start=1):
        require_keys(record, [question, context, name], where)
        yield Question(
            checked_label(record[name], f"{where}: {name}") if name else f"row-{number}",
            checked_text(record[question], f"{where}: {question}"),
            checked_text(record[context], f"{where}: {context}"),
        )
