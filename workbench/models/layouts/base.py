"""What both layouts take in and tell about attention."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from torch import Tensor

Need = Literal["nothing", "received", "to-self", "probabilities"]
"""What attention must tell; each includes the ones before."""
NEEDS: tuple[Need, ...] = get_args(Need)


Rejoin = Literal["last", "detached", "gated"]
"""With which state a token that leaves early rejoins after the last layer.

`last`, as in ToP: the one with which it entered the layer that drops it. `detached`, as in TR-BERT: the
same without a gradient. `gated`, as in Transkimmer: in training mixed by the mask, with its gradient."""

PairBias = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor | None]
"""What is added to attention logits by pairs of tokens, such as for how far apart they stand.

Takes queries (texts, heads, n, d), keys (texts, heads, m, d) and the places of both in their text,
(texts, n) and (texts, m), which stay what they were before tokens were dropped. Returns what broadcasts
to (texts, heads, n, m), or None for nothing."""


class Attention(NamedTuple):
    """What a layer's self-attention tells besides its output."""

    received: Tensor | None
    """(rows, columns): attention each token receives, mean over heads and remaining queries."""
    to_self: Tensor | None
    """(rows, columns): the part of `received` that comes from the token itself."""
    probabilities: Tensor | None
    """(B, heads, N, N); only from the padded layout."""


NOTHING = Attention(None, None, None)
"""What attention tells where `Need` is "nothing"."""


@dataclass(frozen=True)
class Inputs:
    """Embedding inputs in a layout's shape, each (rows, columns) int64."""

    input_ids: Tensor
    token_type_ids: Tensor
    position_ids: Tensor
