"""Objectives by method, as the catalogue names them."""

from workbench.catalog.methods import METHODS, implementation, method_spec
from workbench.catalog.settings import TokenPrunerSettings, TrainingSettings
from workbench.models.policies import policy_class
from workbench.training.inputs import TrainingInputs
from workbench.training.objectives.base import Objective


def objective_class(method: str) -> type[Objective]:
    """Return the objective of a method; InputError for an unknown method or a wrong declaration."""
    kind: type[Objective] = implementation(
        method_spec(method).objective, Objective, METHODS.place(method)
    )
    return kind


def prepare_objective(method: str, inputs: TrainingInputs, settings: TrainingSettings) -> Objective:
    """Build what a method's training needs, its model included.

    Args:
        method: Any method but dense, whose training the others start from.
        inputs: The fine-tuned model, the training windows, and what it says of them.
        settings: The method's section of the configuration.
    """
    inputs.start = settings.start if isinstance(settings, TokenPrunerSettings) else "fine-tuned"
    objective = objective_class(method).prepare(inputs, settings, policy_class(method))
    objective.policy.check_saved()
    share = getattr(settings, "distil", 0.0)
    if share:
        objective.learn_from(inputs.logits, share)
    return objective
