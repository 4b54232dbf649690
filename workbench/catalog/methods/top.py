"""The entry of ToP: its settings and what there is to say of it."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.catalog.methods import AimedAt, Strength, register_method
from workbench.catalog.settings import MOST_EPOCHS, MOST_UNITS, Cut, EachOnce, TokenPrunerSettings

_Layers = Annotated[list[Annotated[int, Field(ge=0)]], EachOnce, Field(min_length=1)]


CoarseGate = Literal["half", "nonzero"]
GateActsOn = Literal["attention", "states", "states-product"]
RankedAmong = Literal["remaining", "soft"]


class TopSettings(TokenPrunerSettings):
    """ToP (Li et al., KDD 2023)."""

    epochs: int = Field(3, ge=1, le=MOST_EPOCHS)
    target_sparsity: float = Field(0.45, ge=0, lt=1)
    """1 - MACs / dense MACs, without padding in either; where it is not reached, that is said."""
    sparsity_slack: float = Field(0.02, ge=0, le=1)
    """An epoch counts as having reached the target when it is at most this much short of it."""
    warmup_target: float = Field(0.25, gt=0, le=1)
    """Share of the steps over which the target rises from 0."""
    hard_mask_share: float = Field(0.7, ge=0, lt=1)
    """Share of the steps, at the end, with the gates fixed as at inference and tokens really gone
    (our addition; 0 trains sampled gates to the end, as the authors do)."""
    bins: int = Field(25, ge=1, le=1024)
    """Fine gates of a layer, at most 1,024: more than a window has tokens."""
    cut: Cut = "middle"
    """Where a layer drops: in its middle, by its own self-attention, as the authors do; or at its entry,
    by that of the layer before, which is the same tokens later (versions before this setting)."""
    first_layer: int | None = Field(None, ge=1)
    """First layer that may drop tokens; null: the first sixth of the layers drops none, as the authors
    have it, at least one."""
    gates: Literal["ordered", "lagrangian"] = "ordered"
    """How gates come to close: one after the other in a fixed order, so many that the target is met (our
    addition), or trained with the weights under a Lagrangian, as the authors do over tens of epochs;
    with a few hundred steps these all close alike."""
    gate_order: Literal["information", "rank"] = "information"
    """The order of ordered gates: by what closing one costs for what it saves, as measured on the
    fine-tuned model; or by rank, alike in all layers."""
    order_spread: float = Field(9.0, gt=0)
    """From the first ordered gate's log-alpha to the last one's: the smaller, the more are half open at
    a time."""
    gate_acts_on: GateActsOn = "attention"
    """What a gate scales in the soft stage: the attention to the token, renormalised, which at 0 is what
    dropping it computes (our addition); its hidden state, by this layer's gate (`states`, the authors')
    or by the product of all so far (`states-product`, versions before this setting)."""
    ranked_among: RankedAmong = "remaining"
    """Whether a bin is the rank over the number of tokens whose gates so far were not 0, as the authors
    have it, or over their soft number, with scores that the soft mask scales (`soft`, versions before
    this setting)."""
    coarse_gate: CoarseGate = "half"
    """Whether a trained coarse gate is on from one half on, or from 0 on (`nonzero`, the authors')."""
    gate_learning_rate: float = Field(0.05, gt=0)
    """Rate of trained gates."""
    multiplier_optimizer: Literal["sgd", "adamw"] = "sgd"
    """How the Lagrangian's multipliers ascend: by plain steps, or as the authors have it (`adamw`)."""
    multiplier_learning_rate: float = Field(0.1, gt=0)
    """Rate of the multipliers."""
    fine_start: float = 4.6
    """Initial log-alpha of trained fine gates (positive: keep)."""
    coarse_start: float = 2.0
    """Initial log-alpha of trained coarse gates (negative: the layer cuts nothing). The authors start
    near -10; with few steps the fine gates then close unseen and a whole layer is cut when it opens."""
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
    summary="ToP (Li et al., KDD 2023): tokens are ranked by the attention they receive in a layer, "
    "and learned gates say which ranks stay.",
    settings=TopSettings,
    policy="workbench.models.policies.top:ToP",
    objective="workbench.training.objectives.top:TopObjective",
    colour="#0072B2",
    order=3,
    strength=Strength("target_sparsity", scale="linear", reach=(0.05, 0.95)),
    before={
        "cut": "entry",
        "gates": "lagrangian",
        "gate_acts_on": "states-product",
        "ranked_among": "soft",
        "multiplier_optimizer": "sgd",
        "coarse_gate": "half",
    },
    aims=(AimedAt("target_sparsity", "flops_saved", slack="sparsity_slack"),),
    factor_note="ToP cuts by rank: each rank counts so many times, so that a gate closes at a rank that "
    "much smaller. A layer whose coarse gate is off cuts nothing at any factor; give it a budget.",
)
