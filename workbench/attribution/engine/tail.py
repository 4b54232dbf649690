"""The classifier from a layer's input on, as a function of tensors: what Captum differentiates."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import Encoded, Observe, encode
from workbench.models.interventions.replay import ReplayPolicy
from workbench.models.layouts import Padded


class Tail(nn.Module):
    """From the input of layer `start` to what `outputs` makes of the logits.

    Who is in each layer's self-attention is given: a model that drops tokens does not decide anew on
    the way, so that the function is continuous in the hidden states. The modules below it are the
    model's own.
    """

    def __init__(
        self, model: PruningClassifier, start: int, outputs: Callable[[Tensor], Tensor]
    ) -> None:
        super().__init__()
        self.model, self.start, self.outputs = model, start, outputs
        self.train(model.training)

    def forward(self, hidden: Tensor, alive: Tensor) -> Tensor:
        """hidden (K, N, H), alive (K, layers, N) bool -> outputs (K, classes)."""
        return self.outputs(self.model.head(_encoded(self.model, self.start, hidden, alive)))


def entering(model: PruningClassifier, embedded: Tensor, alive: Tensor) -> list[Tensor]:
    """Hidden states (K, N, H) at every layer's input, from the embedding output; no gradients."""
    found: list[Tensor] = []
    with torch.no_grad():
        _encoded(model, 0, embedded, alive, lambda seen: found.append(seen.entered))
    return found


def _encoded(
    model: PruningClassifier, start: int, hidden: Tensor, alive: Tensor, observe: Observe | None = None
) -> Encoded:
    everyone = torch.ones_like(alive[:, 0])
    layout = Padded(everyone, everyone.sum(1))
    layers = model.bert.bert.encoder.layer[start:]
    policy = ReplayPolicy(alive[:, start:])
    return encode(layers, policy, hidden, layout, observe=observe)
