"""TR-BERT's training (Ye et al., NAACL 2021): selectors imitate a ranking, then explore."""

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor
from torch.optim import Optimizer

from workbench.catalog.methods.trbert import TrbertSettings
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import Output
from workbench.models.layouts import Layout
from workbench.models.policies.base import Policy
from workbench.models.policies.trbert import Choose, TrBert, sample
from workbench.training.inputs import TrainingInputs
from workbench.training.losses import label_loss, reinforce, teacher_loss
from workbench.training.objectives.base import Backward, Objective, TrainingProgress, adamw, scheduled
from workbench.training.teacher_targets import Logits, Targets, target_rows, teacher_logits


class TrbertObjective(Objective):
    """First `imitate_share` of the steps: the selectors alone. Then policy gradient + distillation.

    The model comes fine-tuned; `targets` are its saliencies, `teacher` its logits. Dropped tokens are
    really gone throughout.
    """

    policy_class = TrBert
    settings: TrbertSettings
    policy: TrBert

    def __init__(
        self, model: PruningClassifier, settings: TrbertSettings, targets: Targets, teacher: Logits
    ) -> None:
        super().__init__(model, settings)
        self.targets = targets
        self.teacher = teacher

    @classmethod
    def prepare(cls, inputs: TrainingInputs, settings: TrbertSettings, policy: type[Policy]) -> Self:
        inputs.reset_seed()
        chosen = policy.from_settings(inputs.dense.stock.config, settings)
        teacher, targets = inputs.logits, inputs.saliency
        return cls(inputs.pruned(chosen), settings, targets, teacher)

    def optimizers(self) -> list[Optimizer]:
        settings = self.settings
        optimizer = adamw(self.model.stock, settings.learning_rate, settings.weight_decay)
        selectors = self.policy.selectors.parameters()
        optimizer.add_param_group(
            scheduled(selectors, settings.selector_learning_rate, settings.weight_decay)
        )
        return [optimizer]

    def backward(
        self, windows: Sequence[Window], weight: float, moment: TrainingProgress, backward: Backward
    ) -> dict[str, float]:
        if moment.progress < self.settings.imitate_share:
            return self._imitate(windows, weight, backward)
        return self._explore(windows, weight, backward)

    def keep(self, history: list[dict[str, Any]]) -> list[int]:
        """The last epoch: only then has the policy made the trade that alpha asks for."""
        return [len(history) - 1]

    def _imitate(self, windows: Sequence[Window], weight: float, backward: Backward) -> dict[str, float]:
        """Likelihood of keeping the most important tokens; nothing but the selectors learns."""
        rows = target_rows(self.targets, windows).to(self.model.device)
        with self.policy.choosing(most_important(rows)):
            output = self.model(windows, execution="packed")
        loss = self._negative_log_likelihood(output).mean()
        backward(loss * weight, inputs=list(self.policy.selectors.parameters()))
        return {"loss": loss.item(), "kept": self._kept(output).mean().item()}

    def _explore(self, windows: Sequence[Window], weight: float, backward: Backward) -> dict[str, float]:
        """Several sampled selections of every text, packed together as one batch."""
        settings = self.settings
        several = [window for window in windows for _ in range(settings.samples)]
        with self.policy.choosing(sample):
            output = self.model(several, execution="packed")
        task_type = self.model.task_type
        task_loss = label_loss(task_type, output.logits.detach(), several, "none")
        kept = self._kept(output)
        by_text = len(windows), settings.samples
        rewards = (-task_loss - settings.alpha * kept).view(by_text)
        policy_loss = reinforce(self._negative_log_likelihood(output).view(by_text), rewards)
        wanted = teacher_logits(self.teacher, several).to(output.logits.device)
        task = teacher_loss(task_type, output.logits, wanted, settings.temperature)
        backward((policy_loss + task) * weight)
        return {"loss": task.item(), "reward": rewards.mean().item(), "kept": kept.mean().item()}

    def _negative_log_likelihood(self, output: Output) -> Tensor:
        """(B,): -log likelihood of the selections made, each a mean over its tokens, both added up.

        [CLS] has no choice and does not count.
        """
        total = torch.zeros((), device=output.logits.device)
        for layer in self.policy.places:
            trace = output.traces[layer]
            entered, probability = trace.entered, trace.scores
            assert probability is not None
            stayed = entered.gather_rows(
                trace.passed.to_padded(torch.ones_like(trace.passed.is_cls), False)
            )
            chosen = torch.where(stayed, probability, 1 - probability).clamp_min(1e-6)
            tokens = entered.to_padded((-chosen.log()).masked_fill(entered.is_cls, 0.0), 0.0)
            total = total + tokens.sum(1) / (entered.text_lengths() - 1).clamp_min(1)
        return total

    def _kept(self, output: Output) -> Tensor:
        """(B,): share of the text's tokens that each of the two selections left, their mean."""
        full = output.traces[0].entered.full_lengths
        return (output.tokens_ffn[:, list(self.policy.places)] / full[:, None]).mean(1)


def most_important(rows: Tensor) -> Choose:
    """Selections of the tokens with the highest `rows` (B, N; by original position): as many as the
    selector itself expects to keep, [CLS] not counted."""

    def choose(scores: Tensor, layout: Layout) -> Tensor:
        likely = layout.to_padded(scores.detach().masked_fill(layout.is_cls, 0.0), 0.0)
        expected = likely.sum(1, keepdim=True).round().expand_as(likely)
        return layout.rank(layout.gather_rows(rows)) < layout.gather_rows(expected)

    return choose
