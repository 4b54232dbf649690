"""Any number of questions through a model, a pool at a time: bounded memory, answers in their order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.config.loading import validated
from workbench.config.questions import QuestionSettings
from workbench.core.questions import Question
from workbench.data.windows.questions import QuestionEncoding, encode_by_settings
from workbench.errors import InputError
from workbench.inference.model import Answerer
from workbench.inference.pools import check_pool, in_pools, refuse_repeated
from workbench.metrics.answer_spans import FoundAnswer, answers_by_settings
from workbench.storage.jsonl import is_encodable
from workbench.storage.malloc import map_large_blocks

Asked = tuple[str, str] | tuple[str, str, str] | Question
"""(question, context), (id, question, context), or a question, whose answers are not looked at."""


@dataclass(frozen=True)
class AnswerPrediction:
    """What a model answers to one question, and what that took."""

    question_id: str
    text: str
    """As it stands in the context; empty: no answer."""
    best_text: str
    """The best span, whatever no answer scores; empty where no span may be one."""
    start: int | None
    """First character of `best_text` in the context; None where it is empty."""
    end: int | None
    """One past its last character."""
    score: float | None
    """Of `best_text`: its start logit plus its end logit."""
    null_score: float
    """Of no answer, as of `FoundAnswer`."""
    tokens: np.ndarray
    """(layers,) int64: tokens inside each layer, summed over the windows."""
    windows: int
    """Into how many windows question and context were cut."""
    flops: int
    """Of the model as it ran, without padding, summed over the windows."""
    flops_dense: int
    """Of the dense model on the same windows, without padding."""


def answer_questions(
    model: Answerer,
    tokenizer: Any,
    questions: Iterable[Asked],
    *,
    settings: QuestionSettings | None = None,
    batch_size: int = 32,
    pool: int = 8,
) -> Iterator[AnswerPrediction]:
    """Answer questions one after the other, in the order given; nothing is read before the first `next`.

    A context that does not fit is cut into windows that overlap (`encode_questions`). At a time `pool *
    batch_size` questions are read, their windows run in batches of similar length, and answered before
    the next ones are read: memory does not depend on the number of questions.

    Args:
        model, tokenizer: What `load_answerer` returns.
        questions: The id of a pair is its place among all questions, from "0". A pool stands alone: an
            id that comes twice in one is refused.
        settings: How questions are cut and answers found; default: as in the model's training, and where
            nobody knows that, the defaults, with windows no longer than the model.
        batch_size: Windows that run together.
        pool: How many times as many questions are read.

    Raises:
        InputError: At once for wrong arguments and windows longer than the model. Later, naming the
            question, for one that is empty, not valid Unicode, or twice in its pool, and as
            `encode_questions` raises.

    Example:
        >>> import workbench
        >>> model, tokenizer = workbench.load_answerer("runs/xquad/models/top-0.3")
        >>> asked = [("Who wrote it?", "Ada Lovelace wrote it.")]
        >>> (answer,) = workbench.answer_questions(model, tokenizer, asked)
        >>> answer.windows
        1
    """
    check_pool(batch_size, pool)
    if isinstance(questions, str):
        raise InputError("questions is a single string; give a list of pairs (question, context)")
    settings = settings or usual_settings(model)
    model.window_limit(settings.max_tokens)
    if model.on_cpu:
        map_large_blocks()
    encode_by_settings([], tokenizer, settings)  # Refuses a tokenizer that makes no pairs.
    asked = (_question(number, one) for number, one in enumerate(questions))

    def run(members: list[Question]) -> list[AnswerPrediction]:
        return _answered(model, tokenizer, members, settings, batch_size)

    return in_pools(asked, pool * batch_size, run)


def usual_settings(model: Answerer) -> QuestionSettings:
    """Return how questions were cut and answered in a model's training.

    Where nobody knows that: the defaults, with windows no longer than the model.
    """
    if model.asked is not None:
        return model.asked
    usual = QuestionSettings()
    longest = min(usual.max_tokens, model.window_limit(None))
    third = longest // 3
    return validated(
        QuestionSettings,
        {"max_tokens": longest, "stride": min(usual.stride, third),
         "max_question": min(usual.max_question, third)},
        "the model's positions",
    )  # fmt: skip


def _answered(
    model: Answerer,
    tokenizer: Any,
    questions: Sequence[Question],
    settings: QuestionSettings,
    batch_size: int,
) -> list[AnswerPrediction]:
    refuse_repeated((question.id for question in questions), "question")
    encoding = encode_by_settings(questions, tokenizer, settings)
    logits, tokens, tokens_ffn = model.infer_tokens(encoding.windows, batch_size)
    flops, dense = model.costs.of_windows(encoding.windows, tokens, tokens_ffn)
    found = answers_by_settings(questions, encoding.facts, logits, settings)
    answers, first = [], 0
    for answer in found:
        last = first
        while last < len(encoding.facts) and encoding.facts[last].question_id == answer.question_id:
            last += 1
        part = slice(first, last)
        answers.append(
            AnswerPrediction(
                question_id=answer.question_id,
                text=answer.text,
                best_text=answer.best_text,
                **_place(answer, encoding, first),
                null_score=answer.null_score,
                tokens=tokens[part].sum(axis=0),
                windows=last - first,
                flops=int(flops[part].sum()),
                flops_dense=int(dense[part].sum()),
            )
        )
        first = last
    return answers


def _place(answer: FoundAnswer, encoding: QuestionEncoding, first: int) -> dict[str, Any]:
    """Return the best span's score and characters.

    Args:
        answer: What was found.
        encoding: The windows of all questions.
        first: The number of this question's first one.
    """
    if not answer.spans:
        return {"start": None, "end": None, "score": None}
    best = answer.spans[0]
    offsets = encoding.facts[first + best.window].offsets
    start, end = int(offsets[best.start, 0]), int(offsets[best.end, 1])
    return {"start": start, "end": end, "score": best.score}


def _question(number: int, asked: Asked) -> Question:
    match asked:
        case Question():
            question = Question(asked.id, asked.text, asked.context)
        case (str() as text, str() as context):
            question = Question(str(number), text, context)
        case (str() as name, str() as text, str() as context):
            question = Question(name, text, context)
        case _:
            raise InputError(
                f"question '{number}' is {type(asked).__name__}, not a pair (question, context), "
                "(id, question, context) or a Question"
            )
    refuse_blank(question)
    return question


def refuse_blank(question: Question) -> None:
    """Raise InputError for an empty question or context, and for one that is not valid Unicode."""
    for name, text in (("question", question.text), ("context", question.context)):
        if not text.strip():
            raise InputError(f"question {question.id!r}: its {name} is empty")
    if not is_encodable(question.id + question.text + question.context):
        raise InputError(f"question {question.id!r} is not valid Unicode (a lone surrogate)")
