"""What a method's training consists of, besides the loop that all share."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from workbench.catalog.settings import TrainingSettings
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.training.inputs import TrainingInputs
from workbench.training.losses import label_loss, teacher_loss
from workbench.training.teacher_targets import Logits, teacher_logits

DISTIL_TEMPERATURE = 2.0
"""As in ToP, TR-BERT and DistilBERT."""


@dataclass(frozen=True)
class TrainingProgress:
    """Where training stands."""

    epoch: int
    step: int
    """0-based over all epochs."""
    total_steps: int

    @property
    def progress(self) -> float:
        """0 at the first step, 1 after the last."""
        return self.step / max(1, self.total_steps)


Backward = Callable[..., None]
"""`backward(loss, inputs=parameters)`: adds the loss's gradient to those parameters' `.grad`."""


class Objective(nn.Module):
    """The task's loss; methods override what they change.

    Args:
        model: What is trained; its policy is of `policy_class`.
        settings: The method's section of the configuration.
    """

    policy_class: ClassVar[type[Policy]] = Policy
    """Which policies the objective can train."""

    def __init__(self, model: PruningClassifier, settings: TrainingSettings) -> None:
        super().__init__()
        if not isinstance(model.policy, self.policy_class):
            kind, policy = type(self).__name__, self.policy_class.__name__
            raise TypeError(f"{kind} trains models whose policy is a {policy}")
        self.model = model
        self.policy = model.policy
        self.settings = settings
        self.teacher: Logits = {}
        self.distil = 0.0
        model.backbone.embeddings.requires_grad_(not settings.freeze_embeddings)
        if settings.attention_dropout is not None:
            for layer in model.backbone.layers:
                layer.attention_dropout = settings.attention_dropout

    @classmethod
    def prepare(cls, inputs: TrainingInputs, settings: Any, policy: type[Policy]) -> Self:
        """Build the model and its objective; override it where either needs more than the settings.

        Args:
            inputs: The fine-tuned model, the training windows, and what it says of them.
            settings: The method's section of the configuration.
            policy: The class that the catalogue names.
        """
        inputs.reset_seed()
        return cls(inputs.pruned(policy.from_settings(inputs.dense.stock.config, settings)), settings)

    def learn_from(self, teacher: Logits, share: float) -> None:
        """Let `share` of the task's loss follow the teacher's logits."""
        self.teacher, self.distil = teacher, share

    def optimizers(self) -> list[Optimizer]:
        """Return one or more; each is clipped by itself, and every group with a `peak` is scheduled."""
        return [adamw(self.model.stock, self.settings.learning_rate, self.settings.weight_decay)]

    def start_epoch(self, epoch: int) -> None:
        """Prepare an epoch: called before its first step, also after resuming."""

    def backward(
        self, windows: Sequence[Window], weight: float, moment: TrainingProgress, backward: Backward
    ) -> dict[str, float]:
        """Add the gradient of `weight` x this part's mean loss; return values for the progress bar.

        Args:
            windows: A part of the batch.
            weight: The part's share of the batch.
            moment: Where training stands.
            backward: Adds a loss's gradient.
        """
        output = self.model(windows, execution="packed")
        loss = self.task_loss(output.logits, windows)
        backward(loss * weight)
        return {"loss": loss.item()}

    def after_step(self) -> None:
        """Clip parameters to their range: called after every optimiser step."""

    def keep(self, history: list[dict[str, Any]]) -> list[int]:
        """Return the epochs whose weights are worth keeping after the last of `history`, best first."""
        return by_quality(history)[:1]

    def task_loss(self, logits: Tensor, windows: Sequence[Window]) -> Tensor:
        """Return the mean loss of (B, outputs) logits: cross-entropy, or squared error; for the share
        that is distilled, their distance from the teacher's (T^2 KL, or squared error)."""
        task_type = self.model.task_type
        loss = label_loss(task_type, logits, windows)
        if self.distil:
            wanted = teacher_logits(self.teacher, windows).to(logits.device)
            loss = torch.lerp(
                loss, teacher_loss(task_type, logits, wanted, DISTIL_TEMPERATURE), self.distil
            )
        return loss


def adamw(module: nn.Module, rate: float, weight_decay: float) -> AdamW:
    """Build a fused AdamW over the trainable parameters, without decay on biases and norms.

    Args:
        module: Whose parameters.
        rate: Peak learning rate.
        weight_decay: Of matrices.
    """
    parameters = [value for value in module.parameters() if value.requires_grad]
    groups = [
        scheduled((p for p in parameters if p.ndim > 1), rate, weight_decay),
        scheduled((p for p in parameters if p.ndim <= 1), rate, 0.0),
    ]
    return AdamW(groups, lr=rate, fused=True)


def scheduled(parameters: Iterable[Tensor], rate: float, weight_decay: float) -> dict[str, Any]:
    """Describe a parameter group whose rate rises and falls with the others.

    Args:
        parameters: Tensors.
        rate: Peak learning rate.
        weight_decay: Of all of them.
    """
    return {"params": list(parameters), "weight_decay": weight_decay, "peak": rate}


def by_quality(history: list[dict[str, Any]]) -> list[int]:
    """Epochs ordered by dev quality, ties to the earlier one."""
    return sorted(range(len(history)), key=lambda epoch: (-history[epoch]["quality"], epoch))
