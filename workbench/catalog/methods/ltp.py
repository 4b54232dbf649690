"""The entry of LTP: its settings and what there is to say of it."""

from pydantic import Field

from workbench.catalog.methods import Strength, Threshold, register_method
from workbench.catalog.settings import PrunerSettings


class LtpSettings(PrunerSettings):
    """LTP (Kim et al., KDD 2022)."""

    mask_weight: float = Field(0.3, ge=0)
    """Weight of the mean soft mask (the paper's lambda): larger is faster."""
    threshold_learning_rate: float = Field(3e-4, gt=0)
    """Rate of the thresholds."""
    last_threshold: float = Field(0.01, ge=0, lt=1)
    """Where the last layer's threshold starts; those before lie on a line from 0. A text of n tokens has
    a mean score of 1/n: the paper's 0.01, a quarter of it at 25 tokens, drops little of such texts at
    first; longer texts need less."""
    temperature: float = Field(2e-3, gt=0)
    """Width of the soft mask, in units of the score."""
    hard_mask_share: float = Field(0.3, ge=0, lt=1)
    """Share of the steps, at the end, with the thresholds fixed and tokens really gone."""


register_method(
    name="ltp",
    title="LTP",
    summary="LTP (Kim et al., KDD 2022): a token stays if the attention that it received in the layer "
    "before is at least the layer's learned threshold.",
    settings=LtpSettings,
    policy="workbench.models.policies.ltp:LTP",
    objective="workbench.training.objectives.ltp:LtpObjective",
    colour="#56B4E9",
    order=4,
    strength=Strength("mask_weight"),
    threshold=Threshold(parameter="thresholds"),
)
