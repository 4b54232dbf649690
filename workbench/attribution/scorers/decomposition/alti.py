"""ALTI (Ferrando et al., "Measuring the Mixing of Contextual Information", EMNLP 2022)."""

from torch import Tensor

from workbench.attribution.engine.block import Block
from workbench.attribution.engine.observers import RolledOutRow
from workbench.attribution.ops.mixing import distances_to_sums, shares
from workbench.catalog.scorers import register_scorer


@register_scorer(
    name="alti", title="ALTI", group="decomposition", order=180,
    description="ALTI: L1 contributions of the attention block, rolled out, [CLS] row",
    cls_row=True,
)  # fmt: skip
class Alti(RolledOutRow):
    """The [CLS] row of the layers' contribution matrices multiplied (eq. 11).

    c_ij = max(0, ||y_i||_1 - ||y_i - T_i(x_j)||_1), as shares (eqs. 9, 10): y_i is the attention block's
    output after LayerNorm, T_i(x_j) what token j brings to it, the paper's transformed vector.
    """

    def mixing(self, block: Block) -> Tensor:
        scale = block.first_spread
        distances = distances_to_sums(
            block.probabilities / scale[:, None, :, None],
            block.centred_vectors,
            block.centred_to_itself / scale[:, :, None],
            block.attended,
        )
        size = block.attended.abs().sum(-1, keepdim=True)
        return shares((size - distances).clamp_min(0), block.alive)
