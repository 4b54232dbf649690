"""PoWER-BERT's training (Goyal et al., ICML 2020): configuration search, then re-training."""

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor
from torch.optim import Optimizer

from workbench.catalog.methods.powerbert import PowerbertSettings
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.models.policies.powerbert import PowerBert
from workbench.training.inputs import TrainingInputs
from workbench.training.objectives.base import Backward, Objective, TrainingProgress, adamw, by_quality


class PowerbertObjective(Objective):
    """First `search_share` of the steps: CE + weight x retained mass, softly. Then CE, tokens gone.

    The model comes fine-tuned. Once the search is over the retention weights get no gradient, so that
    the counts stay as they are.
    """

    policy_class = PowerBert
    settings: PowerbertSettings
    policy: PowerBert

    def __init__(self, model: PruningClassifier, settings: PowerbertSettings) -> None:
        super().__init__(model, settings)

    @classmethod
    def prepare(cls, inputs: TrainingInputs, settings: PowerbertSettings, policy: type[Policy]) -> Self:
        assert issubclass(policy, PowerBert)
        model = inputs.pruned(policy(inputs.dense.stock.config, length=inputs.longest))
        return cls(model, settings)

    def optimizers(self) -> list[Optimizer]:
        settings = self.settings
        optimizer = adamw(self.model.stock, settings.learning_rate, settings.weight_decay)
        rate = settings.retention_learning_rate
        optimizer.add_param_group({"params": [self.policy.retention], "weight_decay": 0.0, "lr": rate})
        return [optimizer]

    def backward(
        self, windows: Sequence[Window], weight: float, moment: TrainingProgress, backward: Backward
    ) -> dict[str, float]:
        if moment.progress >= self.settings.search_share:
            return super().backward(windows, weight, moment, backward)
        output = self.model(windows, execution="masked", soft=True)
        task = self.task_loss(output.logits, windows)
        mass = weighted_mass(self.policy.retention)
        backward((task + self.settings.retention_weight * mass) * weight)
        tokens = sum(self.policy.counts()) / self.model.layers
        return {"loss": task.item(), "tokens": tokens}

    @torch.no_grad()
    def after_step(self) -> None:
        self.policy.retention.clamp_(0, 1)

    def keep(self, history: list[dict[str, Any]]) -> list[int]:
        """The most accurate epoch that ended with the final counts; before there is one, the latest."""
        settings = self.settings
        found = settings.search_share * settings.epochs - 1e-9
        final = [epoch for epoch in by_quality(history) if epoch + 1 >= found]
        return final[:1] or [len(history) - 1]


def weighted_mass(retention: Tensor) -> Tensor:
    """Sum over layers (from 1) of the layer's number x the sum of its retention weights (layers, ranks).

    As in the paper it is not divided by anything: one weight's gradient is its layer's number.
    """
    numbers = torch.arange(1, len(retention) + 1, device=retention.device)
    return (numbers * retention.sum(1)).sum()
