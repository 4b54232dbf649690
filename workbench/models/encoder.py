"""The one encoder loop: the library's own BERT layers, and a policy that decides who stays."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from workbench.models.layouts import Layout, Need
from workbench.models.policies.base import Policy

ATTENTION = "workbench"
"""Name under which transformers finds `_attention`; without a layout it is the stock SDPA."""


@dataclass(frozen=True)
class LayerTrace:
    """What one layer saw; token values lie in `entered`'s layout unless said otherwise."""

    entered: Layout
    """Tokens alive before this layer's cut: the ones `scores` speak of."""
    passed: Layout
    """Tokens alive after it."""
    scores: Tensor | None
    """(rows, columns): the policy's scores at the layer's entry, if it scores here."""
    received: Tensor | None
    """(rows, columns) of `passed`: attention received in this layer, if it was asked for."""
    probabilities: Tensor | None
    """(B, heads, N, N): attention probabilities of this layer, if they were asked for."""


@dataclass(frozen=True)
class Encoded:
    """Hidden states after the last layer and what happened on the way."""

    hidden: Tensor
    """(rows, columns, H) in the layout of the last layer."""
    layout: Layout
    tokens: Tensor
    """(B, layers) int64: tokens each text has inside each layer."""
    traces: tuple[LayerTrace, ...]


def encode(
    layers: Iterable[Any], policy: Policy, hidden: Tensor, layout: Layout, *, soft: bool, show: Need
) -> Encoded:
    """Run the encoder layers over `hidden` (rows, columns, H), dropping tokens as `policy` says.

    `soft` uses the policy's differentiable relaxation (training, padded layout only); otherwise
    tokens are dropped for good. `show` is the least every layer's attention reports in the traces.
    """
    traces, tokens = [], []
    received: Tensor | None = None
    for index, layer in enumerate(layers):
        entered = layout
        scores = policy.scores(index, hidden, layout, received)
        if scores is not None and soft:
            hidden, layout = policy.soften(index, hidden, scores, layout)
        elif scores is not None:
            keep = policy.keep(index, scores, layout)
            if keep is not None:
                hidden, layout = layout.drop(hidden, keep)
        need: Need = show
        if need == "nothing" and policy.needs_attention(index):
            need = "received"
        attended, attention = layer.attention(hidden, layout=layout, need=need)
        hidden = layer.feed_forward_chunk(attended)
        received = attention.received
        tokens.append(layout.counts())
        traces.append(LayerTrace(entered, layout, scores, received, attention.probabilities))
    return Encoded(hidden, layout, torch.stack(tokens, dim=1), tuple(traces))


def _attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    layout: Layout | None = None,
    need: Need = "nothing",
    **kwargs: Any,
) -> tuple[Tensor, Any]:
    """Attention as transformers calls it from inside a stock layer; the layout knows who is who."""
    if layout is None:
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    return layout.attend(query, key, value, scale, dropout, need)


def register_attention() -> None:
    """Make the name `ATTENTION` known to transformers (idempotent)."""
    function: Callable[..., Any] = _attention
    AttentionInterface.register(ATTENTION, function)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)
