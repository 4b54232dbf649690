"""Its own scores, and a scorer of any model: how far into the text a token stands."""

import numpy as np
from workbench.attribution.scorers.learned.pruner_scores import own_scores

from workbench.attribution.engine.task import Task
from workbench.attribution.types import Scored
from workbench.catalog.scorers import register_scorer
from workbench.core.documents import Window


@register_scorer(
    name="fixedratio",
    title="fixed ratio's importance",
    description="attention received in the layer before, in the fixed ratio's model",
    group="learned",
    method="fixedratio",
    rows="some",
)
def importance(task: Task) -> list[Scored]:
    return own_scores(task)


@register_scorer(
    name="earliness",
    title="earliness",
    description="1 for the first token of a window, falling to 0 at its end",
    group="perturbation",
    takes="window",
)
def earliness(window: Window, layers: int, seed: int) -> np.ndarray:
    return np.tile(np.linspace(1, 0, len(window.input_ids), dtype=np.float32), (layers, 1))
