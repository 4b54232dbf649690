"""Answer the questions of a file with a trained or exported model, in torch or in an engine."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from workbench.config.questions import QuestionSettings
from workbench.data.readers.plain_questions import iter_questions
from workbench.errors import InputError
from workbench.inference.answer import AnswerPrediction, answer_questions
from workbench.inference.load import load_answerer
from workbench.pipeline.job import Reporter
from workbench.pipeline.predict import check_source, loaded_for, write_as_answered
from workbench.pipeline.requests import AskRequest
from workbench.runs.answers import AnswersFolder, holds_answers

LINES, SQUAD = ".jsonl", ".json"


def ask(request: AskRequest, reporter: Reporter) -> int:
    """Write the answers in the questions' order, whole or not at all; return how many.

    Of JSON lines memory holds a pool of questions (`answer_questions`), however many there are.

    Raises:
        InputError: As `load_answerer`, `iter_questions` and `answer_questions`; for both or none of run
            and model, an ending of `out` that says no form, and an id that comes twice in SQuAD's.
        WorkbenchError: The disk refuses.
    """
    form = request.out.suffix.lower()
    if form not in (LINES, SQUAD):
        raise InputError(f"--out {request.out}: ends in {LINES} (lines) or {SQUAD} (SQuAD's form)")
    folder, settings = _source(request)
    model, tokenizer = loaded_for(load_answerer, request, folder)
    questions = iter_questions(
        request.questions, request.limit, question_column=request.question_column,
        context_column=request.context_column, id_column=request.id_column,
    )  # fmt: skip
    answers = answer_questions(
        model, tokenizer, questions, settings=model.asked or settings, batch_size=request.batch_size
    )
    end = "\n}\n" if form == SQUAD else ""
    return write_as_answered("ask", request, _parts(answers, form), reporter, end=end)


def _source(request: AskRequest) -> tuple[Path, QuestionSettings | None]:
    """Return the model's folder, and how questions were cut where it was trained."""
    check_source("ask", request)
    if request.model is not None:
        return request.model, None
    assert request.run is not None
    if not holds_answers(request.run):
        raise InputError(f"{request.run}: not a folder of `workbench answer`")
    trained = AnswersFolder(request.run)
    if request.method is None:
        raise InputError("--run needs --method, such as dense or top-0.3")
    return trained.model_folder(request.method), trained.config.questions


def _parts(answers: Iterator[AnswerPrediction], form: str) -> Iterator[str]:
    """Yield what is written of each answer."""
    seen: set[str] = set()
    for answer in answers:
        if form == LINES:
            record = asdict(answer) | {"tokens": answer.tokens.tolist()}
            yield json.dumps(record, ensure_ascii=False) + "\n"
            continue
        name = answer.question_id
        if name in seen:
            raise InputError(f"question {name!r} comes twice; {SQUAD} holds one answer an id")
        key, text = (json.dumps(part, ensure_ascii=False) for part in (name, answer.text))
        yield f"{',' if seen else '{'}\n  {key}: {text}"
        seen.add(name)
