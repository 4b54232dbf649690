"""From questions to encoder inputs: the question, then overlapping windows of the passage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.config.questions import QuestionSettings
from workbench.core.annotators import combine
from workbench.core.counts import counted, counted_notes, first_few
from workbench.core.documents import Window
from workbench.core.questions import Question, QuestionWindow
from workbench.data.sentences import around
from workbench.data.windows.passages import Pieces, max_context, tokenized, window_bounds
from workbench.data.windows.special_tokens import Template, pair_template
from workbench.data.windows.sub_words import TextTokenizer, backend_of
from workbench.data.words import split_text
from workbench.errors import InputError

BATCH = 256
"""Questions tokenized in one call."""


@dataclass(frozen=True)
class QuestionEncoding:
    """The windows of some questions, in their order, and what happened while cutting."""

    windows: list[Window]
    """See `encode_questions`."""
    facts: list[QuestionWindow]
    """What each window holds of its question."""
    questions: int
    max_tokens: int
    cut_questions: tuple[str, ...] = ()
    """Ids of questions longer than `max_question`."""
    cut_answers: tuple[str, ...] = ()
    """Ids of those whose first answer is whole in no window."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Return one sentence per thing worth knowing, with counts."""
        questions, windows = counted(self.questions, "question"), counted(len(self.windows), "window")
        return (
            f"{questions} in {windows} of at most {self.max_tokens} tokens.",
            *counted_notes(
                (len(self.cut_questions), "question", f" cut ({first_few(self.cut_questions)})."),
                (
                    len(self.cut_answers), "answer",
                    f" whole in no window: [CLS] is learnt ({first_few(self.cut_answers)}).",
                ),
            ),
        )  # fmt: skip


def encode_questions(
    questions: Sequence[Question],
    tokenizer: TextTokenizer,
    *,
    max_tokens: int = 384,
    stride: int = 128,
    max_question: int = 64,
    long_questions: Literal["cut", "refuse"] = "cut",
    most_windows: int | None = None,
) -> QuestionEncoding:
    """Cut questions into windows: all hold the question and as much of the passage as fits.

    A window's label are the answer's first and last token, those of [CLS] where it does not hold all of
    one. Words count those of the question, then on through the passage (`split_text`). Rationale are the
    tokens that hold a character of the answer, also where the window does not hold all of it; of several
    answers those that more than half of them hold, and `shares` has what share does. Where the passage
    does not answer, nothing is marked; where that is not known, there is no rationale.

    Args:
        questions: With different ids.
        tokenizer: A fast one that makes a pair with [CLS].
        max_tokens: Longest window, special tokens included.
        stride: Tokens of the passage that neighbouring windows have in common, which transformers calls
            `stride` and its run_qa.py `doc_stride`. BERT's run_squad.py means by `doc_stride` how far a
            window is moved on.
        max_question: Most tokens of a question.
        long_questions: Whether a longer one loses its end, as in run_squad.py, or is refused.
        most_windows: Refuse a question that needs more; None: none is.

    Raises:
        InputError: Names the id of a question or passage without tokens, of a question that is too long
            or needs too many windows, and of one that leaves no more than `stride` tokens to a passage
            that does not fit. Any tokenizer that is not fast, or marks no answer by [CLS], is refused.
    """
    made, cut_questions, cut_answers = list[tuple[Window, QuestionWindow]](), [], []
    special = _special(tokenizer)
    for question, asked, passage in _tokenized(questions, tokenizer):
        if len(asked) > max_question:
            if long_questions == "refuse":
                raise InputError(
                    f"question {question.id!r} has {len(asked)} tokens, more than {max_question}"
                )
            cut_questions.append(question.id)
            asked = asked.first(max_question)
        room = max_tokens - len(special) - len(asked)
        where = f"question {question.id!r}"
        if room < 1 or (len(passage) > room and room <= stride):
            raise InputError(
                f"{where} leaves {max(room, 0)} of {max_tokens} tokens to its passage"
                f" of {len(passage)}, and windows have {stride} in common"
            )
        if most_windows is not None:
            _refuse_many(where, len(window_bounds(len(passage), room, stride)), most_windows)
        windows = list(_Asked(question, asked, passage, special).windows(room, stride))
        if question.answers and not any(facts.holds_answer for _, facts in windows):
            cut_answers.append(question.id)
        made += windows
    return QuestionEncoding(
        windows=[window for window, _ in made],
        facts=[facts for _, facts in made],
        questions=len(questions),
        max_tokens=max_tokens,
        cut_questions=tuple(cut_questions),
        cut_answers=tuple(cut_answers),
    )


def _refuse_many(where: str, needed: int, most: int) -> None:
    if needed > most:
        raise InputError(
            f"{where} needs {counted(needed, 'window')}, and at most {most} are run: shorten its passage"
        )


