"""The classifier from a layer's input on, as a function of tensors: what Captum differentiates."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import Encoded, Observe, encode
from workbench.models.interventions.replay import ReplayPolicy
from workbench.models.layouts import Padded


class Tail(nn.Module):
    """From the input of one layer to what is explained.

    The tokens in each layer's self-attention are given: a model that drops tokens does not decide anew,
    so that the function is continuous in the hidden states.

    Args:
        model: Its modules are used as they are.
        start: The layer.
        outputs: Takes logits to what is explained, both (K, classes).
    """

    def __init__(
        self, model: PruningClassifier, start: int, outputs: Callable[[Tensor], Tensor]
    ) -> None:
        super().__init__()
        self.model, self.start, self.outputs = model, start, outputs
        self.train(model.training)

    def forward(self, hidden: Tensor, alive: Tensor) -> Tensor:
        """hidden (K, N, H), alive (K, layers, N) bool -> outputs (K, classes)."""
        return self.outputs(self.model.head(_encode_from(self.model, self.start, hidden, alive)))


def states_entering(model: PruningClassifier, embedded: Tensor, alive: Tensor) -> list[Tensor]:
    """Return hidden states at every layer's input, without gradients.

    Args:
        model: The classifier.
        embedded: (K, N, H), the embedding output.
        alive: (K, layers, N) bool, the tokens in each layer's self-attention.
    """
    states: list[Tensor] = []
    with torch.no_grad():
        _encode_from(model, 0, embedded, alive, lambda state: states.append(state.entered))
    return states


def _encode_from(
    model: PruningClassifier, start: int, hidden: Tensor, alive: Tensor, observe: Observe | None = None
) -> Encoded:
    all_tokens = torch.ones_like(alive[:, 0])
    layout = Padded(all_tokens, all_tokens.sum(1))
    layers, policy = model.bert.bert.encoder.layer[start:], ReplayPolicy(alive[:, start:])
    return encode(layers, policy, hidden, layout, observe=observe)
