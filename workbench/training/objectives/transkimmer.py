"""Transkimmer's training (Guan et al., ACL 2022): the task and a price on kept tokens."""

from torch.optim import Optimizer

from workbench.catalog.methods.transkimmer import TranskimmerSettings
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.transkimmer import Transkimmer
from workbench.training.objectives.base import adamw
from workbench.training.objectives.sparsity_penalty import SparsityPenaltyObjective


class TranskimmerObjective(SparsityPenaltyObjective):
    """CE + skim_weight x mean kept share under sampled masks, for the model and its predictors."""

    policy_class = Transkimmer
    settings: TranskimmerSettings

    def __init__(self, model: PruningClassifier, settings: TranskimmerSettings) -> None:
        super().__init__(model, settings, settings.skim_weight, settings.hard_mask_share)

    def optimizers(self) -> list[Optimizer]:
        settings = self.settings
        model = adamw(self.model.stock, settings.learning_rate, settings.weight_decay)
        predictors = adamw(self.model.policy, settings.predictor_learning_rate, settings.weight_decay)
        for group in predictors.param_groups:
            model.add_param_group(group)
        return [model]
