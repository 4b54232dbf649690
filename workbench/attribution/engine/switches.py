"""One text with its units switched on and off, as Captum's input.

What is changed is a vector of switches, one per word (token, sentence): 1 leaves the unit as it is, 0
puts [MASK] (or [PAD]) in the place of its tokens. A model that drops tokens decides anew each time.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.attribution.engine.layer_inputs import seeded, without_words
from workbench.attribution.engine.memory import copies_in
from workbench.attribution.engine.task import Task
from workbench.attribution.ops.pooling import groups
from workbench.attribution.types import Scored

SAMPLES = 200
"""Perturbed texts of LIME and KernelSHAP by default."""


@dataclass(frozen=True)
class Switches:
    """One window's units as Captum's input."""

    forward: Callable[[Tensor], Tensor]
    """(K, units) float -> what is explained (K,)."""
    on: Tensor
    """(1, units) of ones."""
    at_once: int
    """Changed texts that run together."""
    samples: int

    def attribute(self, method: Any, **more: Any) -> Tensor:
        """Run a method of Captum on these switches, and return (1, units)."""
        values: Tensor = method.attribute(
            self.on, baselines=0, perturbations_per_eval=self.at_once, **more
        )
        return values


def score_switches(method: Callable[[Switches], Tensor], task: Task) -> list[Scored]:
    """Score the input of every window: each token has its unit's score, special tokens have none."""
    return [_score_window(method, task.alone(row)) for row in range(len(task.windows))]


def _score_window(method: Callable[[Switches], Tensor], task: Task) -> Scored:
    (window,) = task.windows
    unit = groups(window, task.tokenizer, task.options.granularity or "word")
    scores = np.full((task.model.layers, len(unit)), np.nan, dtype=np.float32)
    if (unit >= 0).any():
        with torch.no_grad(), seeded(window, task.options.seed):
            values = method(_switches(task, unit))[0].float().cpu().numpy()
        # The last entry is read by index -1, the special tokens.
        scores[0] = np.append(values, np.nan)[unit]
    kept = task.plain_pass.kept[0].cpu().numpy() if task.prunes else None
    return Scored(scores, kept)


def _switches(task: Task, unit: np.ndarray) -> Switches:
    (window,), options = task.windows, task.options
    empty = without_words(window, task.tokenizer, options.baseline or "mask")

    def forward(switches: Tensor) -> Tensor:
        on = np.append(switches.cpu().numpy() > 0, np.ones((len(switches), 1), dtype=bool), axis=1)
        texts = np.where(on[:, unit], window.input_ids, empty)
        changed = [replace(window, input_ids=text) for text in texts]
        return task.explained.of(task.model(changed).logits)

    fitting = copies_in(task.model, len(window.input_ids), options, keeps_graph=False)
    return Switches(
        forward,
        on=torch.ones(1, int(unit.max()) + 1),
        at_once=min(options.batch_size, fitting),
        samples=options.samples or SAMPLES,
    )
