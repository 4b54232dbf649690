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
from workbench.core.inference import batches
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import LayerTrace
from workbench.models.inference import Output
from workbench.models.policies.base import Policy
from workbench.models.policies.top import SoftStage, ToP
from workbench.training.inputs import TrainingInputs
from workbench.training.losses import lambda_loss, teacher_loss
from workbench.training.objectives.base import Backward, Objective, TrainingProgress, adamw, by_quality
from workbench.training.teacher_targets import stacked_logits
from workbench.training.top_gates import (
    FIXED_MARGIN,
    MOST_INFORMED,
    closing_order,
    expected_shares,
    expected_tokens,
    gate_information,
    inference_tokens,
    shift_to,
    sparsity,
    text_tokens,
)

ALWAYS_ON = 30.0
"""Log-alpha of a gate that is on in every sample."""


@dataclass(frozen=True)
class TeacherTargets:
    """What the fine-tuned model teaches about one window."""

    logits: np.ndarray
    """(classes,), or (n, outputs) where every token has some."""
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
            tokens = len(window.input_ids)
            ranking = order[row, : min(top_k, tokens - 1)]
            own = logits[row] if logits.ndim == 2 else logits[row, :tokens]
            teacher_targets[window.text_id, window.window] = TeacherTargets(own, ranking)
    return teacher_targets