def encode_by_settings(
    questions: Sequence[Question],
    tokenizer: TextTokenizer,
    settings: QuestionSettings,
    most_windows: int | None = None,
) -> QuestionEncoding:
    """Cut questions into windows as a configuration says.

    Args:
        questions, tokenizer, most_windows: As of `encode_questions`, which says what is raised.
        settings: The configuration.
    """
    return encode_questions(
        questions, tokenizer, max_tokens=settings.max_tokens, stride=settings.stride,
        max_question=settings.max_question, long_questions=settings.long_questions,
        most_windows=most_windows,
    )  # fmt: skip


def _special(tokenizer: TextTokenizer) -> Template:
    backend_of(tokenizer)  # Refuses a slow one for what it is.
    try:
        return pair_template(tokenizer)
    except InputError:
        raise InputError(
            "the tokenizer puts no [CLS] into a pair: nothing can stand for no answer"
        ) from None


def _tokenized(
    questions: Sequence[Question], tokenizer: TextTokenizer
) -> Iterator[tuple[Question, Pieces, Pieces]]:
    for first in range(0, len(questions), BATCH):
        some = questions[first : first + BATCH]
        asked = tokenized([one.text for one in some], tokenizer)
        # Many questions are on one passage.
        contexts = list(dict.fromkeys(one.context for one in some))
        passages = dict(zip(contexts, tokenized(contexts, tokenizer), strict=True))
        for question, pieces in zip(some, asked, strict=True):
            passage = passages[question.context]
            for name, tokens in (("it", pieces), ("its passage", passage)):
                if not len(tokens):
                    raise InputError(f"question {question.id!r}: the tokenizer finds no token in {name}")
            yield question, pieces, passage


class _Asked:
    """A question and its passage in tokens, and what of the passage answers it."""

    def __init__(self, question: Question, asked: Pieces, passage: Pieces, special: Template) -> None:
        self.question, self.asked, self.passage, self.special = question, asked, passage, special
        self.first_token = len(special.head) + len(asked) + len(special.middle)
        self.words_before = len(split_text(question.text))
        places = [passage.covering(answer.start, answer.end) for answer in question.answers]
        marks = np.array([self._mark(place) for place in places])
        self.answer = places[0] if places else None
        self.shares = marks.mean(axis=0, dtype=np.float32) if len(marks) > 1 else None
        self.marked: np.ndarray | None = None
        if places:
            self.marked = combine(marks, len(marks), "majority")
        elif question.impossible:
            self.marked = self._mark(None)
        self.sentence = self._mark(self._sentence())

    def _mark(self, place: tuple[int, int] | None) -> np.ndarray:
        marked = np.zeros(len(self.passage), dtype=bool)
        if place is not None:
            marked[place[0] : place[1] + 1] = True
        return marked

    def _sentence(self) -> tuple[int, int] | None:
        if self.answer is None:
            return None
        answer, context = self.question.answers[0], self.question.context
        return self.passage.covering(*around(context, answer.start, answer.end))

    def windows(self, room: int, stride: int) -> Iterator[tuple[Window, QuestionWindow]]:
        bounds = window_bounds(len(self.passage), room, stride)
        most = max_context(bounds, len(self.passage))
        for number, (first, last) in enumerate(bounds.tolist()):
            yield self._window(number, first, last, most[number])

    def _window(
        self, number: int, first: int, last: int, most: np.ndarray
    ) -> tuple[Window, QuestionWindow]:
        asked, special, part = self.asked, self.special, slice(first, last)
        own_ids = np.concatenate([special.head, special.middle, special.tail])
        ids = special.around(asked.ids, self.passage.ids[part], own_ids)
        *own_types, asked_type, passage_type = special.types
        types = special.around(
            np.full(len(asked), asked_type), np.full(last - first, passage_type), np.array(own_types)
        )
        words = special.around(
            asked.words, self.passage.words[part] + self.words_before, np.full(len(special), -1)
        )
        null = 0  # [CLS] is the one token before the question.
        start = end = null
        if self.answer and first <= self.answer[0] and self.answer[1] < last:
            start, end = (at - first + self.first_token for at in self.answer)

        def placed(values: np.ndarray, elsewhere: float = 0) -> np.ndarray:
            row = np.full((len(ids), *values.shape[1:]), elsewhere, dtype=values.dtype)
            row[self.first_token : self.first_token + last - first] = values[part]
            return row

        window = Window(
            text_id=self.question.id,
            window=number,
            label=(start, end),
            input_ids=ids,
            token_type_ids=types,
            word_index=words,
            rationale=None if self.marked is None else placed(self.marked),
            shares=None if self.shares is None else placed(self.shares),
        )
        facts = QuestionWindow(
            question_id=self.question.id,
            window=number,
            offsets=placed(self.passage.offsets, -1),
            max_context=placed(most),
            null=null,
            start=start,
            end=end,
            sentence=placed(self.sentence),
        )
        return window, facts
