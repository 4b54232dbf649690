"""GlobEnc (Modarressi et al., NAACL 2022): the whole encoder layer's norms, rolled out."""

from torch import Tensor

from workbench.attribution.engine.block import Block, linear_part
from workbench.attribution.engine.observers import RolledOutRow
from workbench.attribution.ops.mixing import norms_of_sums, shares
from workbench.catalog.scorers import register_scorer


@register_scorer(
    name="globenc", title="GlobEnc", group="decomposition", order=170, revision=2,
    description="GlobEnc: norms of the whole layer, rolled out, [CLS] row",
    cls_row=True,
)  # fmt: skip
class GlobEnc(RolledOutRow):
    """The [CLS] row of N_Enc rolled out (eq. 12) as it is: no identity added, rows of any sum.

    A token that is made from large vectors passes more on.
    """

    def mixing(self, block: Block) -> Tensor:
        return encoder_norms(block)


@register_scorer(
    name="globenc-normalised", title="GlobEnc, rows of sum 1", group="decomposition", order=171,
    description="GlobEnc with rows made to sum to 1 before they are rolled out, [CLS] row",
    cls_row=True,
)  # fmt: skip
class NormalisedGlobEnc(RolledOutRow):
    """The same with every row made to sum to 1 before the product, as other rollouts do.

    Ours, not the authors': both spreads belong to the row, so they cancel, and every token passes on
    as much as any other.
    """

    def mixing(self, block: Block) -> Tensor:
        return shares(encoder_norms(block), block.alive)


def encoder_norms(block: Block) -> Tensor:
    """Return N_Enc (B, N, N) of eq. 11: attention, both residuals, both LayerNorms; 0 for the dead.

    The feed-forward part enters through the second LayerNorm's spread only, as in the paper. In layers
    that normalise first, no norm follows a residual: the norms of attention and its residual are left.
    """
    vectors, to_itself = (
        linear_part(block.layer.second_norm, part)
        for part in (block.centred_vectors, block.centred_to_itself)
    )
    spreads = (block.first_spread * block.second_spread)[:, :, None]
    norms = norms_of_sums(block.probabilities, vectors, to_itself) / spreads
    both = block.alive[:, :, None] & block.alive[:, None, :]
    return norms.masked_fill(~both, 0.0)
