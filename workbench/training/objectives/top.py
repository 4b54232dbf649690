"""ToP's training (Li et al., KDD 2023): distilled logits and ranking under a constraint on MACs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from workbench.catalog.methods.top import TopSettings
from workbench.core.documents import Window
from workbench.errors import InputError
from workbench.models.classifier import Output, PruningClassifier, batches
from workbench.models.encoder import LayerTrace
from workbench.models.layouts import Padded
from workbench.models.policies.base import Policy
from workbench.models.policies.top import ToP
from workbench.training.inputs import TrainingInputs
from workbench.training.losses import lambda_loss, teacher_loss
from workbench.training.objectives.base import Backward, Objective, TrainingProgress, adamw, by_quality


@dataclass(frozen=True)
class TeacherTargets:
    """What the fine-tuned model teaches about one window."""

    logits: np.ndarray
    """(classes,)."""
    ranking: np.ndarray
    """(k,) token positions after [CLS] by attention received in the last layer, best first."""


@torch.inference_mode()
def compute_teacher_targets(
    teacher: PruningClassifier, windows: Sequence[Window], top_k: int
) -> dict[tuple[str, int], TeacherTargets]:
    """Run the teacher once over the training windows; it does not change.

    Args:
        teacher: The fine-tuned model.
        windows: Training windows.
        top_k: How many tokens of the last layer's ranking to keep.
    """
    teacher.eval()
    teacher_targets = {}
    for batch in batches(windows, 32):
        output = teacher([windows[index] for index in batch], show="received")
        last = output.traces[-1]
        assert last.received is not None
        scores = last.passed.to_padded(last.received, -torch.inf)
        scores[:, 0] = -torch.inf
        order = scores.argsort(dim=1, descending=True, stable=True)[:, :top_k].cpu().numpy()
        logits = output.logits.float().cpu().numpy()
        for row, index in enumerate(batch):
            window = windows[index]
            ranking = order[row, : min(top_k, len(window.input_ids) - 1)]
            teacher_targets[window.text_id, window.window] = TeacherTargets(logits[row], ranking)
    return teacher_targets


class TopObjective(Objective):
    """KL to the teacher's logits + ranking loss + Lagrangian; embeddings stay frozen."""

    policy_class = ToP
    settings: TopSettings
    policy: ToP

    def __init__(
        self,
        model: PruningClassifier,
        settings: TopSettings,
        teacher_targets: Mapping[tuple[str, int], TeacherTargets],
    ) -> None:
        super().__init__(model, settings)
        self.teacher_targets = teacher_targets
        self.multipliers = nn.Parameter(torch.zeros(2, device=model.device))
        """lambda1, lambda2 of the Lagrangian; they ascend."""
        layers = model.layers
        self.rank_layers = settings.rank_layers or list(range(1, max(2, layers // 3)))
        if not all(0 <= layer < layers for layer in self.rank_layers):
            raise InputError(
                f"top.rank_layers {self.rank_layers}: the model has layers 0 to {layers - 1}"
            )
        shape = model.bert.config
        self.hidden, self.intermediate = shape.hidden_size, shape.intermediate_size

    @classmethod
    def prepare(cls, inputs: TrainingInputs, settings: TopSettings, policy: type[Policy]) -> Self:
        targets = compute_teacher_targets(inputs.dense, inputs.windows, settings.rank_top_k)
        inputs.reset_seed()
        model = inputs.pruned(policy.from_settings(inputs.dense.bert.config, settings))
        return cls(model, settings, targets)

    def optimizers(self) -> list[Optimizer]:
        settings = self.settings
        return [
            adamw(self.model.bert, settings.learning_rate, settings.weight_decay),
            AdamW(
                [self.policy.fine, self.policy.coarse], lr=settings.gate_learning_rate, weight_decay=0.0
            ),
            SGD([self.multipliers], lr=settings.multiplier_learning_rate, maximize=True),
        ]

    def backward(
        self, windows: Sequence[Window], weight: float, moment: TrainingProgress, backward: Backward
    ) -> dict[str, float]:
        settings = self.settings
        teacher_targets = [self.teacher_targets[window.text_id, window.window] for window in windows]
        if moment.progress >= 1 - settings.hard_mask_share:
            predicted = self._distil(self.model(windows, execution="packed"), teacher_targets)
            backward(predicted * weight)
            return {"loss": predicted.item()}
        output = self.model(windows, execution="masked", soft=True, show="received")
        predicted = self._distil(output, teacher_targets)
        ranking = self._ranking_loss(output.traces, teacher_targets)
        sparsity = self._expected_sparsity(output.traces)

        risen = min(1.0, moment.progress / settings.warmup_target)
        gap = sparsity - settings.target_sparsity * risen
        constraint = self.multipliers[0] * gap + self.multipliers[1] * gap**2
        fading = max(0.01, 1 - risen)
        loss = predicted + settings.rank_weight * fading * ranking + constraint
        backward(loss * weight)
        return {"loss": predicted.item(), "rank": ranking.item(), "sparsity": sparsity.item()}

    def after_step(self) -> None:
        self.policy.clamp()

    def keep(self, history: list[dict[str, Any]]) -> list[int]:
        """The most accurate epoch whose measured sparsity has reached the target, else the sparsest."""
        reached = 1 / (1 - self.settings.target_sparsity + self.settings.sparsity_slack)
        good = [epoch for epoch in by_quality(history) if history[epoch]["speedup"] >= reached]
        fastest = max(facts["speedup"] for facts in history)
        return good[:1] or [e for e in by_quality(history) if history[e]["speedup"] == fastest][:1]

    def _distil(self, output: Output, teacher_targets: Sequence[TeacherTargets]) -> Tensor:
        teacher = torch.from_numpy(np.stack([lesson.logits for lesson in teacher_targets]))
        teacher = teacher.to(output.logits.device)
        return teacher_loss(self.model.task_type, output.logits, teacher, self.settings.temperature)

    def _ranking_loss(
        self, traces: Sequence[LayerTrace], teacher_targets: Sequence[TeacherTargets]
    ) -> Tensor:
        """LambdaLoss of the early layers' attention against the teacher's last."""
        width = self.settings.rank_top_k
        positions = torch.zeros(len(teacher_targets), width, dtype=torch.int64)
        valid = torch.zeros(len(teacher_targets), width, dtype=torch.bool)
        for row, lesson in enumerate(teacher_targets):
            positions[row, : len(lesson.ranking)] = torch.from_numpy(lesson.ranking)
            valid[row, : len(lesson.ranking)] = True
        # Reversed rank, the lowest of the text's own entries being 0.
        relevance = (valid.sum(1, keepdim=True) - 1 - torch.arange(width)).clamp_min(0).float()
        device = self.multipliers.device
        positions, valid, relevance = positions.to(device), valid.to(device), relevance.to(device)
        total = torch.zeros((), device=device)
        for layer in self.rank_layers:
            received = traces[layer].received
            assert received is not None
            # In units of the uniform level, so that its size does not depend on the text's length.
            scores = (received * traces[layer].passed.count()).gather(1, positions)
            total = total + lambda_loss(scores, relevance, valid, self.settings.rank_loss)
        return total

    def _expected_sparsity(self, traces: Sequence[LayerTrace]) -> Tensor:
        """1 - expected MACs / dense MACs of this batch: gates are independent across layers."""
        first = traces[0].entered
        assert isinstance(first, Padded)
        stays = first.alive.float()
        dense = self._macs(first.full_lengths.float()).sum() * len(traces)
        total = torch.zeros((), device=stays.device)
        for layer, trace in enumerate(traces):
            gates = self.policy.expected_keep(layer)
            if gates is not None and trace.scores is not None:
                gate = gates[self.policy.bin_of(trace.scores.detach(), trace.entered)]
                stays = stays * gate.masked_fill(first.is_cls, 1.0)
            total = total + self._macs(stays.sum(1)).sum()
        return 1 - total / dense

    def _macs(self, tokens: Tensor) -> Tensor:
        """Multiply-adds of one layer for each text's (fractional) number of tokens."""
        linear = 4 * self.hidden**2 + 2 * self.hidden * self.intermediate
        return tokens * linear + 2 * tokens**2 * self.hidden
