"""Fine-tuning without pruning; keeps the best checkpoints that saliency targets are averaged over."""

from typing import Any

from workbench.config import DenseSettings
from workbench.training.objectives.base import Objective, by_accuracy


class DenseObjective(Objective):
    """Cross-entropy, packed batches."""

    settings: DenseSettings

    def keep(self, history: list[dict[str, Any]]) -> list[int]:
        return by_accuracy(history)[: self.settings.keep_best]
