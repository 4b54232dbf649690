"""What a model's outputs mean: one of several classes, any number of labels, or a value."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from workbench.errors import InputError

TaskKind = Literal["classification", "multi-label", "regression"]
Target = float | tuple[int, ...]
"""A class's number, a value, a 0 or 1 per label, or the first and last token of an answer."""
Answer = str | float | tuple[str, ...]
"""What stands in the columns `label` and `predicted`: a class, a value, or the labels in their order."""
SEPARATOR = "|"
"""Between the labels of a text where they stand in one string."""
NO_LABEL = "(no label)"
"""How a text without labels is shown."""
PRESENT = 0.5
"""Probability from which on a label is predicted."""
PROBLEM_TYPES: dict[TaskKind, str] = {
    "classification": "single_label_classification",
    "multi-label": "multi_label_classification",
    "regression": "regression",
}
"""What transformers calls them in a model's config.json (`problem_type`)."""
Columns = list[str] | list[tuple[str, ...]] | np.ndarray
"""Of predictions: an entry per text."""


@dataclass(frozen=True)
class AnswerSpans:
    """Extractive question answering: whether an answer begins, and whether it ends, at a token.

    A window's target are the places of the answer's first and last token, those of [CLS] for no answer.
    """

    kind: ClassVar[None] = None
    labels: tuple[str, ...] = ("start", "end")

    def explained(self, target: str, output: str) -> str:
        """In words: the `output` (logit, probability) of the `target` answer (predicted, gold)."""
        joined = "times" if output == "probability" else "plus"
        return f"{output} of the {target} answer's start {joined} that of its end"


@dataclass(frozen=True)
class TaskType(ABC):
    """What differs between the kinds of tasks of texts; their losses are in `training.losses`."""

    kind: ClassVar[TaskKind]
    labels: tuple[str, ...]
    """What the outputs are called: the classes, the labels, or the one value."""

    def require_classes(self, why: str) -> None:
        """InputError, with the reason, unless each text has one class."""
        self.require_probabilities(why)
        self.require_one_label(why)

    def require_one_label(self, why: str) -> None:
        """InputError, with the reason, where a text has any number of labels."""
        if isinstance(self, MultiLabel):
            raise InputError(f"{why}, and here a text has any number of labels")

    def require_probabilities(self, why: str) -> None:
        """InputError, with the reason, unless the outputs are classes or labels."""
        if isinstance(self, Regression):
            raise InputError(f"{why}, and here a value is predicted ({self.labels[0]})")

    @property
    def any_label(self) -> str:
        """A label that `target` takes, for texts that have none."""
        return self.labels[0]

    @abstractmethod
    def target(self, label: str) -> Target:
        """What a document's label is to the model; ValueError for one that means nothing to it."""

    def require_one_gold(self) -> None:
        """InputError, with the reason, where a text need not have exactly one gold output."""
        if isinstance(self, MultiLabel):
            raise InputError(
                "target 'gold': a text may have several labels, or none; explain 'predicted' (its"
                f" likeliest label) or one by its name: {', '.join(self.labels)}"
            )

    def knows(self, label: str) -> bool:
        """Whether `target` takes the label."""
        try:
            self.target(label)
        except ValueError:
            return False
        return True

    @abstractmethod
    def truth(self, target: Target) -> Answer:
        """A window's target as it stands in the column `label` of predictions."""

    @abstractmethod
    def output(self, target: Target) -> int:
        """Number of the output that speaks of this target; InputError as of `require_one_gold`."""

    def shares(self, target: Target) -> list[float]:
        """How often each output counts where a text's gold outputs are explained together."""
        return [float(index == self.output(target)) for index in range(len(self.labels))]

    @abstractmethod
    def explained(self, target: str, output: str) -> str:
        """In words: the `output` (logit, probability) of a `target` (predicted, gold, or a name)."""

    @abstractmethod
    def answers(self, logits: np.ndarray) -> np.ndarray:
        """(..., outputs) logits -> as many numbers to show and to average over a text's windows."""

    @abstractmethod
    def columns(self, answers: np.ndarray) -> dict[str, Columns]:
        """The columns of predictions that (texts, outputs) answers make: `predicted`, and more."""

    def named(self, answers: np.ndarray) -> str | tuple[str, ...]:
        """What (outputs,) answers predict, by name; of a regression what the value is called."""
        return self.labels[int(answers.argmax())]

    def said(self, answers: np.ndarray) -> str:
        """The same with its answer: `positive (0.812)`."""
        return _with_answer(self.labels, answers, int(answers.argmax()))

    def same(self, logits: np.ndarray, others: np.ndarray) -> np.ndarray:
        """(windows,) bool: whether two (windows, outputs) logits predict the same class, or labels."""
        return np.asarray(logits.argmax(axis=1) == others.argmax(axis=1))


