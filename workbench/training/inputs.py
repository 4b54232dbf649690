"""What a method's training starts from: the fine-tuned model, the texts, and what it says of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from transformers import PreTrainedTokenizerBase

from workbench.catalog.settings import Start
from workbench.core.documents import Window
from workbench.models.classifier import PruningClassifier
from workbench.models.inference import infer
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
    """Quality of the dense model on the dev split: accuracy, or Pearson's correlation."""
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
        rows = infer(self.dense, self.windows).logits
        return {(w.text_id, w.window): row for w, row in zip(self.windows, rows, strict=True)}

    def pruned(self, policy: Policy) -> PruningClassifier:
        """Return the weights to start from under a policy, on the dense model's device."""
        fresh = self.start == "pre-trained"
        stock = load_backbone(self.backbone, self.dense.labels) if fresh else self.dense.stock
        return PruningClassifier(stock, policy).to(self.dense.device)

    def reset_seed(self) -> None:
        """Make what is drawn from here on, such as a policy's first weights, a function of the seed."""
        torch.manual_seed(self.seed)
