"""Extractive question answering: questions on passages, answers, and what a window holds of them."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Answer:
    """A stretch of the passage that answers the question."""

    text: str
    start: int
    """Its first character in the passage."""

    @property
    def end(self) -> int:
        """Return the place one past its last character."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class Question:
    """A question on a passage."""

    id: str
    text: str
    context: str
    """The passage."""
    answers: tuple[Answer, ...] = ()
    """What people marked, in the order of the source; a model learns the first."""
    impossible: bool = False
    """Whether the passage is known not to answer it."""
    article: str = ""
    """What the passage is from, for splits; empty where the source does not say."""


@dataclass(frozen=True)
class QuestionSet:
    """Questions by split, with everything that was decided on the way written in `notes`."""

    name: str
    splits: dict[str, tuple[Question, ...]]
    """train, dev and test, each possibly empty."""
    notes: tuple[str, ...] = ()
    """One sentence per thing that was dropped, moved or cut, with counts."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Name (moved_answers, dropped_answers, dropped_questions) -> split -> number."""


@dataclass(frozen=True)
class QuestionWindow:
    """What one window holds of a question, beside the tokens: places in the passage, and the answer."""

    question_id: str
    window: int
    """0-based number among the question's windows."""
    offsets: np.ndarray
    """(n, 2) int32: each token's [start, end) in characters of the passage; -1 outside of it."""
    max_context: np.ndarray
    """(n,) bool: of all windows that hold this token of the passage, this one shows most around it."""
    null: int
    """The token that stands for no answer: [CLS]."""
    start: int
    """The first token of the first answer; `null` where this window does not hold all of it."""
    end: int
    """Its last token, inclusive; `null` likewise."""
    sentence: np.ndarray
    """(n,) bool: tokens of the sentences that the first answer lies in."""

    @property
    def in_context(self) -> np.ndarray:
        """Return (n,) bool: tokens of the passage, the only ones that may be answers."""
        return self.offsets[:, 0] >= 0

    @property
    def holds_answer(self) -> bool:
        """Return whether the whole first answer is in this window."""
        return self.start != self.null

    def text(self, context: str, start: int, end: int) -> str:
        """Return what tokens of this window say, as it stands in the passage.

        Args:
            context: The passage.
            start, end: The first and the last token, both inside the passage.
        """
        return context[int(self.offsets[start, 0]) : int(self.offsets[end, 1])]
