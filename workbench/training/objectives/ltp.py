"""LTP's training (Kim et al., KDD 2022): soft masks move thresholds, hard ones end it."""

from torch.optim import AdamW, Optimizer

from workbench.catalog.methods.ltp import LtpSettings
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.ltp import LTP
from workbench.training.objectives.base import adamw, scheduled
from workbench.training.objectives.sparsity_penalty import SparsityPenaltyObjective


class LtpObjective(SparsityPenaltyObjective):
    """CE + mask_weight x mean soft mask; then, thresholds fixed and tokens really gone, CE alone."""

    policy_class = LTP
    settings: LtpSettings
    policy: LTP

    def __init__(self, model: PruningClassifier, settings: LtpSettings) -> None:
        super().__init__(model, settings, settings.mask_weight, settings.hard_mask_share)

    def optimizers(self) -> list[Optimizer]:
        settings = self.settings
        rate = settings.threshold_learning_rate
        thresholds = scheduled([self.policy.thresholds], rate, 0.0)
        # Their gradients, divided by the temperature, would take the whole norm if clipped together.
        return [
            adamw(self.model.stock, settings.learning_rate, settings.weight_decay),
            AdamW([thresholds], lr=rate),
        ]

    def after_step(self) -> None:
        self.policy.clamp()
