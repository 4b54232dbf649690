"""The questions in SQuAD's JSON, as the file has them: articles, paragraphs, questions, answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from workbench.data.rows import checked_label, checked_text
from workbench.errors import InputError


class Asked(NamedTuple):
    """A question with its passage and answers, of which nothing has been compared yet."""

    id: str
    text: str
    context: str
    answers: tuple[tuple[str, int], ...]
    """Their texts and first characters; empty where the passage does not answer."""
    article: str
    """The article's title; empty where there is none."""
    where: str
    """File, article, paragraph and id, for messages."""


def asked_questions(value: dict[str, Any], path: Path, *, answered: bool = True) -> Iterator[Asked]:
    """Yield the questions of a file in order.

    `plausible_answers` of version 2.0 are no answers, and are not read.

    Args:
        value: What the file holds.
        path: Its name, for messages.
        answered: Whether answers are read; without, a question need have none.

    Raises:
        InputError: Names the place of a missing list, passage, question or id, of an answer without text
            or start, and of an `is_impossible` that the answers contradict.
    """
    for number, article in enumerate(_list(value, "data", f"{path}"), start=1):
        place = f"{path}: article {number}"
        title = article.get("title") if isinstance(article, dict) else None
        for n, paragraph in enumerate(_list(article, "paragraphs", place), start=1):
            where = f"{place}, paragraph {n}"
            questions = _list(paragraph, "qas", where)
            context = checked_text(paragraph.get("context"), f"{where}: context")
            for question in questions:
                name = title.strip() if isinstance(title, str) else ""
                yield _asked(question, context, name, where, answered)


def _asked(question: Any, context: str, article: str, where: str, answered: bool) -> Asked:
    if not isinstance(question, dict):
        raise InputError(f"{where}: a question that is no object")
    name = checked_label(question.get("id"), f"{where}: id")
    where = f"{where}: {name}"
    answers = _list(question, "answers", where) if answered else []
    if answered and bool(question.get("is_impossible", not answers)) != (not answers):
        raise InputError(f"{where}: is_impossible beside {len(answers)} answers")
    places = tuple(_answer(answer, f"{where}: answer {n}") for n, answer in enumerate(answers, 1))
    text = checked_text(question.get("question"), f"{where}: question")
    return Asked(name, text, context, places, article, where)


def _answer(answer: Any, where: str) -> tuple[str, int]:
    text = answer.get("text") if isinstance(answer, dict) else None
    start = answer.get("answer_start") if isinstance(answer, dict) else None
    if not isinstance(text, str) or type(start) is not int:
        raise InputError(f"{where}: expected text and answer_start")
    return text, start


def _list(value: Any, key: str, where: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise InputError(f"{where}: no list of {key}")
    return found
