"""GlobEnc (Modarressi et al., NAACL 2022): the whole encoder layer's norms, rolled out."""

from torch import Tensor

from workbench.attribution.engine.block import Block, linear_part
from workbench.attribution.engine.observers import RolledOutRow
from workbench.attribution.ops.mixing import norms_of_sums, shares
from workbench.catalog.scorers import register_scorer


@register_scorer(
    name="globenc", title="GlobEnc", group="decomposition", order=170,
    description="GlobEnc: norms of the whole layer, rolled out, [CLS] row",
)  # fmt: skip
class GlobEnc(RolledOutRow):
    """The [CLS] row of N_Enc (eq. 11: attention, both residuals, both LayerNorms) rolled out (eq. 12).

    The feed-forward part enters through the second LayerNorm's spread only, as in the paper. N_Enc knows
    the residual already, so no identity is added before the product. Ours, not the paper's: rows are
    made to sum to 1 before the product, which leaves the spreads no part in it.
    """

    def mixing(self, block: Block) -> Tensor:
        return layer_shares(block)


def layer_shares(block: Block) -> Tensor:
    """(B, N, N): N_Enc with rows that sum to 1. Both spreads belong to the row, so they cancel."""
    through, own = (
        linear_part(block.second_norm, part) for part in (block.centred_vectors, block.centred_own)
    )
    found = norms_of_sums(block.probabilities, through).contiguous()
    found.diagonal(dim1=1, dim2=2).copy_(own.norm(dim=-1))
    return shares(found, block.alive)