class TopObjective(Objective):
    """KL to the teacher's logits + ranking loss, under a constraint on the MACs; embeddings stay frozen.

    With `lagrangian` gates the constraint is a Lagrangian in the loss; `ordered` ones are shifted to it
    after every step.
    """

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
        ordered = settings.gates == "ordered"
        self.policy.soft_stage = SoftStage(settings.gate_acts_on, settings.ranked_among, not ordered)
        self.lengths = torch.zeros(0, device=model.device)
        """(B,) tokens of some texts, of which ordered gates save the target's share."""
        self.aim: tuple[float, bool] | None = None
        """What the gates are shifted to after this step, and whether they are fixed then."""
        self.multipliers = nn.Parameter(torch.zeros(2, device=model.device))
        """lambda1, lambda2 of the Lagrangian; they ascend."""
        layers = model.layers
        self.rank_layers = settings.rank_layers or list(range(1, max(2, layers // 3)))
        if not all(0 <= layer < layers for layer in self.rank_layers):
            raise InputError(
                f"top.rank_layers {self.rank_layers}: the model has layers 0 to {layers - 1}"
            )
        self.shape = model.costs.shape

    @classmethod
    def prepare(cls, inputs: TrainingInputs, settings: TopSettings, policy: type[Policy]) -> Self:
        targets = compute_teacher_targets(inputs.dense, inputs.windows, settings.rank_top_k)
        inputs.reset_seed()
        model = inputs.pruned(policy.from_settings(inputs.dense.stock.config, settings))
        objective = cls(model, settings, targets)
        if settings.gates == "ordered":
            fine_tuned = inputs.dense.under(objective.policy)
            objective.order_gates(fine_tuned, inputs.windows[:MOST_INFORMED])
        return objective

    def order_gates(self, fine_tuned: PruningClassifier, windows: Sequence[Window]) -> None:
        """Spread the fine gates out in the order in which they are to close, coarse gates on.

        Args:
            fine_tuned: The model on which closing them is priced, with this policy.
            windows: Some training windows.
        """
        policy, settings = self.policy, self.settings
        self.lengths = text_tokens(windows, self.model.device)
        rows, bins = policy.fine.shape
        places = torch.arange(bins).expand(rows, bins).flip(1).float()
        if settings.gate_order == "information":

            def saved(closed: Sequence[int]) -> float:
                shares = [1 - number / bins for number in closed]
                tokens = expected_tokens(self.lengths, [1.0] * policy.first_layer + shares)
                return sparsity(self.shape, policy.cut, tokens).item()

            information = gate_information(fine_tuned, windows, settings.batch_size).cpu()
            places = torch.empty(rows * bins)
            places[closing_order(information, saved)] = torch.arange(rows * bins).float()
        spread = settings.order_spread * places.view(rows, bins) / places.max().clamp_min(1)
        with torch.no_grad():
            policy.fine.copy_(spread)
            policy.coarse.fill_(ALWAYS_ON)
        self._shift(0.0, fixed=False)

    def _shift(self, target: float, *, fixed: bool) -> None:
        """Move the ordered gates to a sparsity: the expected one, or, once they are fixed, the one that
        they have at inference."""
        policy = self.policy

        def saved() -> float:
            if fixed:
                tokens = inference_tokens(policy, self.lengths)
            else:
                tokens = expected_tokens(self.lengths, expected_shares(policy))
            return sparsity(self.shape, policy.cut, tokens).item()

        shift_to(policy, target, saved, margin=FIXED_MARGIN if fixed else 0.0)

    def optimizers(self) -> list[Optimizer]:
        settings = self.settings
        model = adamw(self.model.stock, settings.learning_rate, settings.weight_decay)
        if settings.gates == "ordered":
            return [model]
        gates = [self.policy.fine, self.policy.coarse]
        ascend = {"sgd": SGD, "adamw": AdamW}[settings.multiplier_optimizer]
        return [
            model,
            AdamW(gates, lr=settings.gate_learning_rate, weight_decay=0.0),
            ascend(
                [self.multipliers], lr=settings.multiplier_learning_rate, weight_decay=0.0, maximize=True
            ),
        ]

    def backward(
        self, windows: Sequence[Window], weight: float, moment: TrainingProgress, backward: Backward
    ) -> dict[str, float]:
        settings = self.settings
        teacher_targets = [self.teacher_targets[window.text_id, window.window] for window in windows]
        soft = moment.progress < 1 - settings.hard_mask_share
        self.aim = self._next_aim(moment) if soft else None
        if not soft:
            predicted = self._distil(self.model(windows, execution="packed"), teacher_targets)
            backward(predicted * weight)
            return {"loss": predicted.item()}
        output = self.model(windows, execution="masked", soft=True, show="received")
        predicted = self._distil(output, teacher_targets)
        ranking = self._ranking_loss(output.traces, teacher_targets)
        saved = self._expected_sparsity(windows)
        risen = self._risen(moment.progress)
        loss = predicted + settings.rank_weight * max(0.01, 1 - risen) * ranking
        if settings.gates == "lagrangian":
            gap = saved - settings.target_sparsity * risen
            loss = loss + self.multipliers[0] * gap + self.multipliers[1] * gap**2
        backward(loss * weight)
        return {"loss": predicted.item(), "rank": ranking.item(), "sparsity": saved.item()}

    def after_step(self) -> None:
        if self.settings.gates == "lagrangian":
            self.policy.clamp()
            return
        # They still require a gradient: what does not is not among the weights that are kept.
        self.policy.zero_grad()
        if self.aim is not None:
            target, fixed = self.aim
            self._shift(target, fixed=fixed)

    def _risen(self, progress: float) -> float:
        """The share of the target that is asked for."""
        return min(1.0, progress / self.settings.warmup_target)

    def _next_aim(self, moment: TrainingProgress) -> tuple[float, bool]:
        """The sparsity of the step that follows, and whether the gates are fixed from there on."""
        progress = (moment.step + 1) / max(1, moment.total_steps)
        fixed = progress >= 1 - self.settings.hard_mask_share
        return self.settings.target_sparsity * (1.0 if fixed else self._risen(progress)), fixed

    def keep(self, history: list[dict[str, Any]]) -> list[int]:
        """The most accurate epoch whose measured sparsity has reached the target, else the sparsest."""
        reached = 1 / (1 - self.settings.target_sparsity + self.settings.sparsity_slack)
        good = [epoch for epoch in by_quality(history) if history[epoch]["speedup"] >= reached]
        fastest = max(facts["speedup"] for facts in history)
        return good[:1] or [e for e in by_quality(history) if history[e]["speedup"] == fastest][:1]

    def _distil(self, output: Output, teacher_targets: Sequence[TeacherTargets]) -> Tensor:
        teacher = stacked_logits([lesson.logits for lesson in teacher_targets]).to(output.logits.device)
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
            scores = (received * traces[layer].entered.count()).gather(1, positions)
            total = total + lambda_loss(scores, relevance, valid, self.settings.rank_loss)
        return total

    def _expected_sparsity(self, windows: Sequence[Window]) -> Tensor:
        """1 - expected MACs / dense MACs of this batch."""
        lengths = text_tokens(windows, self.model.device)
        tokens = expected_tokens(lengths, expected_shares(self.policy))
        return sparsity(self.shape, self.policy.cut, tokens)
