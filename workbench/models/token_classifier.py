"""Say something of every token: tokens that leave early rejoin after the last layer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from workbench.config.loading import validated
from workbench.config.questions import QuestionSettings
from workbench.core.documents import Window
from workbench.core.inference import TokenInference
from workbench.core.token_tasks import IGNORED, NOWHERE, AnswerSpans, TokenTags, TokenTask
from workbench.metrics.efficiency.flops import Shape
from workbench.models.backbones.base import Head
from workbench.models.classifier import PruningClassifier, load_parts
from workbench.models.encoder import Encoded, EncodeOptions
from workbench.models.inference import infer_ragged
from workbench.models.layouts import Layout
from workbench.models.policies.base import Policy


def load_token_classifier(
    folder: str | Path, head: Head
) -> tuple["PruningTokenClassifier", PreTrainedTokenizerBase]:
    """Load a model that says something of every token, from a folder that `save` or transformers wrote.

    Args:
        folder: Of the model.
        head: What it must say: `answers` or `tokens`. InputError names what is missing or does not fit.
    """
    stock, policy, tokenizer = load_parts(Path(folder), head)
    return PruningTokenClassifier(stock, policy).eval(), tokenizer


class PruningTokenClassifier(PruningClassifier):
    """A stock model with a head on all tokens: question answering, token classification.

    Its logits are (B, N, outputs) by original position, `NOWHERE` on padding.
    """

    def __init__(self, stock: PreTrainedModel, policy: Policy) -> None:
        """Take both as `PruningClassifier` does; InputError where config.json says `asked` wrongly."""
        super().__init__(stock, policy)
        self.asked: QuestionSettings | None = _asked(stock.config)
        """How questions were cut and answered in training; None: it answers none, or nobody knows."""

    @property
    def shape(self) -> Shape:
        return self.backbone.token_shape(len(self.labels))

    @property
    def task_type(self) -> TokenTask:  # type: ignore[override]
        """Return what the outputs mean; it answers other questions than those of whole texts."""
        return AnswerSpans() if self.reads == "answers" else TokenTags(self.labels)

    def window_logits(self, windows: Sequence[Window], batch_size: int = 32) -> Sequence[np.ndarray]:
        """Return the logits of every window's tokens, (n, outputs) each."""
        return infer_ragged(self, windows, batch_size)[0]

    def infer_tokens(self, windows: Sequence[Window], batch_size: int = 32) -> TokenInference:
        """Return the logits of every window's tokens, and how many remained, see `infer_ragged`."""
        return infer_ragged(self, windows, batch_size)

    def described(self) -> dict[str, Any]:
        """Return what config.json says of it beyond what any stock model's says."""
        if self.asked is None:
            return super().described()
        return super().described() | {"questions": self.asked.model_dump(mode="json")}

    def encode(self, hidden: Tensor, layout: Layout, **options: Unpack[EncodeOptions]) -> Encoded:
        """Return every token's last state; by default tokens rejoin as the policy says."""
        options = {"rejoin": self.policy.rejoin, **options, "cls_only": False}
        return super().encode(hidden, layout, **options)

    def head(self, encoded: Encoded) -> Tensor:
        """Return (B, N, outputs) logits of all tokens' last states."""
        assert encoded.every is not None, "encode with `rejoin`"
        logits = self.backbone.token_head(encoded.every)
        places = torch.arange(logits.shape[1], device=logits.device)
        padding = places >= encoded.layout.full_lengths[:, None]
        return logits.masked_fill(padding[..., None], NOWHERE)


def _asked(config: PreTrainedConfig) -> QuestionSettings | None:
    """What the config.json that a model was loaded from says of questions."""
    described = getattr(config, "workbench", None)
    said = described.get("questions") if isinstance(described, dict) else None
    return (
        None if said is None else validated(QuestionSettings, said, "config.json: workbench.questions")
    )


def tag_targets(windows: Sequence[Window], device: torch.device) -> Tensor:
    """Return (B, N) int64: the number of each token's tag, `IGNORED` on padding too."""
    return pad_sequence(
        [torch.tensor(window.label) for window in windows], batch_first=True, padding_value=IGNORED
    ).to(device)
