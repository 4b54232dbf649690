"""From start and end logits to the answer of a question over its windows, as run_squad.py finds it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from workbench.config.questions import QuestionSettings
from workbench.core.questions import Question, QuestionWindow
from workbench.core.span_search import USUAL, SpanSearch


def span_search(settings: QuestionSettings) -> SpanSearch:
    """Return which spans may be answers; no answer may be one by the rules of SQuAD 2.0."""
    return SpanSearch(
        n_best=settings.n_best,
        max_answer_length=settings.max_answer_length,
        null=settings.rules == "squad-2.0",
        null_threshold=settings.null_threshold,
    )


@dataclass(frozen=True)
class FoundSpan:
    """A span of the passage, and how high it scored."""

    score: float
    """Its start logit plus its end logit."""
    window: int
    start: int
    """Its first token in the window."""
    end: int
    """Its last token, inclusive."""
    text: str
    """As it stands in the passage."""


@dataclass(frozen=True)
class FoundAnswer:
    """What a model answers to a question."""

    question_id: str
    text: str
    """Empty: no answer."""
    spans: tuple[FoundSpan, ...]
    """The best ones, falling by score; of equal ones by window, start, end. Empty: none may be."""
    null_score: float
    """Of no answer: the least over windows of [CLS]'s start logit plus its end logit."""

    @property
    def best_text(self) -> str:
        """Return the best span's text, whatever no answer scores; empty where there is no span."""
        return self.spans[0].text if self.spans else ""

    @property
    def null_odds(self) -> float:
        """Return by how much no answer scores higher than the best span; inf where there is no span."""
        return self.null_score - self.spans[0].score if self.spans else np.inf


def find_answers(
    questions: Sequence[Question],
    facts: Sequence[QuestionWindow],
    start_logits: Sequence[np.ndarray],
    end_logits: Sequence[np.ndarray],
    search: SpanSearch = USUAL,
) -> Iterator[FoundAnswer]:
    """Yield each question's answer.

    The highest logits of a window are chosen among all its tokens, those of the question too; spans that
    are not of the passage, end before they start or are too long fall away then. So it may be that no
    span is left: the answer is empty then, also where `search.null` is off (run_qa.py says "empty").

    Args:
        questions, facts: In the order of each other, as `encode_questions` makes them.
        start_logits, end_logits: (n,) for each window; -inf for a token that can be none.
        search: Which spans may be answers.

    Raises:
        ValueError: Windows and logits do not fit each other or the questions, or a logit is NaN.
    """
    if not len(facts) == len(start_logits) == len(end_logits):
        raise ValueError(f"{len(facts)} windows, {len(start_logits)} and {len(end_logits)} of logits")
    first = 0
    windows = groupby(facts, key=lambda one: one.question_id)
    for question in questions:
        name, group = next(windows, ("none", iter(())))
        own = list(group)
        if name != question.id:
            raise ValueError(f"windows of question {name!r} where those of {question.id!r} are due")
        part = slice(first, first + len(own))
        first = part.stop
        yield _found(question, own, start_logits[part], end_logits[part], search)
    if first < len(facts):
        raise ValueError(f"{len(facts) - first} windows of no question")


def _found(
    question: Question,
    facts: Sequence[QuestionWindow],
    start_logits: Sequence[np.ndarray],
    end_logits: Sequence[np.ndarray],
    search: SpanSearch,
) -> FoundAnswer:
    null, found = np.inf, []
    for number, (one, starts, ends) in enumerate(zip(facts, start_logits, end_logits, strict=True)):
        starts, ends = (np.asarray(logits, dtype=np.float64) for logits in (starts, ends))
        if not starts.shape == ends.shape == one.max_context.shape:
            raise ValueError(
                f"question {question.id!r}, window {number}: {len(one.offsets)} tokens, logits of"
                f" {starts.shape} and {ends.shape}"
            )
        if np.isnan(starts).any() or np.isnan(ends).any():
            raise ValueError(f"question {question.id!r}, window {number}: a logit is NaN")
        null = min(null, float(starts[one.null] + ends[one.null]))
        may_start = one.in_context & one.max_context if search.max_context else one.in_context
        first, last, scores = _spans(one.in_context, may_start, starts, ends, search)
        found.append((np.full(len(first), number), first, last, scores))
    window, start, end, score = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((end, start, window, -score))[: search.n_best]
    spans = tuple(
        FoundSpan(value, w, a, b, facts[w].text(question.context, a, b))
        for value, w, a, b in zip(
            *(column[order].tolist() for column in (score, window, start, end)), strict=True
        )
    )
    answer = FoundAnswer(question.id, "", spans, null)
    refused = search.null and answer.null_odds > search.null_threshold
    return answer if refused else FoundAnswer(question.id, answer.best_text, spans, null)


def answers_by_settings(
    questions: Sequence[Question],
    facts: Sequence[QuestionWindow],
    logits: Sequence[np.ndarray],
    settings: QuestionSettings,
) -> list[FoundAnswer]:
    """Return each question's answer, found as a configuration says.

    Args:
        questions, facts: As of `find_answers`.
        logits: (n, 2) of every window: where answers begin, and where they end.
        settings: The configuration.
    """
    begins, ends = ([row[:, side] for row in logits] for side in (0, 1))
    return list(find_answers(questions, facts, begins, ends, span_search(settings)))


def best_span(
    allowed: np.ndarray, starts: np.ndarray, ends: np.ndarray, search: SpanSearch = USUAL
) -> tuple[int, int]:
    """Return the first and last token of a window's best span, whatever no answer scores.

    Where none is left of the `n_best` logits, all are tried; where no token may be an answer, the span
    is [CLS] alone: token 0.

    Args:
        allowed: (n,) bool: the tokens that may be answers.
        starts, ends: (n,) logits.
        search: `n_best` and `max_answer_length` count here.
    """
    for n_best in (search.n_best, len(allowed)):
        first, last, scores = _spans(allowed, allowed, starts, ends, replace(search, n_best=n_best))
        if len(scores):
            best = np.lexsort((last, first, -scores))[0]
            return int(first[best]), int(last[best])
    return 0, 0


def _spans(
    allowed: np.ndarray,
    may_start: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    search: SpanSearch,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the first and last tokens of a window's spans, and their scores."""
    first, last = _highest(starts, search.n_best)[:, None], _highest(ends, search.n_best)[None]
    fits = may_start[first] & allowed[last]
    fits &= (first <= last) & (last - first < search.max_answer_length)
    scores = starts[first] + ends[last]
    a, b = np.nonzero(fits & (scores > -np.inf))
    return first[a, 0], last[0, b], scores[a, b]


def _highest(logits: np.ndarray, n: int) -> np.ndarray:
    """Return the places of the n highest, falling; of equal ones the first."""
    return np.argsort(-logits, kind="stable")[:n]
