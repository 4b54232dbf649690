"""The classifier before and after a layer's input, as functions of hidden states: what Captum
differentiates."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from workbench.attribution.engine.whole_model import rejoining
from workbench.models.classifier import PruningClassifier
from workbench.models.encoder import Encoded, Observe, encode
from workbench.models.interventions.replay import ReplayPolicy
from workbench.models.layouts import Padded


class Decisions(NamedTuple):
    """Which tokens of one window a model keeps: it does not decide anew on changed hidden states."""

    alive: Tensor
    """(1, layers, N) bool: in each layer's self-attention."""
    kept: Tensor
    """(1, layers, N) bool: past each layer's cut."""


class Tail(nn.Module):
    """From the input of one layer, of any number K of copies of one window, to what is explained (K,).

    The tokens in each layer are given, so that the function is continuous in the hidden states.

    Args:
        model: Its modules are used as they are.
        start: The layer.
        decisions: The tokens in each layer.
        explained: Takes logits of K copies to what is explained (K,).
        gone: (1, N, H): where every token has an output, the last states of those that left before,
            which no change of this layer's input reaches. None: nobody reads these.
    """

    def __init__(
        self,
        model: PruningClassifier,
        start: int,
        decisions: Decisions,
        explained: Callable[[Tensor], Tensor],
        gone: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.model, self.start, self.decisions, self.explained = model, start, decisions, explained
        self.gone = gone
        self.train(model.training)

    def forward(self, hidden: Tensor) -> Tensor:
        """hidden (K, N, H) -> (K,)."""
        if self.gone is not None:
            hidden = torch.where(self.decisions.alive[:, self.start, :, None], hidden, self.gone)
        return self.explained(
            self.model.head(_encode_from(self.model, self.start, hidden, self.decisions))
        )


class Through(nn.Module):
    """From the embedding output, of any number K of copies of one window, to what is explained (K,).

    The state on the way is what `at`, a module that does nothing, is given and returns: (K, N, H).

    Args:
        tail: From that state on; the tokens in each layer are its.
    """

    def __init__(self, tail: Tail) -> None:
        super().__init__()
        self.tail, self.at = tail, nn.Identity()

    def forward(self, embedded: Tensor) -> Tensor:
        """embedded (K, N, H) -> (K,)."""
        tail, state = self.tail, embedded
        if tail.start:
            state = _encode_from(tail.model, 0, embedded, tail.decisions, stop=tail.start).hidden
        explained: Tensor = tail(self.at(state))
        return explained


def states_entering(
    model: PruningClassifier, embedded: Tensor, decisions: Decisions
) -> tuple[list[Tensor], list[Tensor | None]]:
    """Return hidden states at every layer's input, and what `Tail` calls `gone`, without gradients.

    Args:
        model: The classifier.
        embedded: (1, N, H), the embedding output.
        decisions: The tokens in each layer.
    """
    states: list[Tensor] = []
    with torch.no_grad():
        _encode_from(model, 0, embedded, decisions, lambda state: states.append(state.entered))
    if rejoining(model) is None:
        return states, [None] * len(states)
    last = states[:1]
    for layer, state in enumerate(states[1:]):
        # A token leaves with the state that entered the layer which drops it.
        last.append(torch.where(decisions.kept[:, layer, :, None], state, last[-1]))
    return states, [*last]


def _encode_from(
    model: PruningClassifier,
    start: int,
    hidden: Tensor,
    decisions: Decisions,
    observe: Observe | None = None,
    stop: int | None = None,
) -> Encoded:
    alive, kept = (mask[:, start:].expand(len(hidden), -1, -1) for mask in decisions)
    all_tokens = torch.ones(hidden.shape[:2], dtype=torch.bool, device=hidden.device)
    rejoin = rejoining(model)
    if rejoin is None:
        layout, policy = Padded(all_tokens, all_tokens.sum(1)), ReplayPolicy(alive)
    else:
        layout = Padded(alive[:, 0], all_tokens.sum(1))
        policy = ReplayPolicy(kept, cut=model.policy.cut)
    layers = model.backbone.layers[start:stop]
    encoded = encode(layers, policy, hidden, layout, observe=observe, rejoin=rejoin)
    if rejoin is None:
        return encoded
    assert encoded.every is not None
    return replace(encoded, every=torch.where(alive[:, 0, :, None], encoded.every, hidden))
