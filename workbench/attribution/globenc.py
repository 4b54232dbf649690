"""GlobEnc (Modarressi et al., NAACL 2022): the whole encoder layer's norms, rolled out."""

from torch import Tensor

from workbench.attribution.block import Block, linear_part
from workbench.attribution.mixing import norms_of_sums, shares
from workbench.attribution.rollout import Rollout
from workbench.attribution.watching import RowByRow


class GlobEnc(RowByRow):
    """The [CLS] row of rolled-out N_Enc: attention, both residuals and both LayerNorms (eqs. 6 to 10).

    The feed-forward part enters through the second LayerNorm's spread only, as in the paper. N_Enc knows
    the residual already, so no identity is added before the product.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flow = Rollout()

    def row(self, block: Block) -> Tensor:
        return self.flow.add(layer_shares(block))[:, 0]


def layer_shares(block: Block) -> Tensor:
    """(B, N, N): N_Enc with rows that sum to 1. Both spreads belong to the row, so they cancel."""
    norms = block.first_norm, block.second_norm

    def through(vectors: Tensor) -> Tensor:
        for norm in norms:
            vectors = linear_part(norm, vectors)
        return vectors

    found = norms_of_sums(block.probabilities, through(block.vectors)).contiguous()
    found.diagonal(dim1=1, dim2=2).copy_(through(block.own).norm(dim=-1))
    return shares(found, block.alive)
