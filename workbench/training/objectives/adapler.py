"""AdapLeR's training (Modarressi et al., ACL 2022): two losses that never mix."""

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from workbench.catalog.methods.adapler import AdaplerSettings
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import LayerTrace
from workbench.models.kernels.onednn import inputs_only
from workbench.models.layouts import Padded
from workbench.models.policies.adapler import AdapLeR
from workbench.models.policies.base import Policy
from workbench.training.inputs import TrainingInputs
from workbench.training.objectives.base import (
    Backward,
    Objective,
    TrainingProgress,
    adamw,
    by_quality,
    scheduled,
)
from workbench.training.teacher_targets import Targets, target_rows

ETA_RANGE = (0.01, 1.0)
"""1 is the uniform level: a threshold above it would drop the average token."""


class AdaplerObjective(Objective):
    """CE + gamma KL trains the model and predictors; CE + phi soft length trains eta and theta."""

    policy_class = AdapLeR
    settings: AdaplerSettings
    policy: AdapLeR

    def __init__(
        self,
        model: PruningClassifier,
        settings: AdaplerSettings,
        targets: Targets,
        dense_quality: float,
    ) -> None:
        super().__init__(model, settings)
        self.targets = targets
        self.dense_quality = dense_quality
        self.policy.length_gradient = settings.length_gradient
        self.thresholds = [self.policy.eta, self.policy.theta]
        self.weights = [
            value
            for module in (model.stock, self.policy.predictors)
            for value in module.parameters()
            if value.requires_grad
        ]

    @classmethod
    def prepare(cls, inputs: TrainingInputs, settings: AdaplerSettings, policy: type[Policy]) -> Self:
        dense_quality = inputs.measure_dense()
        inputs.reset_seed()
        model = inputs.pruned(policy.from_settings(inputs.dense.stock.config, settings))
        return cls(model, settings, inputs.saliency, dense_quality)

    def optimizers(self) -> list[Optimizer]:
        settings = self.settings
        model = adamw(self.model.stock, settings.learning_rate, settings.weight_decay)
        predictors = self.policy.predictors.parameters()
        model.add_param_group(
            scheduled(predictors, settings.predictor_learning_rate, settings.weight_decay)
        )
        rate = settings.threshold_learning_rate
        return [model, AdamW([scheduled(self.thresholds, rate, 0.0)], lr=rate)]

    def start_epoch(self, epoch: int) -> None:
        self.policy.slope = slope(self.settings, epoch)

    def backward(
        self, windows: Sequence[Window], weight: float, moment: TrainingProgress, backward: Backward
    ) -> dict[str, float]:
        if moment.progress >= 1 - self.settings.hard_mask_share:
            return self._settled(windows, weight, backward)
        probe = torch.ones_like(self.policy.theta, requires_grad=True)
        self.policy.probe = probe
        output = self.model(windows, execution="masked", soft=True)
        self.policy.probe = None
        task = self.task_loss(output.logits, windows)
        kl = self._predictor_loss(output.traces, windows)
        length = soft_length(output.traces)

        speed = task + self.settings.phi * length
        with inputs_only():
            eta_grad, probe_grad = torch.autograd.grad(
                speed, [self.policy.eta, probe], retain_graph=True
            )
        self._accumulate(self.policy.eta, weight * eta_grad)
        self._accumulate(self.policy.theta, weight * probe_grad / self.policy.theta.detach())
        backward((task + self.settings.gamma * kl) * weight, inputs=self.weights)
        return {"loss": task.item(), "kl": kl.item(), "tokens": length.item() / self.model.layers}

    def _settled(self, windows: Sequence[Window], weight: float, backward: Backward) -> dict[str, float]:
        """Thresholds fixed, tokens really gone: the model learns from what it will see at inference."""
        output = self.model(windows, execution="packed")
        task = self.task_loss(output.logits, windows)
        kl = self._predictor_loss(output.traces, windows)
        backward((task + self.settings.gamma * kl) * weight, inputs=self.weights)
        tokens = output.tokens.float().mean().item()
        return {"loss": task.item(), "kl": kl.item(), "tokens": tokens}

    @torch.no_grad()
    def after_step(self) -> None:
        self.policy.eta.clamp_(*ETA_RANGE)
        self.policy.theta.clamp_min_(ETA_RANGE[0])

    def keep(self, history: list[dict[str, Any]]) -> list[int]:
        """The fastest epoch above the dense dev quality minus the tolerance, else the best."""
        floor = self.dense_quality - self.settings.tolerance
        good = [epoch for epoch, facts in enumerate(history) if facts["quality"] > floor]
        if not good:
            return by_quality(history)[:1]
        return [max(good, key=lambda epoch: history[epoch]["speedup"])]

    def _predictor_loss(self, traces: Sequence[LayerTrace], windows: Sequence[Window]) -> Tensor:
        """sum over layers of (L - l) KL(target_l || CP_l), mean over the batch."""
        log_saliency = self._log_saliency(windows)
        total = torch.zeros((), device=log_saliency.device)
        for layer, trace in enumerate(traces):
            entered = trace.entered
            with torch.no_grad():
                wanted = entered.gather_rows(log_saliency)
                if layer:
                    wanted = torch.where(entered.is_cls, wanted + self.policy.theta[layer].log(), wanted)
                target = entered.softmax(wanted)
            assert trace.scores is not None
            log_scores = trace.scores.clamp_min(1e-12).log()
            divergence = nn.functional.kl_div(log_scores, target, reduction="sum") / len(windows)
            total = total + (len(traces) - layer) * divergence
        return total

    def _log_saliency(self, windows: Sequence[Window]) -> Tensor:
        """(B, N): log of the windows' targets laid out in rows, the lowest number on padding."""
        rows = target_rows(self.targets, windows)
        return rows.clamp_min(torch.finfo(rows.dtype).tiny).log().to(self.model.device)

    @staticmethod
    def _accumulate(parameter: Tensor, gradient: Tensor) -> None:
        parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient


def soft_length(traces: Sequence[LayerTrace]) -> Tensor:
    """Sum over layers of the soft number of tokens, [CLS] counting 1, mean over the batch."""
    total = torch.zeros(())
    for trace in traces:
        assert isinstance(trace.passed, Padded)
        assert trace.passed.soft is not None
        total = total.to(trace.passed.soft.device) + trace.passed.soft.sum(1).mean()
    return total


def slope(settings: AdaplerSettings, epoch: int) -> float:
    """Lambda of soft removal in a 0-based epoch (the paper's appendix; overridable)."""
    start, growth = {10: (10.0, 3.0), 3: (50.0, 50.0)}.get(settings.epochs, (10.0, 10.0))
    start = start if settings.lambda_start is None else settings.lambda_start
    growth = growth if settings.lambda_growth is None else settings.lambda_growth
    return start * growth**epoch
