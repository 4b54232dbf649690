"""The entry of PoWER-BERT: its settings and what there is to say of it."""

from pydantic import Field

from workbench.catalog.methods import Strength, register_method
from workbench.catalog.settings import MOST_EPOCHS, PrunerSettings


class PowerbertSettings(PrunerSettings):
    """PoWER-BERT (Goyal et al., ICML 2020)."""

    epochs: int = Field(4, ge=1, le=MOST_EPOCHS)
    retention_learning_rate: float = Field(1e-2, gt=0)
    """Constant rate of the retention weights during the search (the authors: 1e-4 to 1e-2)."""
    retention_weight: float = Field(3e-4, ge=0)
    """Weight of the sum over layers l, from 1, of l x the layer's retained mass: larger is faster."""
    search_share: float = Field(0.5, gt=0, lt=1)
    """Share of the steps that search how many tokens stay; then the counts are fixed, tokens gone."""


register_method(
    name="powerbert",
    title="PoWER-BERT",
    summary="PoWER-BERT (Goyal et al., ICML 2020): in every layer a learned number of tokens "
    "stays, those that received most attention.",
    settings=PowerbertSettings,
    policy="workbench.models.policies.powerbert:PowerBert",
    objective="workbench.training.objectives.powerbert:PowerbertObjective",
    cut="middle",
    colour="#E69F00",
    order=6,
    strength=Strength("retention_weight"),
    factor_note="PoWER-BERT cuts by rank: the number of tokens that stay is divided by this.",
)
