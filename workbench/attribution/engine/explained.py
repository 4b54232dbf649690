"""What is explained of a window: one number made of its logits. Here the task type decides."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from workbench.attribution.options import GOLD, PREDICTED, RUNNER_UP, Options, target_index
from workbench.core.documents import Window
from workbench.core.span_search import SpanSearch
from workbench.core.task_type import MultiLabel
from workbench.core.token_tasks import IGNORED, AnswerSpans, TokenTags
from workbench.errors import InputError
from workbench.metrics.answer_spans import best_span
from workbench.models.classifier import PruningClassifier
from workbench.models.token_classifier import tag_targets


class Explained(ABC):
    """One number for each of B windows."""

    @abstractmethod
    def of(self, logits: Tensor) -> Tensor:
        """Return the windows' numbers (K,); K is B, or any number of copies of a single window."""

    @abstractmethod
    def alone(self, row: int) -> Self:
        """Return what is explained of one of the windows."""


@dataclass(frozen=True)
class ClassOutputs(Explained):
    """Outputs of a whole text, each as often as its share: one class's, those of several labels, or one
    class's minus another's."""

    shares: Tensor
    """(B, classes)."""
    scale: Callable[[Tensor], Tensor] = lambda logits: logits
    """Takes logits to the outputs, both (K, classes)."""

    def of(self, logits: Tensor) -> Tensor:
        return (self.scale(logits) * self.shares).sum(1)

    def alone(self, row: int) -> Self:
        return replace(self, shares=self.shares[row : row + 1])


@dataclass(frozen=True)
class AnswerOutputs(Explained):
    """Start logit of an answer's first token plus end logit of its last; of probabilities: times."""

    places: Tensor
    """(B, 2) int64: the first and the last token."""
    probability: bool = False

    def of(self, logits: Tensor) -> Tensor:
        places = self.places.expand(len(logits), -1)[:, None]
        if self.probability:
            return logits.softmax(dim=1).gather(1, places)[:, 0].prod(1)
        return logits.gather(1, places)[:, 0].sum(1)

    def alone(self, row: int) -> Self:
        return replace(self, places=self.places[row : row + 1])


def explained_in(
    model: PruningClassifier,
    windows: Sequence[Window],
    options: Options,
    logits: Callable[[], Tensor],
) -> Explained:
    """Return what the options' target and output are in these windows.

    Args:
        model: What is explained.
        windows: A batch.
        options: With target, against, output and, of answers, which spans may be predicted.
        logits: Returns those of the batch; called only where what is explained depends on them.
    """
    target, probability = options.target or PREDICTED, options.output == "probability"
    if isinstance(model.task_type, AnswerSpans):
        if target == GOLD:
            places = [window.label for window in windows]
        else:
            places = _best_spans(windows, logits(), options.search)
        return AnswerOutputs(torch.tensor(places, device=model.device), probability)
    if target == PREDICTED:
        chosen = logits().argmax(dim=1)
    elif target == GOLD:
        chosen = torch.tensor([model.task_type.output(window.label) for window in windows])
    else:
        chosen = torch.full((len(windows),), target_index(target, model.labels))
    shares = one_hot(chosen.to(model.device), len(model.labels))
    if options.against is not None:
        shares = shares - _others(shares, options.against, model.labels, logits)
    if not probability:
        return ClassOutputs(shares)
    each = torch.sigmoid if isinstance(model.task_type, MultiLabel) else _softmax
    return ClassOutputs(shares, each)


def _others(chosen: Tensor, against: str, labels: Sequence[str], logits: Callable[[], Tensor]) -> Tensor:
    """Return, as `chosen` (B, classes) marks each window's target, which class it is compared with."""
    if against == RUNNER_UP:
        return one_hot(logits().masked_fill(chosen.bool(), -torch.inf).argmax(dim=1), len(labels))
    named = torch.zeros_like(chosen)
    named[:, labels.index(against)] = 1
    same = (named * chosen).any(dim=1, keepdim=True)
    return torch.where(same, _others(chosen, RUNNER_UP, labels, logits), named) if same.any() else named


def gold_of(model: PruningClassifier, windows: Sequence[Window]) -> Callable[[Tensor], Tensor]:
    """Return what takes logits to the sum (B,) of those of all gold outputs of these windows: of texts
    of several labels see `MultiLabel.shares`; of tags those that tokens learn."""
    if isinstance(model.task_type, AnswerSpans):
        return explained_in(model, windows, Options(target=GOLD), lambda: torch.empty(0)).of
    if isinstance(model.task_type, TokenTags):
        return partial(_of_tags, tag_targets(windows, model.device))
    shares = torch.tensor([model.task_type.shares(window.label) for window in windows])
    return ClassOutputs(shares.to(model.device)).of


def _of_tags(targets: Tensor, logits: Tensor) -> Tensor:
    """(B,): of logits (B, N, tags) those of the tags (B, N) that tokens learn, added up."""
    learnt = targets != IGNORED
    gold = logits.gather(2, targets.where(learnt, 0)[..., None])[..., 0]
    return gold.where(learnt, 0).sum(1)


def check_explained(model: PruningClassifier, options: Options) -> None:
    """Raise InputError for a target or an output that this model does not have."""
    task_type = model.task_type
    if isinstance(task_type, TokenTags):
        raise InputError("scorers explain one decision of a window, and a model of tags makes many")
    _check_against(options, model.labels, answers=isinstance(task_type, AnswerSpans))
    named = options.target not in (None, PREDICTED, GOLD)
    if isinstance(task_type, AnswerSpans):
        if named:
            raise InputError(
                f"target {options.target!r}: of answers {PREDICTED} or {GOLD} ones are explained"
            )
        return
    if named:
        target_index(str(options.target), model.labels)
    if options.target == GOLD:
        task_type.require_one_gold()
    if options.output == "probability":
        task_type.require_probabilities("output 'probability': classes have one")


def _check_against(options: Options, labels: Sequence[str], *, answers: bool) -> None:
    """Raise InputError where there is no such other class."""
    if options.against is None:
        return
    if answers or len(labels) < 2:
        raise InputError("against: a class is compared with another, and this model has no classes")
    if options.against not in (RUNNER_UP, *labels):
        known = ", ".join(labels)
        raise InputError(
            f"against {options.against!r}: the model's classes are {known} (or {RUNNER_UP})"
        )
    if options.against == options.target:
        raise InputError(f"against {options.against!r}: that is the target; name another class")


def _softmax(logits: Tensor) -> Tensor:
    return logits.softmax(dim=-1)


def _best_spans(windows: Sequence[Window], logits: Tensor, search: SpanSearch) -> list[tuple[int, int]]:
    """The first and last token of each window's best span, of (B, N, 2) logits."""
    spans = []
    for window, row in zip(windows, logits.detach().double().cpu().numpy(), strict=True):
        starts, ends = np.moveaxis(row[: len(window.input_ids)], 1, 0)
        spans.append(best_span(window.of_second, starts, ends, search))
    return spans
