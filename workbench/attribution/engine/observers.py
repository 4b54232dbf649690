"""What is shown the layers of a forward pass that several scorers share."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from workbench.attribution.engine.block import Block
from workbench.attribution.ops.mixing import at_rest
from workbench.attribution.ops.rollout import Rollout


class Observer(ABC):
    """Is shown every layer of one forward pass, and then gives scores."""

    needs_gradient: ClassVar[bool] = False
    """Whether `rows` takes gradients of the model's output: the pass then keeps its graph."""

    @abstractmethod
    def see(self, block: Block) -> None:
        """Take in a layer that has run; gradients are off."""

    @abstractmethod
    def rows(self, output: Tensor) -> Tensor:
        """Return (B, layers, N) once the pass is over; `output` (B,) is what is explained."""


class RowByRow(Observer):
    """An observer that scores a layer as soon as it has run."""

    def __init__(self) -> None:
        self.collected: list[Tensor] = []

    def see(self, block: Block) -> None:
        # A row that is a view would keep the layer's whole map until the pass is over.
        self.collected.append(self.row(block).clone())

    @abstractmethod
    def row(self, block: Block) -> Tensor:
        """Return the layer's scores (B, N); anything where a token is not alive."""

    def rows(self, output: Tensor) -> Tensor:
        return torch.stack(self.collected, dim=1)


class RolledOutRow(RowByRow):
    """The [CLS] row of the layers' mixing matrices multiplied up to the layer; the mean row where the
    model's head reads the mean over tokens; of an answer the mean of the rows of its first and last
    token, each as it was when the token left.

    In a model that drops tokens, what reaches [CLS] through tokens dropped since is in no token's score:
    a row of shares over the remaining ones then sums to less than 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flow = Rollout()

    def row(self, block: Block) -> Tensor:
        mixing = self.mixing(block)
        return block.pooled(self.flow.add(mixing if block.kept is None else at_rest(mixing, block.kept)))

    @abstractmethod
    def mixing(self, block: Block) -> Tensor:
        """Return what each token (row) takes from each (B, N, N); columns of the dead are 0."""
