"""The classifier from a layer's input on, as a function of hidden states: what Captum differentiates."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import Encoded, Observe, encode
from workbench.models.interventions.replay import ReplayPolicy
from workbench.models.layouts import Padded


class Tail(nn.Module):
    """From the input of one layer, of any number K of copies of one window, to what is explained (K,).

    The tokens in each layer's self-attention are given: a model that drops tokens does not decide anew,
    so that the function is continuous in the hidden states.

    Args:
        model: Its modules are used as they are.
        start: The layer.
        alive: (1, layers, N) bool, the tokens in each layer's self-attention.
        explained: Takes logits (K, classes) to what is explained (K,).
    """

    def __init__(
        self,
        model: PruningClassifier,
        start: int,
        alive: Tensor,
        explained: Callable[[Tensor], Tensor],
    ) -> None:
        super().__init__()
        self.model, self.start, self.alive, self.explained = model, start, alive, explained
        self.train(model.training)

    def forward(self, hidden: Tensor) -> Tensor:
        """hidden (K, N, H) -> (K,)."""
        return self.explained(self.model.head(_encode_from(self.model, self.start, hidden, self.alive)))


def states_entering(model: PruningClassifier, embedded: Tensor, alive: Tensor) -> list[Tensor]:
    """Return hidden states at every layer's input, without gradients.

    Args:
        model: The classifier.
        embedded: (1, N, H), the embedding output.
        alive: (1, layers, N) bool, the tokens in each layer's self-attention.
    """
    states: list[Tensor] = []
    with torch.no_grad():
        _encode_from(model, 0, embedded, alive, lambda state: states.append(state.entered))
    return states


def _encode_from(
    model: PruningClassifier, start: int, hidden: Tensor, alive: Tensor, observe: Observe | None = None
) -> Encoded:
    alive = alive[:, start:].expand(len(hidden), -1, -1)
    all_tokens = torch.ones(hidden.shape[:2], dtype=torch.bool, device=hidden.device)
    layout = Padded(all_tokens, all_tokens.sum(1))
    layers = model.backbone.layers[start:]
    return encode(layers, ReplayPolicy(alive), hidden, layout, observe=observe)
