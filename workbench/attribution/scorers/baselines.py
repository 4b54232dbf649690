"""Scores that know nothing, or everything: what the others are compared with."""

from collections.abc import Callable

import numpy as np

from workbench.attribution.engine.task import Task
from workbench.attribution.types import Scored
from workbench.core.documents import Window

Control = Callable[[Window, int, int], np.ndarray]
"""(window, layers, seed) -> (layers, n) float32."""


def random(window: Window, layers: int, seed: int) -> np.ndarray:
    """Uniform in (0, 1) by text id and window, a draw of its own for every layer."""
    return window.generator(seed).random((layers, len(window.input_ids)), dtype=np.float32)


def uniform(window: Window, layers: int, seed: int) -> np.ndarray:
    """1 everywhere."""
    return np.ones((layers, len(window.input_ids)), dtype=np.float32)


def oracle(window: Window, layers: int, seed: int) -> np.ndarray:
    """The human rationale in every layer; uniform for a window without one."""
    if window.rationale is None or not window.rationale.any():
        return uniform(window, layers, seed)
    return np.tile(window.rationale.astype(np.float32), (layers, 1))


def control(kind: Control, task: Task) -> list[Scored]:
    """A control's scores; of a model that drops tokens it speaks of all, as if none were dropped."""
    found = []
    for window in task.windows:
        scores = np.full((task.model.layers, len(window.input_ids)), np.nan, dtype=np.float32)
        layers = list(task.layers)
        scores[layers] = kind(window, task.model.layers, task.options.seed)[layers]
        found.append(Scored(scores))
    return found
