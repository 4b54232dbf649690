"""The configuration of question answering: how questions are cut and answered, and what is trained."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from workbench.catalog.methods import METHODS
from workbench.catalog.settings import Settings, TrainingSettings
from workbench.config.comparison import spelled
from workbench.config.loading import apply_overrides, load_plugins_of, read_mapping, validated
from workbench.config.run import RunConfig


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
    max_train: int | None = Field(None, ge=1)
    """At most this many training questions, the first ones; null takes all."""


class QuestionsConfig(Settings):
    """Methods trained to answer questions, each at one or several strengths."""

    run: RunConfig
    """Name, seed, backbone, methods with their sections, and `data`: the SQuAD files."""
    questions: QuestionSettings = QuestionSettings()
    strengths: dict[str, list[float]] = Field({})
    """By method the values of its strength, such as ToP's `target_sparsity`; one that is absent is
    trained once, with its section's."""

    @field_validator("strengths")
    @classmethod
    def _not_empty(cls, strengths: dict[str, list[float]]) -> dict[str, list[float]]:
        for method, values in strengths.items():
            if method not in METHODS or METHODS[method].strength is None:
                raise ValueError(f"{method}: no method with a strength")
            if not values or len({*map(spelled, values)}) < len(values):
                raise ValueError(f"{method}: needs different values, at least one")
        return strengths

    @field_validator("run")
    @classmethod
    def _untracked(cls, run: RunConfig) -> RunConfig:
        if run.report_to:
            raise ValueError("report_to: question answering is not told to trackers; leave it out")
        return run

    @model_validator(mode="after")
    def _of_methods(self) -> "QuestionsConfig":
        for method in self.strengths:
            if method not in self.run.methods:
                raise ValueError(f"strengths.{method}: the method is not in run.methods")
            for value in self.strengths[method]:
                try:
                    self.section(method, value)
                except ValidationError as error:
                    said = error.errors()[0]["msg"]
                    raise ValueError(f"strengths.{method}: {value:g}: {said}") from None
        return self

    def section(self, method: str, strength: float | None) -> TrainingSettings:
        """Return a method's settings, at a strength where one is given."""
        settings, knob = self.run.section(method), METHODS[method].strength
        if strength is None or knob is None:
            return settings
        values = settings.model_dump() | {knob.key: strength}
        return type(settings).model_validate(values)


def load_questions_config(path: Path, overrides: list[str] | None = None) -> QuestionsConfig:
    """Read the configuration of question answering.

    Args:
        path: A YAML file.
        overrides: `a.b=value`, put in place of what the file says.

    Raises:
        InputError: Names the file and every key that is wrong.
    """
    values: dict[str, Any] = apply_overrides(read_mapping(path), overrides or [])
    run = values.get("run")
    if isinstance(run, dict):
        load_plugins_of(run, str(path))
    return validated(QuestionsConfig, values, str(path))
