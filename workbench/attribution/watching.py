"""What most observers of the shared pass have in common."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from workbench.attribution.block import Block


class RowByRow(ABC):
    """An observer whose scores of a layer are there as soon as the layer has run."""

    needs_gradient: ClassVar[bool] = False

    def __init__(self) -> None:
        self.collected: list[Tensor] = []

    def see(self, block: Block) -> None:
        self.collected.append(self.row(block))

    @abstractmethod
    def row(self, block: Block) -> Tensor:
        """(B, N): the layer's scores; anything where a token is not alive."""

    def rows(self, output: Tensor) -> Tensor:
        """(B, layers, N)."""
        return torch.stack(self.collected, dim=1)
