"""Scores that know nothing, or everything: what the others are compared with.

Each takes a window of n tokens, the number of layers and a seed, and returns (layers, n) float32.
"""

import numpy as np

from workbench.catalog.scorers import register_scorer
from workbench.core.documents import Window


@register_scorer(
    name="random", title="random (control)", group="control", order=10,
    description="uniform random scores", takes="window",
)  # fmt: skip
def random(window: Window, layers: int, seed: int) -> np.ndarray:
    """Draw from (0, 1) by text id and window, anew for every layer."""
    return window.generator(seed).random((layers, len(window.input_ids)), dtype=np.float32)


@register_scorer(
    name="uniform", title="uniform (control)", group="control", order=20,
    description="the same score for every token", takes="window",
)  # fmt: skip
def uniform(window: Window, layers: int, seed: int) -> np.ndarray:
    """Return 1 everywhere."""
    return np.ones((layers, len(window.input_ids)), dtype=np.float32)


@register_scorer(
    name="position", title="position (control)", group="control", order=25,
    description="earlier tokens first", takes="window",
)  # fmt: skip
def position(window: Window, layers: int, seed: int) -> np.ndarray:
    """Fall from 1 at the first token to 1/n at the last."""
    n = len(window.input_ids)
    return np.tile(np.arange(n, 0, -1, dtype=np.float32) / n, (layers, 1))


@register_scorer(
    name="oracle", title="gold oracle (control)", group="control", order=30,
    description="the human rationale itself", takes="window",
)  # fmt: skip
def oracle(window: Window, layers: int, seed: int) -> np.ndarray:
    """Return the human rationale in every layer; uniform scores for a window without one."""
    if window.rationale is None or not window.rationale.any():
        return uniform(window, layers, seed)
    return np.tile(window.rationale.astype(np.float32), (layers, 1))
