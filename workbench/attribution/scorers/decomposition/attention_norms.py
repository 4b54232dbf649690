"""Value-weighted norms: how large what a token passes on really is.

Kobayashi et al., "Attention is Not Only a Weight" (EMNLP 2020) and "Incorporating Residual and
Normalization Layers into Analysis of Masked Language Models" (EMNLP 2021).
"""

from torch import Tensor

from workbench.attribution.engine.block import Block
from workbench.attribution.engine.observers import RowByRow
from workbench.attribution.ops.mixing import norms_of_sums, received
from workbench.catalog.scorers import register_scorer


@register_scorer(
    name="value-norms", title="value-weighted attention norms", group="decomposition", order=150,
    description="norm of attention x value, mean over queries (Kobayashi et al. 2020)",
)  # fmt: skip
class ValueNorms(RowByRow):
    """||sum_h alpha_ij f(x_j)||, the norms of 2020, all heads together; column mean over queries."""

    def row(self, block: Block) -> Tensor:
        return received(self.norms(block), block.alive)

    def norms(self, block: Block) -> Tensor:
        """Return (B, N, N)."""
        return norms_of_sums(block.probabilities, block.vectors)


@register_scorer(
    name="residual-norms", title="attention norms with residual", group="decomposition", order=160,
    description="the same through residual and LayerNorm (Kobayashi et al. 2021)",
)  # fmt: skip
class ResidualNorms(RowByRow):
    """The same through residual and LayerNorm (2021, section 3.2), column mean over queries."""

    def row(self, block: Block) -> Tensor:
        return received(self.norms(block), block.alive)

    def norms(self, block: Block) -> Tensor:
        """Return (B, N, N)."""
        norms = norms_of_sums(block.probabilities, block.centred_vectors, block.centred_to_itself)
        return norms / block.first_spread[:, :, None]
