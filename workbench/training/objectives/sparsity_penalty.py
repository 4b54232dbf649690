"""What LTP and Transkimmer share: every kept token is penalised, and the last epoch is the result."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from workbench.catalog.settings import TrainingSettings
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import LayerTrace
from workbench.models.layouts import Padded
from workbench.training.objectives.base import Backward, Objective, TrainingProgress


class SparsityPenaltyObjective(Objective):
    """CE + penalty x the share of tokens kept under soft masks; CE on packed batches under hard masks.

    `hard_mask_share` is the share of the steps, at the end, with the policy's hard decisions: they have
    no gradient, so what decides them stays as it is.
    """

    def __init__(
        self,
        model: PruningClassifier,
        settings: TrainingSettings,
        penalty_weight: float,
        hard_mask_share: float,
    ) -> None:
        super().__init__(model, settings)
        self.penalty_weight, self.hard_mask_share = penalty_weight, hard_mask_share

    def backward(
        self, windows: Sequence[Window], weight: float, moment: TrainingProgress, backward: Backward
    ) -> dict[str, float]:
        if moment.progress >= 1 - self.hard_mask_share:
            return super().backward(windows, weight, moment, backward)
        output = self.model(windows, execution="masked", soft=True)
        task = self.task_loss(output.logits, windows)
        kept = kept_share(output.traces)
        backward((task + self.penalty_weight * kept) * weight)
        return {"loss": task.item(), "kept": kept.item()}

    def keep(self, history: list[dict[str, Any]]) -> list[int]:
        """The last epoch: earlier ones drop less than the penalty asks for."""
        return [len(history) - 1]


def kept_share(traces: Sequence[LayerTrace]) -> Tensor:
    """Mean over layers and texts of the soft number of kept tokens over the text's length; a scalar.

    Layers that cut nothing count with 1 as long as nothing was cut before them.
    """
    shares = []
    for trace in traces:
        layout = trace.passed
        assert isinstance(layout, Padded), "soft masks need the padded layout"
        soft = layout.alive.float() if layout.soft is None else layout.soft
        shares.append((soft.sum(1) / layout.full_lengths).mean())
    return torch.stack(shares).mean()
