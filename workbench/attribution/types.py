"""What a scorer is, and what it returns for one window before that becomes a record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np
from torch import Tensor

if TYPE_CHECKING:
    from workbench.attribution.engine.block import Block
    from workbench.attribution.engine.task import Task


class Scored(NamedTuple):
    """Scores of one window of n tokens."""

    scores: np.ndarray
    """(layers, n) float32; NaN where a token is not alive or the scorer is silent."""
    kept: np.ndarray | None = None
    """(layers, n) bool: passed on into the layer; None where nothing is ever dropped."""
    error: np.ndarray | None = None
    """(layers,) float32: convergence error as a share of what is to be explained; NaN: none known."""


class Observer(Protocol):
    """Is shown every layer of the one forward pass that all scorers like it share."""

    @property
    def needs_gradient(self) -> bool:
        """Whether `rows` takes gradients of the model's output: the pass then keeps its graph."""

    def see(self, block: "Block") -> None:
        """One layer has run; gradients are off."""

    def rows(self, output: Tensor) -> Tensor:
        """(B, layers, N) once the pass is over; `output` (B,) is what is explained."""


Rows = Literal["all", "input", "some"]


@dataclass(frozen=True)
class Scorer:
    """A row of the registry: exactly one of `score` and `observer`."""

    explains: str
    """What exactly it explains, fit for a table's caption."""
    score: "Callable[[Task], Sequence[Scored]] | None" = None
    """Works on a batch of windows by itself."""
    observer: Callable[[], Observer] | None = None
    """Makes one that watches a batch's forward pass, which it shares with others."""
    method: str | None = None
    """The only method it can score; None: any model."""
    supported_options: frozenset[str] = frozenset()
    """Names of the `Options` it knows; others are refused when set."""
    signed: bool = False
    """Whether scores may be negative."""
    rows: Rows = "all"
    """Which layers it speaks of: all, some that it knows itself, or the input only (row 0). With `input`
    it scores words or sentences as such; others' token scores are added up."""
    graph: bool = False
    """Whether it keeps the activations of all layers at once: batches are made smaller."""
