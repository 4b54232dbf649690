"""The entry of TR-BERT: its settings and what there is to say of it."""

from pydantic import Field

from workbench.catalog.methods import Strength, Threshold, register_method
from workbench.catalog.settings import MOST_EPOCHS, MOST_UNITS, Cut, TokenPrunerSettings


class TrbertSettings(TokenPrunerSettings):
    """TR-BERT (Ye et al., NAACL 2021)."""

    epochs: int = Field(4, ge=1, le=MOST_EPOCHS)
    selector_learning_rate: float = Field(3e-3, gt=0)
    """Peak rate of the two selectors."""
    alpha: float = Field(0.3, ge=0)
    """Price of the whole text in the reward, in units of cross-entropy: larger is faster."""
    samples: int = Field(4, ge=2, le=10_000)
    """Selections drawn of every text in a step, at most 1,000."""
    imitate_share: float = Field(0.25, ge=0, lt=1)
    """Share of the steps, at the start, that teach the selectors alone to keep what is salient."""
    keep_start: float = Field(0.7, gt=0, lt=1)
    """Probability of keeping a token at the start; imitation hardly changes its mean."""
    selector_width: int = Field(32, ge=1, le=MOST_UNITS)
    cut: Cut = "entry"
    """Where a layer scores and drops: at its entry, as the authors do, or in its middle, after its
    self-attention (our addition)."""
    temperature: float = Field(2.0, gt=0)
    """Of the logit distillation."""


register_method(
    name="trbert",
    title="TR-BERT",
    summary="TR-BERT (Ye et al., NAACL 2021): at two layers a selector, trained by reinforcement, says "
    "which tokens stay.",
    settings=TrbertSettings,
    policy="workbench.models.policies.trbert:TrBert",
    objective="workbench.training.objectives.trbert:TrbertObjective",
    before={"cut": "entry"},
    colour="#009E73",
    order=7,
    strength=Strength("alpha"),
    threshold=Threshold(value=0.5),
)
