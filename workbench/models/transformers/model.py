"""A pruned classifier as an ordinary transformers model, which runs packed."""

from functools import cache
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification
from transformers.modeling_outputs import SequenceClassifierOutput

from workbench.core.documents import Window
from workbench.errors import InputError
from workbench.models.backbones import backbone_class
from workbench.models.classifier import PruningClassifier
from workbench.models.policies import policy_class
from workbench.models.transformers.config import config_class


class PrunedModel:
    """The weights of a stock classifier and of its policy in one file; stands before the stock class.

    Dropped tokens are really gone: the batch is packed, and the logits are those of the run's model.
    """

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
        return PruningClassifier(self, self.policy)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        labels: Tensor | None = None,
        return_dict: bool | None = None,
    ) -> SequenceClassifierOutput | tuple[Tensor, ...]:
        """Classify texts as transformers' own models do.

        Args:
            input_ids: (B, N) int64.
            attention_mask: (B, N): where it is 0 nothing is there; a text's positions count the rest.
            token_type_ids: (B, N); None: all 0.
            labels: (B,); with them the output has transformers' own loss.
            return_dict: Whether the output is an object; None: as in the configuration.

        Raises:
            InputError: For a text without tokens or with more than the model has positions.
        """
        windows = _windows(input_ids, attention_mask, token_type_ids)
        logits = self.pruning_classifier()(windows).logits
        loss = None
        if labels is not None:
            loss = self.loss_function(labels=labels, pooled_logits=logits, config=self.config)
        output = SequenceClassifierOutput(loss=loss, logits=logits)
        as_object = self.config.return_dict if return_dict is None else return_dict
        return output if as_object else output.to_tuple()


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
def model_class(model_type: str) -> Any:
    """Return the class of exported models of a family, known to transformers from now on."""
    family = backbone_class(model_type).stock_class()
    config = config_class(model_type)
    name = f"Workbench{family.__name__}"
    made = type(name, (PrunedModel, family), {"config_class": config, "__doc__": PrunedModel.__doc__})
    AutoModelForSequenceClassification.register(config, made, exist_ok=True)
    return made
