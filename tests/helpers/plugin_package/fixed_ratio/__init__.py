"""A plug-in: a method that drops the same share of the remaining tokens at every layer."""

from pydantic import Field

from workbench.catalog.methods import Strength, register_method
from workbench.catalog.settings import TrainingSettings


class FixedRatioSettings(TrainingSettings):
    """The share that goes at each layer."""

    keep_ratio: float = Field(0.8, gt=0, le=1)


register_method(
    name="fixedratio",
    title="Fixed ratio",
    summary="Fixed ratio: every layer keeps the same share of the tokens, those that received most attention.",
    settings=FixedRatioSettings,
    policy="fixed_ratio.policy:FixedRatio",
    objective="fixed_ratio.policy:FixedRatioObjective",
    strength=Strength("keep_ratio", scale="linear", faster="smaller", reach=(0.3, 1.0)),
)
