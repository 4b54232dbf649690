"""One text with its units switched on and off, as Captum's input.

What is changed is a vector of switches, one per word (token, sentence): 1 leaves the unit as it is, 0
puts [MASK] (or [PAD]) in the place of its tokens. A model that drops tokens decides anew each time.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from workbench.attribution.engine.layer_inputs import seeded, without_words
from workbench.attribution.engine.memory import copies_in
from workbench.attribution.engine.task import Task
from workbench.attribution.ops.pooling import groups
from workbench.attribution.types import Scored

SAMPLES = 200
"""Perturbed texts of LIME and KernelSHAP unless asked otherwise."""


@dataclass(frozen=True)
class Switches:
    """One window's units as Captum's input."""

    forward: Callable[[Tensor], Tensor]
    """(K, units) float -> outputs (K, classes)."""
    on: Tensor
    """(1, units) of ones."""
    target: int
    at_once: int
    """Changed texts that run together."""
    samples: int


def perturbed(method: Callable[[Switches], Tensor], task: Task) -> list[Scored]:
    """A method's scores at row 0: each token has its unit's; special tokens have none."""
    return [_scored(method, task.alone(row)) for row in range(len(task.windows))]


def _scored(method: Callable[[Switches], Tensor], task: Task) -> Scored:
    window = task.windows[0]
    unit = groups(window, task.tokenizer, task.options.granularity or "word")
    scores = np.full((task.model.layers, len(unit)), np.nan, dtype=np.float32)
    if (unit >= 0).any():
        with torch.no_grad(), seeded(window, task.options.seed):
            found = method(_switches(task, unit))[0].float().cpu().numpy()
        # The last entry is read by index -1, the special tokens.
        scores[0] = np.append(found, np.nan)[unit]
    kept = task.reading.kept[0].cpu().numpy() if task.prunes else None
    return Scored(scores, kept)


def _switches(task: Task, unit: np.ndarray) -> Switches:
    window = task.windows[0]
    empty = without_words(window, task.tokenizer, task.options.baseline or "mask")

    def forward(switches: Tensor) -> Tensor:
        on = np.append(switches.cpu().numpy() > 0, np.ones((len(switches), 1), dtype=bool), axis=1)
        texts = np.where(on[:, unit], window.input_ids, empty)
        windows = [replace(window, input_ids=text) for text in texts]
        return task.outputs(task.model(windows).logits)

    return Switches(
        forward,
        torch.ones(1, int(unit.max()) + 1),
        int(task.targets[0]),
        min(
            task.options.batch_size,
            copies_in(task.model, len(window.input_ids), task.options, graph=False),
        ),
        task.options.samples or SAMPLES,
    )
