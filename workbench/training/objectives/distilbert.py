"""DistilBERT's training (Sanh et al., 2019, section 3): a student learns labels, logits and states."""

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from workbench.catalog.methods.distilbert import DistilbertSettings
from workbench.core.documents import Window
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import Encoded
from workbench.models.policies.base import Policy
from workbench.models.policies.distilbert import DistilBert
from workbench.models.pretrained import load_backbone, load_tokenizer
from workbench.models.student import half_depth
from workbench.training.inputs import TrainingInputs
from workbench.training.losses import teacher_loss
from workbench.training.objectives.base import Backward, Objective, TrainingProgress


class DistilbertObjective(Objective):
    """Weighted sum of CE, KL to the teacher's softened logits, and 1 - cosine of last hidden states.

    The teacher, `dense`, stays as it is and runs without dropout. InputError where the two differ in
    width and the cosine has a weight.
    """

    policy_class = DistilBert
    settings: DistilbertSettings

    def __init__(
        self, model: PruningClassifier, settings: DistilbertSettings, dense: PruningClassifier
    ) -> None:
        super().__init__(model, settings)
        own, other = model.stock.config.hidden_size, dense.stock.config.hidden_size
        if settings.cosine_weight and own != other:
            raise InputError(
                f"distilbert: hidden states of the student are {own} wide, the dense model's {other}, "
                "and have no cosine; set distilbert.cosine_weight to 0, or take another checkpoint"
            )
        self.dense = dense.eval().requires_grad_(False)

    @classmethod
    def prepare(cls, inputs: TrainingInputs, settings: DistilbertSettings, policy: type[Policy]) -> Self:
        """As for every objective; the model is a student, which must be able to read the windows."""
        assert issubclass(policy, DistilBert)
        dense = inputs.dense
        inputs.reset_seed()
        if settings.checkpoint is None:
            student = half_depth(dense.stock)
        else:
            task = dense.task_type
            student = load_backbone(settings.checkpoint, task.labels, kind=task.kind, head=dense.reads)
        model = dense.under(policy.beside(student.config, dense.costs.shape), student)
        if settings.checkpoint is not None:
            _check_checkpoint(inputs, settings.checkpoint, model.backbone.positions)
        return cls(model.to(dense.device), settings, dense)

    def backward(
        self, windows: Sequence[Window], weight: float, moment: TrainingProgress, backward: Backward
    ) -> dict[str, float]:
        settings = self.settings
        student = self.model.encode(*self.model.embed(windows, "packed"))
        with torch.no_grad():
            teacher = self.dense.encode(*self.dense.embed(windows, "packed"))
            wanted = self.dense.head(teacher)
        logits = self.model.head(student)
        task = self.task_loss(logits, windows)
        softened = teacher_loss(self.model.task_type, logits, wanted, settings.temperature)
        loss = settings.label_weight * task + settings.distil_weight * softened
        values = {"loss": task.item(), "kl": softened.item()}
        if settings.cosine_weight:
            distance = cosine_distance(student, teacher)
            loss = loss + settings.cosine_weight * distance
            values["cosine"] = distance.item()
        backward(loss * weight)
        return values


def _check_checkpoint(inputs: TrainingInputs, checkpoint: str, positions: int) -> None:
    """Raise InputError where the student cannot read the run's windows."""
    if load_tokenizer(checkpoint).get_vocab() != inputs.tokenizer.get_vocab():
        raise InputError(
            f"distilbert.checkpoint {checkpoint}: its vocabulary is not that of the backbone "
            f"{inputs.backbone}; take a checkpoint and a backbone with one vocabulary"
        )
    if positions < inputs.max_tokens:
        raise InputError(
            f"distilbert.checkpoint {checkpoint}: has {positions} positions; set data.max_tokens, now "
            f"{inputs.max_tokens}, to at most that"
        )


def cosine_distance(student: Encoded, teacher: Encoded) -> Tensor:
    """1 - cosine between two models' hidden states of the same tokens: mean over tokens, then texts."""
    cosine = functional.cosine_similarity(student.hidden.float(), teacher.hidden.float(), dim=-1)
    by_text = student.layout.to_padded(1 - cosine, 0.0).sum(1) / student.layout.text_lengths()
    return by_text.mean()
