"""Run a stock encoder's layers and let a policy drop tokens: the one encoder loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

import torch
from torch import Tensor

from workbench.models.backbones import EncoderLayer
from workbench.models.layouts import NEEDS, NOTHING, Attention, Layout, Need, Padded, Rejoin
from workbench.models.policies.base import Policy

FEED_FORWARD_TOKENS = 2048
"""Tokens in a block of the feed-forward part at inference: 12 MB between its layers at H = 384."""


@dataclass(frozen=True)
class LayerTrace:
    """What one layer saw; token values lie in `entered`'s layout unless said otherwise.

    The cut lies at the layer's entry, or after its self-attention if the policy `cuts_after_attention`.
    """

    entered: Layout
    """Tokens alive before this layer's cut: the ones that have `scores`."""
    passed: Layout
    """Tokens alive after it."""
    scores: Tensor | None
    """(rows, columns): the policy's scores at the cut, if it scores here."""
    received: Tensor | None
    """(rows, columns) of the tokens in self-attention (`passed`, or `entered` where the cut comes after
    it): attention received in this layer, if it was asked for."""
    probabilities: Tensor | None
    """(B, heads, N, N): attention probabilities of this layer, if they were asked for."""


@dataclass(frozen=True)
class LayerState:
    """What one layer computed, shown while it is there: the loop keeps nothing of it."""

    index: int
    layer: EncoderLayer
    layout: Layout
    """The tokens in this layer's self-attention; hidden states lie in it, (rows, columns, H)."""
    entered: Tensor
    """Hidden states that entered self-attention."""
    attended: Tensor
    """After the self-attention block, its residual and norm included."""
    left: Tensor
    """The layer's output. In the packed layout fewer tokens where the cut lies inside the layer."""
    probabilities: Tensor | None
    """(B, heads, N, N), if they were asked for."""


Observe = Callable[[LayerState], None]


class EncodeOptions(TypedDict, total=False):
    """How `encode` runs the layers."""

    soft: bool
    """Use the policy's differentiable relaxation (training, padded layout only); by default tokens are
    dropped for good."""
    show: Need
    """The least every layer's attention reports in the traces; by default nothing."""
    observe: Observe | None
    """Is shown each layer as soon as it has run. The traces then hold no probabilities, so that those of
    one layer exist at a time."""
    rejoin: Rejoin | None
    """Also return the last state of every token, those that were dropped included; by default not."""
    cls_only: bool
    """Compute in the last layer what [CLS] needs there, see `attend_from_cls`; where the policy cuts
    after self-attention, leave out the other tokens' feed-forward part only. Stands alone: the other
    options ask for every token."""


@dataclass(frozen=True)
class Encoded:
    """Hidden states after the last layer and what happened on the way."""

    hidden: Tensor
    """(rows, columns, H): what the last layer computed."""
    layout: Layout
    """How it lies."""
    tokens: Tensor
    """(B, layers) int64: tokens each text has in each layer's self-attention."""
    tokens_ffn: Tensor
    """(B, layers) int64: the same in its feed-forward part; fewer where a policy cuts in between."""
    traces: tuple[LayerTrace, ...]
    every: Tensor | None = None
    """(B, N, H) by original position: every token's last state, if it was asked for; 0 on padding."""


