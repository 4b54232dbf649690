"""The entry of Transkimmer: its settings and what there is to say of it."""

from pydantic import Field

from workbench.catalog.methods import Strength, Threshold, register_method
from workbench.catalog.settings import Cut, PrunerSettings


class TranskimmerSettings(PrunerSettings):
    """Transkimmer (Guan et al., ACL 2022)."""

    skim_weight: float = Field(0.3, ge=0)
    """Weight of the mean share of kept tokens (the paper's harmony coefficient): larger is faster."""
    predictor_learning_rate: float = Field(1e-3, gt=0)
    """Rate of the skim predictors."""
    keep_bias: float = Field(5.0, ge=0)
    """Start of the predictors' last bias, plus for keep and minus for skim."""
    temperature: float = Field(1.0, gt=0)
    """Of the Gumbel-softmax."""
    cut: Cut = "entry"
    """Where a layer scores and drops: at its entry, as the authors do, or in its middle, after its
    self-attention (our addition)."""
    hard_mask_share: float = Field(0.0, ge=0, lt=1)
    """Share of the steps, at the end, with the predictors fixed and tokens really gone (our addition;
    0 samples to the end, as the authors do)."""


register_method(
    name="transkimmer",
    title="Transkimmer",
    summary="Transkimmer (Guan et al., ACL 2022): before every layer a predictor says which "
    "tokens stay.",
    settings=TranskimmerSettings,
    policy="workbench.models.policies.transkimmer:Transkimmer",
    objective="workbench.training.objectives.transkimmer:TranskimmerObjective",
    before={"cut": "entry"},
    colour="#CC79A7",
    order=5,
    strength=Strength("skim_weight"),
    threshold=Threshold(value=0.5),
)
