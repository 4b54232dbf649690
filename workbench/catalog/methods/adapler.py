"""The entry of AdapLeR: its settings and what there is to say of it."""

from pydantic import Field

from workbench.catalog.methods import AimedAt, Strength, Threshold, register_method
from workbench.catalog.settings import MOST_EPOCHS, MOST_UNITS, Cut, PrunerSettings


class AdaplerSettings(PrunerSettings):
    """AdapLeR (Modarressi et al., ACL 2022), notation of the paper."""

    epochs: int = Field(5, ge=1, le=MOST_EPOCHS)
    predictor_learning_rate: float = Field(1e-3, gt=0)
    """Rate of the contribution predictors."""
    threshold_learning_rate: float = Field(1e-2, gt=0)
    """Rate of eta and theta (the paper: 5e-4 over 67,000 texts)."""
    gamma: float = Field(0.02, ge=0)
    """Weight of the predictors' KL loss."""
    phi: float = Field(3e-3, ge=0)
    """Weight of the soft length: larger is faster."""
    beta: float = Field(0.1, gt=0)
    lambda_start: float | None = None
    """Slope of soft removal in epoch 0; null: the paper's schedule for this number of epochs."""
    lambda_growth: float | None = None
    eta_start: float = Field(0.25, ge=0.01, le=1)
    length_gradient: bool = True
    """Whether eta's gradient also goes through the soft number of tokens n in eta / n, as the authors'
    does; without that it is not the loss's, and often of the wrong sign."""
    hard_mask_share: float = Field(0.0, ge=0, lt=1)
    """Share of the steps, at the end, with the thresholds fixed and tokens really gone (our addition;
    0 softens to the end, as the authors do)."""
    predictor_width: int = Field(32, ge=1, le=MOST_UNITS)
    cut: Cut = "entry"
    """Where a layer scores and drops: at its entry, as the authors do, or in its middle, after its
    self-attention (our addition)."""
    tolerance: float = Field(0.01, ge=0, le=1)
    """The fastest epoch wins whose dev accuracy (Pearson's correlation) is above the dense one minus
    this; where none is, the best one wins, and the miss is said."""


register_method(
    name="adapler",
    title="AdapLeR",
    summary="AdapLeR (Modarressi et al., ACL 2022): before every layer a predictor gives each of the n "
    "tokens that are left a share; a token stays if its share is at least eta / n.",
    settings=AdaplerSettings,
    policy="workbench.models.policies.adapler:AdapLeR",
    objective="workbench.training.objectives.adapler:AdaplerObjective",
    before={"cut": "entry", "length_gradient": False},
    colour="#D55E00",
    order=2,
    strength=Strength("phi"),
    aims=(AimedAt("tolerance", "quality_lost"),),
    threshold=Threshold(parameter="eta", shared_out=True),
)
