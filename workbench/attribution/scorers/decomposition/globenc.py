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
    made to sum to 1 before the product. Both spreads belong to the row, so they cancel.
    """

    def mixing(self, block: Block) -> Tensor:
        vectors, to_itself = (
            linear_part(block.second_norm, part)
            for part in (block.centred_vectors, block.centred_to_itself)
        )
        return shares(norms_of_sums(block.probabilities, vectors, to_itself), block.alive)
