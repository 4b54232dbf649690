"""One layer's self-attention block taken apart: what each token brings to every other."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor

from workbench.attribution.engine.memoised import Memoised
from workbench.attribution.ops.mixing import pooled_row
from workbench.models.encoder import LayerState
from workbench.models.layouts import Padded


class Block(Memoised):
    """A layer of the shared pass, with what several scorers derive from it computed once.

    Padded tensors: (B, N, H) and (B, heads, N, N), rows = queries. Columns of tokens that are not alive
    have probability 0; their rows mean nothing.
    """

    answer: Tensor | None = None
    """(B, 2) int64: first and last token of the answer that is explained; None: none is."""
    kept: Tensor | None = None
    """(B, N) bool, where there is an answer: past the layer's cut. What has left changes no more."""

    def __init__(
        self,
        state: LayerState,
        *,
        pools_cls: bool = True,
        answer: Tensor | None = None,
        kept: Tensor | None = None,
    ) -> None:
        """Take in a layer that has run.

        Args:
            state: The layer.
            pools_cls: Whether the model's head reads [CLS] alone, if it reads no answers.
            answer: See there.
            kept: (B, layers, N), where there is an answer.
        """
        super().__init__()
        if not isinstance(state.layout, Padded) or state.probabilities is None:
            raise ValueError("needs attention probabilities: run masked with show='probabilities'")
        self.index, self.layer, self.pools_cls = state.index, state.layer, pools_cls
        self.answer, self.kept = answer, None if kept is None else kept[:, state.index]
        self.entered, self.attended, self.left = state.entered, state.attended, state.left
        self.alive: Tensor = state.layout.alive
        """(B, N) bool: in this layer's self-attention."""
        self.in_graph: Tensor = state.probabilities
        """(B, heads, N, N), with its gradient function where the pass keeps one."""

    @cached_property
    def probabilities(self) -> Tensor:
        """(B, heads, N, N)."""
        return self.in_graph.detach()

    def pooled(self, matrix: Tensor) -> Tensor:
        """Return the row of (B, N, N) that the model's head reads, see `pooled_row`."""
        return self.pooling(matrix)

    @property
    def pooling(self) -> Callable[[Tensor], Tensor]:
        """`pooled`, without the block."""
        return partial(pooled_row, alive=self.alive, pools_cls=self.pools_cls, answer=self.answer)

    @cached_property
    def values(self) -> Tensor:
        """(B, N, heads, d): value vectors, bias included."""
        return self.layer.values(self.layer.entering(self.entered)).transpose(1, 2)

    @cached_property
    def vectors(self) -> Tensor:
        """(B, N, heads, H): f(x_j), each head's value vector times the output matrix, without its bias.

        Kobayashi et al. 2021, eq. 10: token i's output is the sum of alpha_ij f(x_j), here and a bias.
        """
        weight = self.layer.output.weight.unflatten(1, (self.values.shape[2], -1))
        return torch.einsum("bnhd,mhd->bnhm", self.values, weight)

    @cached_property
    def before_norm(self) -> Tensor:
        """(B, N, H): attention output plus residual, what the first LayerNorm, if any, takes in."""
        context = torch.einsum("bhij,bjhd->bihd", self.probabilities, self.values).flatten(2)
        return self.layer.output(context) + self.entered

    @cached_property
    def to_itself(self) -> Tensor:
        """(B, N, H): what each token brings to itself, its residual included."""
        to_self = self.probabilities.diagonal(dim1=2, dim2=3)
        return torch.einsum("bhi,bihm->bim", to_self, self.vectors) + self.entered

    @cached_property
    def centred_vectors(self) -> Tensor:
        """(B, N, heads, H): `vectors` through the linear part of the first LayerNorm, if any."""
        return linear_part(self.layer.first_norm, self.vectors)

    @cached_property
    def centred_to_itself(self) -> Tensor:
        """(B, N, H): `to_itself` through the same."""
        return linear_part(self.layer.first_norm, self.to_itself)

    @cached_property
    def first_spread(self) -> Tensor:
        """(B, N): what the first LayerNorm divides by; ones where no norm follows the residual."""
        return spread(self.layer.first_norm, self.before_norm)

    @cached_property
    def second_spread(self) -> Tensor:
        """(B, N): what the second LayerNorm divides by. The feed-forward part runs again for it."""
        norm = self.layer.second_norm
        before = self.attended if norm is None else self.layer.fed(self.attended) + self.attended
        return spread(norm, before)


def linear_part(norm: Any, vectors: Tensor) -> Tensor:
    """Return LayerNorm's centring and weight (..., H), without its division and its bias.

    Without a norm the vectors stay as they are.

    LN(sum of v) = sum of linear_part(v) / spread + bias (Kobayashi et al. 2021, section 3.2).
    """
    if norm is None:
        return vectors
    return (vectors - vectors.mean(-1, keepdim=True)) * norm.weight


def spread(norm: Any, before: Tensor) -> Tensor:
    """Return the deviation (...) that LayerNorm divides `before` (..., H) by; 1 without a norm."""
    if norm is None:
        return torch.ones_like(before[..., 0])
    return (before.var(-1, correction=0) + norm.eps).sqrt()
