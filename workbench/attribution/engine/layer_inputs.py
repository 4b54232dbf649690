"""Window by window, layer by layer: hidden states, their baseline, and the rest of the model."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from workbench.attribution.engine.memory import copies_in
from workbench.attribution.engine.tail import Tail, entering
from workbench.attribution.engine.task import Task, frozen
from workbench.attribution.options import Baseline, Options
from workbench.attribution.types import Scored
from workbench.core.documents import Window
from workbench.errors import InputError


@dataclass(frozen=True)
class Point:
    """One window at one layer's input, as Captum wants it."""

    forward: nn.Module
    """hidden (K, N, H), alive (K, layers, N) bool -> outputs (K, classes): a `Tail`."""
    hidden: Tensor
    """(1, N, H)."""
    baseline: Tensor
    """(1, N, H): the hidden states of "no information"."""
    alive: Tensor
    """(1, layers, N) bool."""
    target: Tensor
    """(1,) int64: the class explained."""
    copies: int
    """How many of these may run at once within the memory budget."""
    options: Options


class Found(NamedTuple):
    """What a method gives at a point."""

    values: Tensor
    """(1, N)."""
    error: float = float("nan")
    """Convergence error as a share of the output's difference; NaN: none known."""


def share_missed(values: Tensor, missed: Tensor) -> float:
    """Captum's convergence delta (1,) as a share of the difference that the scores (1, N) should add up
    to; as it is where there is no difference."""
    difference = float((values.sum() - missed.sum()).abs())
    error = float(missed.abs().sum())
    return error / difference if difference > 0 else error


def at_points(method: Callable[[Point], Found], task: Task) -> list[Scored]:
    """A method's scores at the layers asked for; windows run alone, so company changes nothing.

    Random numbers inside depend on the seed, the window and the layer only.
    """
    return [_scored(method, task.alone(row)) for row in range(len(task.windows))]


def _scored(method: Callable[[Point], Found], task: Task) -> Scored:
    window, found = task.windows[0], []
    errors = np.full(task.model.layers, np.nan, dtype=np.float32)
    with frozen(task.model):
        for layer, point in _points(task):
            with seeded(window, task.options.seed, layer):
                found.append(method(point))
            errors[layer] = found[-1].error
    rows = torch.stack([one.values.detach() for one in found], dim=1)
    (scored,) = task.scored(rows, task.layers)
    return scored._replace(error=None if np.isnan(errors).all() else errors)


def _points(task: Task) -> Iterator[tuple[int, Point]]:
    model, options = task.model, task.options
    states = entering(model, _embedded(task, task.windows[0]), task.alive)
    empty = _baselines(task)
    copies = copies_in(model, len(task.windows[0].input_ids), options, graph=True)
    for layer in task.layers:
        yield (
            layer,
            Point(
                forward=Tail(model, layer, task.outputs),
                hidden=states[layer],
                baseline=torch.zeros_like(states[layer]) if empty is None else empty[layer],
                alive=task.alive,
                target=task.targets,
                copies=copies,
                options=options,
            ),
        )


def _baselines(task: Task) -> list[Tensor] | None:
    """Hidden states of the text without its words at every layer's input; None: zero vectors."""
    kind = task.options.baseline or "mask"
    if kind == "zero":
        return None
    ids = without_words(task.windows[0], task.tokenizer, kind)
    return entering(task.model, _embedded(task, replace(task.windows[0], input_ids=ids)), task.alive)


def _embedded(task: Task, window: Window) -> Tensor:
    with torch.no_grad():
        return task.model.embed([window], "masked")[0]


def without_words(window: Window, tokenizer: PreTrainedTokenizerBase, kind: Baseline) -> np.ndarray:
    """(n,) int64: the window's ids with [MASK] or [PAD] for every word's token; special ones stay."""
    found = tokenizer.mask_token_id if kind == "mask" else tokenizer.pad_token_id
    if found is None:
        raise InputError(f"baseline {kind}: the tokenizer has no such token; choose another baseline")
    return np.where(window.word_index >= 0, found, window.input_ids)


@contextmanager
def seeded(window: Window, *seed: int) -> Iterator[None]:
    """Captum draws from torch's and numpy's global generators: both are seeded inside, then put back."""
    number = int(window.generator(*seed).integers(2**31))
    before = np.random.get_state()
    with torch.random.fork_rng():
        torch.manual_seed(number)
        np.random.seed(number)
        try:
            yield
        finally:
            np.random.set_state(before)
