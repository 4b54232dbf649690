"""Time a plain masked pass: the unit in which a scorer's cost is told."""

from collections.abc import Sequence
from time import perf_counter

from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import infer


def masked_seconds(model: PruningClassifier, windows: Sequence[Window], size: int) -> float:
    """Return the seconds of one masked pass.

    Args:
        model: The classifier.
        windows: All of them are run.
        size: Windows in a batch.
    """
    start = perf_counter()
    infer(model, windows, size, "masked")
    return perf_counter() - start
