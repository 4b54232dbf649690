"""The entry of LTP: its settings and what there is to say of it."""

from pydantic import Field

from workbench.catalog.methods import Strength, Threshold, register_method
from workbench.catalog.settings import Cut, PrunerSettings


class LtpSettings(PrunerSettings):
    """LTP (Kim et al., KDD 2022)."""

    mask_weight: float = Field(0.3, ge=0)
    """Weight of the mean soft mask (the paper's lambda): larger is faster."""
    threshold_learning_rate: float = Field(6e-5, gt=0)
    """Rate of the thresholds, in units of the score."""
    cut: Cut = "middle"
    """Where a layer drops: in its middle, by its own self-attention, as the authors do; or at its entry,
    by that of the layer before, which is the same tokens later (versions before this setting)."""
    padded_length: int | None = Field(128, ge=1)
    """What a token's attention received, summed over the text's tokens, is divided by: the length that
    the authors pad to, so that a threshold means the same for short and long texts. null: the text's own
    number of tokens (versions before this setting)."""
    last_threshold: float = Field(2e-3, ge=0, lt=1)
    """Where the last layer's threshold starts; those before lie on a line from 0. The mean score of a
    text is 1 / `padded_length`, 0.0078. The authors start at 0.01, above that, and train for longer."""
    temperature: float = Field(4e-4, gt=0)
    """Width of the soft mask, in units of the score (the authors: 1e-3)."""
    hard_mask_share: float = Field(0.3, ge=0, lt=1)
    """Share of the steps, at the end, with the thresholds fixed and tokens really gone."""


register_method(
    name="ltp",
    title="LTP",
    summary="LTP (Kim et al., KDD 2022): a token stays if the attention that it receives in a layer is "
    "at least the layer's learned threshold.",
    settings=LtpSettings,
    policy="workbench.models.policies.ltp:LTP",
    objective="workbench.training.objectives.ltp:LtpObjective",
    before={"cut": "entry", "padded_length": None},
    colour="#56B4E9",
    order=4,
    strength=Strength("mask_weight"),
    threshold=Threshold(parameter="thresholds"),
)
