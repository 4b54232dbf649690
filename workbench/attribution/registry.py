"""Scorers of the catalogue made ready to run, and whether they can do what is asked of a model."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from workbench.attribution.engine.explained import check_explained
from workbench.attribution.engine.layer_inputs import score_layer_inputs
from workbench.attribution.engine.observers import Observer
from workbench.attribution.engine.switches import score_switches
from workbench.attribution.engine.task import Task
from workbench.attribution.options import PREDICTED, RUNNER_UP, Options, check_layers
from workbench.attribution.types import Scored
from workbench.catalog.scorers import ScorerSpec, scorer_spec
from workbench.core.documents import Window
from workbench.core.task_type import TaskType
from workbench.core.token_tasks import AnswerSpans
from workbench.errors import InputError
from workbench.models.backbones import Backbone
from workbench.models.classifier import PruningClassifier


def _of_windows(scores: Callable[[Window, int, int], np.ndarray], task: Task) -> list[Scored]:
    """A control's scores; in a model that drops tokens all have some, as if none were dropped."""
    found = []
    for window in task.windows:
        values = np.full((task.model.layers, len(window.input_ids)), np.nan, dtype=np.float32)
        layers = list(task.layers)
        values[layers] = scores(window, task.model.layers, task.options.seed)[layers]
        found.append(Scored(values))
    return found


_ADAPTERS: Mapping[str, Callable[..., Sequence[Scored]]] = {
    "layer_input": score_layer_inputs, "switches": score_switches, "window": _of_windows,
}  # fmt: skip
"""From what a function takes to how it scores a task."""


def make_observer(spec: ScorerSpec) -> Observer:
    """Return a new observer for one pass, of a scorer that takes `layers`."""
    kind = implementation(spec)
    observer: Observer = kind() if spec.head is None else kind(spec.head)
    return observer


def score_function(spec: ScorerSpec) -> Callable[[Task], Sequence[Scored]]:
    """Return how a scorer that is no observer scores a batch."""
    function: Callable[..., Sequence[Scored]] = implementation(spec)
    return function if spec.takes == "task" else partial(_ADAPTERS[spec.takes], function)


def implementation(spec: ScorerSpec) -> Any:
    """Return a scorer's function or class."""
    if not isinstance(spec.implementation, str):
        return spec.implementation
    module, _, name = spec.implementation.partition(":")
    return getattr(import_module(module), name)


def check_scorers(
    names: Sequence[str], model: PruningClassifier, options: Options
) -> dict[str, ScorerSpec]:
    """Return the scorers by name.

    Args:
        names: Of the catalogue, or `name@head`.
        model: What they are to explain.
        options: What is asked of each of them.

    Raises:
        InputError: A scorer that is unknown, named twice or cannot explain this model, an option that
            one of them does not support, or a class, layer or head that the model does not have.
    """
    if not names or len(set(names)) < len(names):
        raise InputError(f"scorers {', '.join(names) or '(none)'}: name at least one, and each once")
    if options.layers is not None:
        check_layers(options.layers, model.layers)
    check_explained(model, options)
    specs = {name: scorer_spec(name) for name in names}
    for spec in specs.values():
        _check(spec, model, options)
    return specs


def _check(spec: ScorerSpec, model: PruningClassifier, options: Options) -> None:
    method, heads = model.policy.method, model.stock.config.num_attention_heads
    if spec.method not in (None, method):
        raise InputError(
            f"{spec.name}: explains models trained with {spec.method}; this one is {method}"
        )
    refused = refused_because(spec, type(model.backbone))
    if refused is not None:
        raise InputError(f"{spec.name}: {refused}")
    if spec.head is not None and spec.head >= heads:
        raise InputError(f"{spec.name}: the model has heads 0 to {heads - 1}")
    supported = spec.supported_options
    if spec.cls_row and isinstance(model.task_type, AnswerSpans):
        supported |= {"target"}
    for option in options.explicitly_set():
        if option not in supported:
            known = ", ".join(sorted(supported))
            raise InputError(f"{spec.name}: does not support {option!r} (supported: {known})")
    if options.sign == "signed" and not spec.signed:
        raise InputError(f"{spec.name}: its scores have no sign; leave the option 'sign' out")
    if spec.rows == "input" and options.baseline == "zero":
        raise InputError(f"{spec.name}: changes the text itself, where no word is zero; use pad or mask")
    if spec.rows == "input" and options.layers not in (None, (0,)):
        raise InputError(f"{spec.name}: explains the text itself and has scores for layer 0 only")


def refused_because(spec: ScorerSpec, family: type[Backbone]) -> str | None:
    """Return why a scorer cannot explain a family's models; None: it can."""
    if spec.needs_post_norm and not family.post_norm:
        return (
            f"explains layers that normalise after their residuals; {family.title}'s normalise first "
            "and have gates"
        )
    return None


def caption(spec: ScorerSpec, options: Options, task_type: TaskType | AnswerSpans) -> str:
    """Return what a scorer explains under these options, fit for a table's caption.

    Args:
        spec: The scorer.
        options: What was asked of it.
        task_type: What the model's outputs mean.
    """
    parts = [spec.description]
    if "target" in spec.supported_options:
        parts.append(task_type.explained(options.target or PREDICTED, options.output or "logit"))
    if options.against is not None:
        parts[-1] += f" minus that of {_named(options.against)}"
    if spec.cls_row and isinstance(task_type, AnswerSpans):
        named = options.target or PREDICTED
        parts.append(f"for [CLS] the mean of the {named} answer's first and last token")
    if options.baseline is not None:
        parts.append(f"baseline {options.baseline}")
    if options.granularity is not None:
        parts.append(f"by {options.granularity}")
    if options.sign == "absolute":
        parts.append("absolute")
    return ", ".join(parts)


def _named(against: str) -> str:
    return "the runner-up" if against == RUNNER_UP else against
