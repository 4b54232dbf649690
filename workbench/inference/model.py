"""What can classify windows or their tokens: a torch model, or its graph in an engine."""

from collections.abc import Sequence
from typing import Protocol

from workbench.config.questions import QuestionSettings
from workbench.core.documents import Window
from workbench.core.inference import Inference, TokenInference
from workbench.core.task_type import TaskType
from workbench.metrics.efficiency.flops import Costs


class Model(Protocol):
    """What `predict` and `classify` ask of a model."""

    @property
    def pairs(self) -> bool | None:
        """Whether it was trained on pairs of texts; None: on both, or nobody knows."""

    @property
    def method(self) -> str:
        """Name of the method that trained it."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of its outputs."""

    @property
    def task_type(self) -> TaskType:
        """What the outputs mean."""

    @property
    def costs(self) -> Costs:
        """What its windows' FLOPs are counted from."""

    @property
    def on_cpu(self) -> bool:
        """Whether this process's memory holds what it computes."""

    def window_limit(self, max_tokens: int | None) -> int:
        """Return `max_tokens`, by default the model's positions; InputError if it is more."""

    def infer(self, windows: Sequence[Window], batch_size: int = 32) -> Inference:
        """Return logits and remaining tokens of every window."""


class TokenModel(Protocol):
    """What is asked of a model that says something of each token."""

    @property
    def costs(self) -> Costs:
        """What its windows' FLOPs are counted from."""

    @property
    def on_cpu(self) -> bool:
        """Whether this process's memory holds what it computes."""

    def window_limit(self, max_tokens: int | None) -> int:
        """Return `max_tokens`, by default the model's positions; InputError if it is more."""

    def infer_tokens(self, windows: Sequence[Window], batch_size: int = 32) -> TokenInference:
        """Return the logits of every window's tokens, and how many remained."""


class Answerer(TokenModel, Protocol):
    """What `answer_questions` asks of a model, whose logits are of start and end."""

    @property
    def asked(self) -> QuestionSettings | None:
        """How questions were cut and answered in training; None: nobody knows."""


class Tagger(TokenModel, Protocol):
    """What `tag_texts` asks of a model."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the tags, in the order of its logits."""
