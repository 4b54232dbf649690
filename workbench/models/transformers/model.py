"""Pruned models as ordinary ones of transformers, which run packed."""

from functools import cache
from typing import Any, ClassVar

import torch
import transformers
from torch import Tensor
from transformers.modeling_outputs import (
    ModelOutput,
    QuestionAnsweringModelOutput,
    SequenceClassifierOutput,
    TokenClassifierOutput,
)

from workbench.core.documents import Window
from workbench.errors import InputError
from workbench.models.backbones import backbone_class
from workbench.models.backbones.base import STOCK_NAMES, Head
from workbench.models.classifier import PruningClassifier
from workbench.models.policies import policy_class
from workbench.models.token_classifier import NOWHERE, PruningTokenClassifier
from workbench.models.transformers.config import config_class


class PrunedModel:
    """The weights of a stock model and of its policy in one file; stands before the stock class.

    Dropped tokens are really gone: the batch is packed, and the logits are those of the run's model.
    """

    kind: ClassVar[type[PruningClassifier]]
    output: ClassVar[type[ModelOutput]]
    config: Any
    loss_function: Any

    def __init__(self, config: Any) -> None:
        """Raises InputError for an unknown method, and for settings that are not the policy's."""
        super().__init__(config)  # type: ignore[call-arg]
        section = config.workbench or {}
        try:
            self.policy = policy_class(section["method"])(config, **section["policy"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the configuration describes no pruned classifier: {error}") from None

    def pruning_classifier(self) -> PruningClassifier:
        """Return the same modules as the workbench's own functions take them, such as `explain_text`."""
        return self.kind(self, self.policy)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        labels: Tensor | None = None,
        return_dict: bool | None = None,
    ) -> ModelOutput | tuple[Tensor, ...]:
        """Say what transformers' own models say, in their form.

        Args:
            input_ids: (B, N) int64.
            attention_mask: (B, N): where it is 0 nothing is there; a text's positions count the rest.
            token_type_ids: (B, N); None: all 0.
            labels: (B,), or of tags (B, N) with -100 for a token that has none; with them the output has
                transformers' own loss.
            return_dict: Whether the output is an object; None: as in the configuration.

        Raises:
            InputError: For a text without tokens or with more than the model has positions.
        """
        logits = self._logits(input_ids, attention_mask, token_type_ids)
        loss = None if labels is None else self._loss(logits, labels)
        return self._given(self.output(loss=loss, logits=logits), return_dict)

    def _logits(self, ids: Tensor, mask: Tensor | None, types: Tensor | None) -> Tensor:
        """Return the packed run's logits of a padded batch; InputError as of `forward`."""
        logits: Tensor = self.pruning_classifier()(_windows(ids, mask, types)).logits
        return logits

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        raise NotImplementedError

    def _given(self, output: ModelOutput, return_dict: bool | None) -> ModelOutput | tuple[Tensor, ...]:
        as_object = self.config.return_dict if return_dict is None else return_dict
        given: tuple[Tensor, ...] = output.to_tuple()
        return output if as_object else given


class PrunedClassifier(PrunedModel):
    """Says something of whole texts."""

    kind = PruningClassifier
    output = SequenceClassifierOutput

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        loss: Tensor = self.loss_function(labels=labels, pooled_logits=logits, config=self.config)
        return loss


class PrunedTokens(PrunedModel):
    """Says something of each token; dropped ones keep what their last state says."""

    kind = PruningTokenClassifier
    output = TokenClassifierOutput

    def _logits(self, ids: Tensor, mask: Tensor | None, types: Tensor | None) -> Tensor:
        """Return (B, N, outputs) logits where the batch has its tokens, `NOWHERE` on padding."""
        packed = super()._logits(ids, mask, types)
        present = torch.ones_like(ids, dtype=torch.bool) if mask is None else mask.bool()
        first = torch.arange(packed.shape[1], device=packed.device) < present.sum(1)[:, None]
        logits = packed.new_full((*ids.shape, packed.shape[-1]), NOWHERE)
        logits[present] = packed[first]
        return logits

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        loss: Tensor = self.loss_function(logits=logits, labels=labels, config=self.config)
        return loss


class PrunedAnswers(PrunedTokens):
    """Says of each token whether an answer begins, and whether it ends, there."""

    def forward(  # type: ignore[override]
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        start_positions: Tensor | None = None,
        end_positions: Tensor | None = None,
        return_dict: bool | None = None,
    ) -> ModelOutput | tuple[Tensor, ...]:
        """Find answers as transformers' own models do.

        Args:
            input_ids, attention_mask, token_type_ids, return_dict: As of `PrunedModel.forward`,
                which says what is raised.
            start_positions, end_positions: (B,); with both the output has transformers' own loss.
        """
        starts, ends = self._logits(input_ids, attention_mask, token_type_ids).unbind(-1)
        loss = None
        if start_positions is not None and end_positions is not None:
            loss = self.loss_function(starts, ends, start_positions, end_positions)
        output = QuestionAnsweringModelOutput(loss=loss, start_logits=starts, end_logits=ends)
        return self._given(output, return_dict)


PRUNED: dict[Head, type[PrunedModel]] = {
    "sequence": PrunedClassifier,
    "answers": PrunedAnswers,
    "tokens": PrunedTokens,
}


def _windows(ids: Tensor, mask: Tensor | None, types: Tensor | None) -> list[Window]:
    """Return the rows of a padded batch as windows."""
    shown = torch.ones_like(ids) if mask is None else mask
    types = torch.zeros_like(ids) if types is None else types
    columns = [values.cpu().numpy() for values in (ids, shown, types)]
    windows = []
    for number, (row, alive, kinds) in enumerate(zip(*columns, strict=True)):
        present = alive.astype(bool)
        if not present.any():
            raise InputError(f"text {number} of the batch: no token is left by attention_mask")
        tokens = row[present]
        # Which word a token belongs to plays no part in classifying.
        windows.append(Window(str(number), 0, 0, tokens, kinds[present], tokens))
    return windows


@cache
def model_class(model_type: str, head: Head) -> Any:
    """Return the class of exported models of a family, known to transformers from now on."""
    family, ours = backbone_class(model_type).stock_class(head), PRUNED[head]
    config = config_class(model_type)
    name = f"Workbench{family.__name__}"
    made = type(name, (ours, family), {"config_class": config, "__doc__": ours.__doc__})
    auto = getattr(transformers, f"AutoModel{STOCK_NAMES[head]}")
    auto.register(config, made, exist_ok=True)
    return made