class Classification(TaskType):
    """Answers are the classes' probabilities, the prediction the likeliest class."""

    kind = "classification"

    def target(self, label: str) -> int:
        if label not in self.labels:
            raise ValueError(f"label {label!r} is not one of {list(self.labels)}")
        return self.labels.index(label)

    def truth(self, target: Target) -> str:
        return self.labels[self.output(target)]

    def output(self, target: Target) -> int:
        assert not isinstance(target, tuple)
        return int(target)

    def explained(self, target: str, output: str) -> str:
        named = f"class {target}" if target in self.labels else f"the {target} class"
        return f"{output} of {named}"

    def answers(self, logits: np.ndarray) -> np.ndarray:
        shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))

    def columns(self, answers: np.ndarray) -> dict[str, Columns]:
        predicted = [self.labels[index] for index in answers.argmax(axis=1)]
        return {"predicted": predicted, **_probabilities(self.labels, answers)}


class MultiLabel(TaskType):
    """Answers are each label's own probability, the prediction all labels of `PRESENT` or more."""

    kind = "multi-label"

    @property
    def any_label(self) -> str:
        return ""

    def target(self, label: str) -> tuple[int, ...]:
        given = names_in(label, self.kind)
        for name in given:
            if name not in self.labels:
                raise ValueError(f"label {name!r} is not one of {list(self.labels)}")
        return tuple(int(name in given) for name in self.labels)

    def truth(self, target: Target) -> tuple[str, ...]:
        assert isinstance(target, tuple)
        return tuple(name for name, there in zip(self.labels, target, strict=True) if there)

    def output(self, target: Target) -> int:
        self.require_one_gold()
        raise AssertionError("a text of several labels has no one output")

    def shares(self, target: Target) -> list[float]:
        """1 for each gold label; of a text without any for all labels, of which each was decided."""
        assert isinstance(target, tuple)
        return [float(there) for there in target] if any(target) else [1.0] * len(target)

    def explained(self, target: str, output: str) -> str:
        named = f"label {target}" if target in self.labels else "the likeliest label"
        return f"{output} of {named}"

    def answers(self, logits: np.ndarray) -> np.ndarray:
        # As a sum of two exponentials below 1, which no logit makes overflow.
        small = np.exp(-np.abs(logits))
        return np.where(logits >= 0, 1, small) / (1 + small)

    def columns(self, answers: np.ndarray) -> dict[str, Columns]:
        return {"predicted": [*map(self.named, answers)], **_probabilities(self.labels, answers)}

    def same(self, logits: np.ndarray, others: np.ndarray) -> np.ndarray:
        one, other = (self.answers(part) >= PRESENT for part in (logits, others))
        return np.asarray((one == other).all(axis=1))

    def named(self, answers: np.ndarray) -> tuple[str, ...]:
        return self.truth(tuple((answers >= PRESENT).astype(int).tolist()))

    def said(self, answers: np.ndarray) -> str:
        """`joy (0.812), surprise (0.540)`; where no label is predicted also what is likeliest."""
        places = np.flatnonzero(answers >= PRESENT)
        there = [_with_answer(self.labels, answers, int(at)) for at in places]
        return ", ".join(there) or f"{NO_LABEL}; likeliest is {super().said(answers)}"


class Regression(TaskType):
    """The one output is the value that is predicted."""

    kind = "regression"

    @property
    def any_label(self) -> str:
        return "0"

    def target(self, label: str) -> float:
        value = float(label)
        if not math.isfinite(value):
            raise ValueError(f"label {label!r} is not a finite number")
        return value

    def truth(self, target: Target) -> float:
        assert not isinstance(target, tuple)
        return float(target)

    def output(self, target: Target) -> int:
        return 0

    def explained(self, target: str, output: str) -> str:
        return f"the predicted {self.labels[0]}"

    def answers(self, logits: np.ndarray) -> np.ndarray:
        return logits

    def columns(self, answers: np.ndarray) -> dict[str, Columns]:
        return {"predicted": answers[:, 0].astype(np.float64)}


def _with_answer(labels: Sequence[str], answers: np.ndarray, at: int) -> str:
    return f"{labels[at]} ({answers[at]:.3f})"


def _probabilities(labels: Sequence[str], answers: np.ndarray) -> dict[str, Columns]:
    return {f"prob_{name}": answers[:, index] for index, name in enumerate(labels)}


_TYPES: dict[TaskKind, type[TaskType]] = {
    kind.kind: kind for kind in (Classification, MultiLabel, Regression)
}


def task_type_of(labels: Sequence[str], kind: TaskKind | None = None) -> TaskType:
    """Return what outputs of these names mean.

    `kind` None, as in what was stored before there were kinds: a regression where there is one output,
    as in transformers; classification otherwise. ValueError for a regression of several values.
    """
    kind = kind or ("regression" if len(labels) == 1 else "classification")
    if kind == "regression" and len(labels) != 1:
        raise ValueError(f"a regression has one output, not {len(labels)}")
    return _TYPES[kind](tuple(labels))


def names_in(label: str, kind: TaskKind) -> list[str]:
    """Return the classes or labels that a document's label names."""
    if kind != "multi-label":
        return [label]
    return label.split(SEPARATOR) if label else []


def answer_text(answer: object) -> str:
    """Return an entry of the columns `label` and `predicted` as text: the labels of a text joined."""
    if isinstance(answer, tuple):
        return SEPARATOR.join(answer) or NO_LABEL
    return str(answer)