def encode(
    layers: Sequence[EncoderLayer],
    policy: Policy,
    hidden: Tensor,
    layout: Layout,
    **options: Unpack[EncodeOptions],
) -> Encoded:
    """Run encoder layers, dropping tokens as a policy says.

    Args:
        layers: At least one.
        policy: Scores tokens and decides which stay.
        hidden: (rows, columns, H): what enters the first layer.
        layout: How its tokens lie.
        options: See `EncodeOptions`.
    """
    soft, show = options.get("soft", False), options.get("show", "nothing")
    observe, cls_only = options.get("observe"), options.get("cls_only", False)
    rejoin = options.get("rejoin")
    every = None if rejoin is None else layout.scatter_to(None, hidden)
    traces, tokens, tokens_ffn = [], [], []
    attention = NOTHING
    cuts_after = policy.cuts_after_attention
    for index, layer in enumerate(layers):
        entered, scores, entering = layout, None, hidden
        if not cuts_after:
            hidden, layout, scores = _cut(policy, index, hidden, layout, attention, soft)
        inside, before = layout, hidden
        ends = cls_only and index == len(layers) - 1
        if ends and not cuts_after:
            hidden, attention = layer.attend_from_cls(hidden, layout), NOTHING
        else:
            hidden, attention = layer.attend(hidden, layout, _need(policy, index, show))
        attended = hidden
        tokens.append(layout.text_lengths())
        if cuts_after:
            hidden, layout, scores = _cut(policy, index, hidden, layout, attention, soft)
        tokens_ffn.append(layout.text_lengths() if cuts_after else tokens[-1])
        passed = layout
        if ends:
            hidden, layout = layout.take_cls(hidden) if cuts_after else hidden, layout.alone
        hidden = _feed_forward(layer, hidden)
        if every is not None and soft:
            every = _rejoined_softly(every, hidden, passed, rejoin)
        elif every is not None and passed is not entered:
            # The states of those that go on are written over later.
            every = entered.scatter_to(every, entering.detach() if rejoin == "detached" else entering)
        if observe is not None:
            observe(LayerState(index, layer, inside, before, attended, hidden, attention.probabilities))
            attention = attention._replace(probabilities=None)
        traces.append(LayerTrace(entered, passed, scores, attention.received, attention.probabilities))
    if every is not None and not soft:
        every = layout.scatter_to(every, hidden)
    counts = torch.stack(tokens, dim=1), torch.stack(tokens_ffn, dim=1)
    return Encoded(hidden, layout, *counts, tuple(traces), every)


def _rejoined_softly(every: Tensor, hidden: Tensor, passed: Layout, rejoin: Rejoin | None) -> Tensor:
    """Return the last states of all tokens after a layer under soft masks, (B, N, H).

    Args:
        every: Those before it.
        hidden, passed: What left it, and how that lies.
        rejoin: The rule.
    """
    assert isinstance(passed, Padded), "soft masks need the padded layout"
    if rejoin == "gated" and passed.soft is not None:
        return every + passed.soft[..., None] * (hidden - every)
    # The states of those that go on are written over.
    return passed.without_zeros().scatter_to(every.detach() if rejoin == "detached" else every, hidden)


def _cut(
    policy: Policy, index: int, hidden: Tensor, layout: Layout, attention: Attention, soft: bool
) -> tuple[Tensor, Layout, Tensor | None]:
    """Return hidden states and layout after this layer's cut, and the scores behind it."""
    scores = policy.scores(index, hidden, layout, _received(policy, attention))
    if scores is not None and soft:
        return *policy.soften(index, hidden, scores, layout), scores
    keep = None if scores is None else policy.keep(index, scores, layout)
    if keep is None:
        return hidden, layout, scores
    return *layout.drop(hidden, keep), scores


def _feed_forward(layer: EncoderLayer, hidden: Tensor) -> Tensor:
    """Run the layer's second half, (rows, columns, H) -> the same.

    Tokens do not see each other here, so at inference a long packed row goes through in blocks: what
    lies between the two linear layers, 4H wide, then stays in the processor's cache.
    """
    whole = torch.is_grad_enabled() or torch.compiler.is_exporting()
    if whole or hidden.device.type != "cpu" or len(hidden) > 1:
        return layer.feed_forward(hidden)
    blocks = hidden.split(FEED_FORWARD_TOKENS, dim=1)
    return torch.cat([layer.feed_forward(block) for block in blocks], dim=1)


def _need(policy: Policy, index: int, show: Need) -> Need:
    """Return the least that this layer's attention has to tell."""
    if not policy.needs_attention(index):
        return show
    needed: Need = "to-self" if policy.ignores_own_attention else "received"
    return max(show, needed, key=NEEDS.index)


def _received(policy: Policy, attention: Attention) -> Tensor | None:
    """Return attention received, without each token's own part where the policy ignores that."""
    if not policy.ignores_own_attention or attention.received is None:
        return attention.received
    return None if attention.to_self is None else attention.received - attention.to_self
