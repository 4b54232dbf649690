"""The entry of ToP: its settings and what there is to say of it."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.catalog.methods import AimedAt, Strength, register_method
from workbench.catalog.settings import MOST_EPOCHS, MOST_UNITS, EachOnce, TrainingSettings

_Layers = Annotated[list[Annotated[int, Field(ge=0)]], EachOnce, Field(min_length=1)]


class TopSettings(TrainingSettings):
    """ToP (Li et al., KDD 2023)."""

    epochs: int = Field(6, ge=1, le=MOST_EPOCHS)
    gate_learning_rate: float = Field(0.05, gt=0)
    """Rate of the gates."""
    multiplier_learning_rate: float = Field(0.1, gt=0)
    """Rate of the Lagrangian multipliers' plain gradient ascent."""
    target_sparsity: float = Field(0.45, ge=0, lt=1)
    """1 - MACs / dense MACs, without padding in either; where it is not reached, that is said."""
    sparsity_slack: float = Field(0.02, ge=0, le=1)
    """An epoch counts as having reached the target when it is at most this much short of it."""
    warmup_target: float = Field(0.5, gt=0, le=1)
    """Share of the steps over which the target rises from 0."""
    hard_mask_share: float = Field(0.3, ge=0, lt=1)
    """Share of the steps, at the end, with the gates fixed as at inference and tokens really gone
    (our addition; 0 trains sampled gates to the end, as the authors do)."""
    bins: int = Field(25, ge=1, le=MOST_UNITS)
    """Fine gates of a layer, at most 65,536: more than a text has tokens."""
    first_layer: int = Field(2, ge=1)
    """First layer at whose entry tokens may be dropped."""
    fine_start: float = 4.6
    """Initial log-alpha of the fine gates (positive: keep)."""
    coarse_start: float = 2.0
    """Initial log-alpha of the coarse gates (negative: the layer cuts nothing). The authors start near
    -10; with few steps the fine gates then close unseen and a whole layer is cut when it opens."""
    rank_layers: _Layers | None = None
    """Layers whose attention learns the teacher's ranking; null: 1 .. layers/3 - 1, at least {1}."""
    rank_weight: float = Field(1e-2, ge=0)
    rank_top_k: int = Field(20, ge=2, le=MOST_UNITS)
    rank_loss: Literal["ndcg2", "arp2"] = "arp2"
    temperature: float = Field(2.0, gt=0)
    """Of the logit distillation."""


register_method(
    name="top",
    title="ToP",
    summary="ToP (Li et al., KDD 2023): tokens are ranked by the attention they received in the layer "
    "before, and learned gates say which ranks stay.",
    settings=TopSettings,
    policy="workbench.models.policies.top:ToP",
    objective="workbench.training.objectives.top:TopObjective",
    colour="#0072B2",
    order=3,
    strength=Strength("target_sparsity", scale="linear", reach=(0.05, 0.95)),
    aims=(AimedAt("target_sparsity", "flops_saved", slack="sparsity_slack"),),
    factor_note="ToP cuts by rank: each rank counts so many times, so that a gate closes at a rank that "
    "much smaller. A layer whose coarse gate is off cuts nothing at any factor; give it a budget.",
)
