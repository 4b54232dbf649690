"""Scores that know nothing, or everything: what the others are compared with."""

from collections.abc import Sequence

import numpy as np

from workbench.attribution.base import Scored
from workbench.data.documents import Window


def control_scores(windows: Sequence[Window], layers: int, seed: int) -> dict[str, list[Scored]]:
    """`random` (uniform in (0, 1), by text id and window), `uniform` (1), `oracle` (the rationale).

    Every layer gets the same oracle and uniform scores and its own random draw. The oracle of a
    window without rationale is uniform.
    """
    result: dict[str, list[Scored]] = {"random": [], "uniform": [], "oracle": []}
    for window in windows:
        n = len(window.input_ids)
        ones = np.ones((layers, n), dtype=np.float32)
        draw = window.generator(seed).random((layers, n), dtype=np.float32)
        marked = window.rationale is not None and bool(window.rationale.any())
        gold = np.tile(window.rationale.astype(np.float32), (layers, 1)) if marked else ones  # type: ignore[union-attr]
        result["random"].append(Scored(draw))
        result["uniform"].append(Scored(ones))
        result["oracle"].append(Scored(gold))
    return result
