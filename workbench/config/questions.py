"""The configuration of question answering: how questions are cut and answered, and what is trained."""

from typing import Literal

from pydantic import Field

from workbench.catalog.settings import Settings
from workbench.config.evaluation import ScorerNames
from workbench.config.systems import SystemsConfig


class QuestionSettings(Settings):
    """How questions are read, cut into windows, and answered."""

    max_tokens: int = Field(384, ge=16, le=10**6)
    """Longest window in tokens: special tokens, question and a part of the passage."""
    stride: int = Field(128, ge=0)
    """Tokens of the passage that neighbouring windows have in common."""
    max_question: int = Field(64, ge=1)
    """Most tokens of a question."""
    long_questions: Literal["cut", "refuse"] = "cut"
    """What to do with a longer one."""
    misplaced: Literal["refuse", "search", "drop"] = "refuse"
    """What to do with an answer that does not stand at its offset: `search` takes the nearest place."""
    dev_share: float = Field(0.1, gt=0, lt=1)
    """The share of articles that are judged on, where the files have no dev split."""
    rules: Literal["squad-1.1", "squad-2.0", "mlqa-zh"] = "squad-2.0"
    """How answers are compared, see docs/question-answering.md."""
    n_best: int = Field(20, ge=1)
    """Highest start and end logits of a window that are tried with each other."""
    max_answer_length: int = Field(30, ge=1)
    """Tokens of the longest answer."""
    null_threshold: float = 0.0
    """No answer is the answer where it scores higher than the best span by more than this."""
    scorers: ScorerNames = Field([])
    """Scorers that explain what every model answers, compared with the answer and its sentence; the
    controls random and position come along. `run.evaluation` says how many windows (`max_scored`),
    resamples and draws."""
    max_train: int | None = Field(None, ge=1)
    """At most this many training questions, the first ones; null takes all."""


class QuestionsConfig(SystemsConfig):
    """Methods trained to answer questions; `run.data` names SQuAD's files."""

    questions: QuestionSettings = QuestionSettings()
