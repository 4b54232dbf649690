"""What a method's training starts from: the fine-tuned model, the texts, and what it says of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from workbench.catalog.settings import Start
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.policies.base import Policy
from workbench.models.pretrained import load_backbone
from workbench.training.teacher_targets import Logits, Targets


@dataclass
class TrainingInputs:
    """The inputs of `Objective.prepare`; what is costly is computed when first asked for."""

    dense: PruningClassifier
    """The fine-tuned model; a method may train its weights on."""
    windows: Sequence[Window]
    """Training windows."""
    seed: int
    tokenizer: PreTrainedTokenizerBase
    max_tokens: int
    backbone: str
    load_saliency: Callable[[], Targets]
    measure_dense: Callable[[], float]
    """Quality of the dense model on the dev split: accuracy, Pearson's correlation or F1."""
    note: Callable[[str], None]
    """Is told what was left out."""
    start: Start = "fine-tuned"
    """Which weights `pruned` takes."""

    @property
    def longest(self) -> int:
        """The number of tokens of the longest training window."""
        return max(len(window.input_ids) for window in self.windows)

    @cached_property
    def saliency(self) -> Targets:
        """The dense model's saliency of each training window's tokens."""
        return self.load_saliency()

    @cached_property
    def logits(self) -> Logits:
        """The dense model's logits of each training window; ask before its weights are trained on."""
        rows = self.dense.window_logits(self.windows)
        return {(w.text_id, w.window): row for w, row in zip(self.windows, rows, strict=True)}

    def pruned(self, policy: Policy) -> PruningClassifier:
        """Return the weights to start from under a policy, on the dense model's device."""
        fresh = self.start == "pre-trained"
        task, stock = self.dense.task_type, self.dense.stock
        if fresh:
            stock = load_backbone(self.backbone, task.labels, kind=task.kind, head=self.dense.reads)
        return self.dense.under(policy, stock).to(self.dense.device)

    def reset_seed(self) -> None:
        """Make what is drawn from here on, such as a policy's first weights, a function of the seed."""
        torch.manual_seed(self.seed)


def trial_inputs(
    dense: PruningClassifier, windows: Sequence[Window], seed: int, tokenizer: PreTrainedTokenizerBase,
    max_tokens: int, backbone: str,
) -> TrainingInputs:  # fmt: skip
    """Return inputs for a method to be prepared on as it will be later: the longest window alone.

    Args:
        dense: The backbone as it comes.
        windows: Training windows.
        seed, tokenizer, max_tokens, backbone: As of `TrainingInputs`.
    """
    window = max(windows, key=lambda one: len(one.input_ids))
    tokens = len(window.input_ids)
    share = {(window.text_id, window.window): np.full(tokens, 1 / tokens, dtype=np.float32)}
    return TrainingInputs(
        dense=dense.eval(), windows=[window], seed=seed, tokenizer=tokenizer, max_tokens=max_tokens,
        backbone=backbone, note=lambda text: None, load_saliency=lambda: share,
        measure_dense=lambda: 1.0,
    )  # fmt: skip
