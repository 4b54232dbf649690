"""Fine-tuning without pruning; keeps the best checkpoints that saliency targets are averaged over."""

from typing import Any

from workbench.catalog.methods.dense import DenseSettings
from workbench.training.objectives.base import Objective, by_quality


class DenseObjective(Objective):
    """The task's loss, packed batches."""

    settings: DenseSettings

    def keep(self, history: list[dict[str, Any]]) -> list[int]:
        return by_quality(history)[: self.settings.keep_best]
