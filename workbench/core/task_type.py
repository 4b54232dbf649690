"""What a model's outputs mean: one of several classes, or a value."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import InputError


@dataclass(frozen=True)
class TaskType(ABC):
    """What differs between classification and regression; their losses are in `training.losses`."""

    labels: tuple[str, ...]
    """What the outputs are called: the classes, or the one value."""

    def require_classes(self, why: str) -> None:
        """InputError, with the reason, unless the outputs are classes."""
        if isinstance(self, Regression):
            raise InputError(f"{why}, and here a value is predicted ({self.labels[0]})")

    @property
    def any_label(self) -> str:
        """A label that `target` takes, for texts that have none."""
        return self.labels[0]

    @abstractmethod
    def target(self, label: str) -> float:
        """What a document's label is to the model; ValueError for one that means nothing to it."""

    def knows(self, label: str) -> bool:
        """Whether `target` takes the label."""
        try:
            self.target(label)
        except ValueError:
            return False
        return True

    @abstractmethod
    def truth(self, target: float) -> str | float:
        """A window's target as it stands in the column `label` of predictions."""

    @abstractmethod
    def output(self, target: float) -> int:
        """Number of the output that speaks of this target."""

    @abstractmethod
    def explained(self, target: str, output: str) -> str:
        """In words: the `output` (logit, probability) of a `target` (predicted, gold, or a name)."""

    @abstractmethod
    def answers(self, logits: np.ndarray) -> np.ndarray:
        """(..., outputs) logits -> as many numbers to show and to average over a text's windows."""

    @abstractmethod
    def columns(self, answers: np.ndarray) -> dict[str, list[str] | np.ndarray]:
        """The columns of predictions that (texts, outputs) answers make: `predicted`, and more."""


class Classification(TaskType):
    """Answers are the classes' probabilities, the prediction the likeliest class."""

    def target(self, label: str) -> int:
        if label not in self.labels:
            raise ValueError(f"label {label!r} is not one of {list(self.labels)}")
        return self.labels.index(label)

    def truth(self, target: float) -> str:
        return self.labels[int(target)]

    def output(self, target: float) -> int:
        return int(target)

    def explained(self, target: str, output: str) -> str:
        named = f"class {target}" if target in self.labels else f"the {target} class"
        return f"{output} of {named}"

    def answers(self, logits: np.ndarray) -> np.ndarray:
        shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))

    def columns(self, answers: np.ndarray) -> dict[str, list[str] | np.ndarray]:
        predicted = [self.labels[index] for index in answers.argmax(axis=1)]
        shares = {f"prob_{name}": answers[:, index] for index, name in enumerate(self.labels)}
        return {"predicted": predicted, **shares}


class Regression(TaskType):
    """The one output is the value that is predicted."""

    @property
    def any_label(self) -> str:
        return "0"

    def target(self, label: str) -> float:
        value = float(label)
        if not math.isfinite(value):
            raise ValueError(f"label {label!r} is not a finite number")
        return value

    def truth(self, target: float) -> float:
        return float(target)

    def output(self, target: float) -> int:
        return 0

    def explained(self, target: str, output: str) -> str:
        return f"the predicted {self.labels[0]}"

    def answers(self, logits: np.ndarray) -> np.ndarray:
        return logits

    def columns(self, answers: np.ndarray) -> dict[str, list[str] | np.ndarray]:
        return {"predicted": answers[:, 0].astype(np.float64)}


def task_type_of(labels: Sequence[str]) -> TaskType:
    """A regression where there is one output, as in transformers; classification otherwise."""
    return Regression(tuple(labels)) if len(labels) == 1 else Classification(tuple(labels))
