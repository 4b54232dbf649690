"""Window by window, layer by layer: hidden states, their baseline, and the rest of the model."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from workbench.attribution.engine.memory import copies_in
from workbench.attribution.engine.tail import Decisions, Tail, Through, states_entering
from workbench.attribution.engine.task import Task
from workbench.attribution.engine.whole_model import frozen
from workbench.attribution.options import Baseline, Options
from workbench.attribution.types import Scored
from workbench.core.documents import Window
from workbench.errors import InputError


class FromText(NamedTuple):
    """The same input as a place on the way from the embedding output."""

    forward: Through
    """embedded (K, N, H) -> what is explained (K,); its module `at` shows the layer's input."""
    embedded: Tensor
    """(1, N, H)."""
    baseline: Tensor
    """(1, N, H): the embedding output of "no information"."""


@dataclass(frozen=True)
class LayerInput:
    """One window at one layer's input, as Captum wants it."""

    forward: nn.Module
    """hidden (K, N, H) -> what is explained (K,)."""
    hidden: Tensor
    """(1, N, H)."""
    baseline: Tensor
    """(1, N, H): the hidden states of "no information"."""
    copies: int
    """How many of these may run at once within the memory budget."""
    options: Options
    from_text: FromText
    activations: Sequence[nn.Module] = ()
    """Those of `forward`, for rules of their own."""


class Attribution(NamedTuple):
    """What a method gives for one window at one layer's input."""

    values: Tensor
    """(1, N)."""
    error: float = float("nan")
    """Convergence error as a share of the output's difference; NaN: none known."""


def share_missed(values: Tensor, missed: Tensor) -> float:
    """Return the convergence error as a share of the difference that the scores should add up to.

    Captum's delta `missed` (1,) belongs to the scores `values` (1, N). Where there is no difference, the
    error is returned as it is.
    """
    difference = float((values.sum() - missed.sum()).abs())
    error = float(missed.abs().sum())
    return error / difference if difference > 0 else error


def score_layer_inputs(method: Callable[[LayerInput], Attribution], task: Task) -> list[Scored]:
    """Score every window of a task at each of its layers' inputs.

    Each window runs alone, so scores do not depend on the batch; random numbers inside depend on the
    seed, the window and the layer only.
    """
    return [_score_window(method, task.alone(row)) for row in range(len(task.windows))]


def _score_window(method: Callable[[LayerInput], Attribution], task: Task) -> Scored:
    values = []
    errors = np.full(task.model.layers, np.nan, dtype=np.float32)
    with frozen(task.model):
        for layer, layer_input in _layer_inputs(task):
            with seeded(task.windows[0], task.options.seed, layer):
                attribution = method(layer_input)
            values.append(attribution.values.detach())
            errors[layer] = attribution.error
    (scored,) = task.to_scored(torch.stack(values, dim=1), task.layers)
    return scored._replace(error=None if np.isnan(errors).all() else errors)


def _layer_inputs(task: Task) -> Iterator[tuple[int, LayerInput]]:
    model, options, (window,) = task.model, task.options, task.windows
    kind = options.baseline or "mask"
    decisions = Decisions(task.alive, task.kept)
    states, gone = _states(task, window, decisions)
    if kind == "zero":
        baselines = [torch.zeros_like(state) for state in states]
    else:
        ids = without_words(window, task.tokenizer, kind)
        baselines, _ = _states(task, replace(window, input_ids=ids), decisions)
    copies = copies_in(model, len(window.input_ids), options, keeps_graph=True)
    for layer in task.layers:
        tail = Tail(model, layer, decisions, task.explained.of, gone[layer])
        yield (
            layer,
            LayerInput(
                tail,
                states[layer],
                baselines[layer],
                copies,
                options,
                FromText(Through(tail), states[0], baselines[0]),
                model.backbone.activations,
            ),
        )


def _states(
    task: Task, window: Window, decisions: Decisions
) -> tuple[list[Tensor], list[Tensor | None]]:
    """What `states_entering` says of a window."""
    with torch.no_grad():
        embedded, _ = task.model.embed([window], "masked")
    return states_entering(task.model, embedded, decisions)


def without_words(window: Window, tokenizer: PreTrainedTokenizerBase, kind: Baseline) -> np.ndarray:
    """Return a window's ids (n,) with a token of no meaning for every word's token; special ones stay.

    Args:
        window: The text.
        tokenizer: The model's.
        kind: `mask` or `pad`.

    Raises:
        InputError: The tokenizer has no such token.
    """
    empty = tokenizer.mask_token_id if kind == "mask" else tokenizer.pad_token_id
    if empty is None:
        raise InputError(f"baseline {kind}: the tokenizer has no such token; choose another baseline")
    return np.where(window.word_index >= 0, empty, window.input_ids)


@contextmanager
def seeded(window: Window, *seed: int) -> Iterator[None]:
    """Seed torch's and numpy's global generators, from which Captum draws, and put them back after."""
    number = int(window.generator(*seed).integers(2**31))
    before = np.random.get_state()
    with torch.random.fork_rng():
        torch.manual_seed(number)
        np.random.seed(number)
        try:
            yield
        finally:
            np.random.set_state(before)
