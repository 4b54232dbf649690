"""ALTI (Ferrando et al., "Measuring the Mixing of Contextual Information", EMNLP 2022)."""

from torch import Tensor

from workbench.attribution.block import Block, linear_part, spread
from workbench.attribution.mixing import distances_to_sums, shares
from workbench.attribution.rollout import Rollout
from workbench.attribution.watching import RowByRow


class Alti(RowByRow):
    """The [CLS] row of the layers' contribution matrices multiplied (section 3.2)."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = Rollout()

    def row(self, block: Block) -> Tensor:
        return self.flow.add(contributions(block))[:, 0]


def contributions(block: Block) -> Tensor:
    """(B, N, N) with rows that sum to 1: c_ij = max(0, ||y_i||_1 - ||y_i - T_i(x_j)||_1) (eqs. 9, 10).

    y_i is the attention block's output after LayerNorm, T_i(x_j) what token j brings to it (eq. 7).
    """
    norm = block.first_norm
    scale = spread(norm, block.before_norm)
    distances = distances_to_sums(
        block.probabilities / scale[:, None, :, None],
        linear_part(norm, block.vectors),
        linear_part(norm, block.own) / scale[:, :, None],
        block.attended,
    )
    size = block.attended.abs().sum(-1, keepdim=True)
    return shares((size - distances).clamp_min(0), block.alive)
