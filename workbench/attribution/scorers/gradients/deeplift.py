"""DeepLIFT (Shrikumar, Greenside and Kundaje, ICML 2017) at any layer's input, through Captum."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from captum.attr import DeepLift
from captum.attr._core import deep_lift
from torch import nn

from workbench.attribution.engine.layer_inputs import Found, Point, share_missed
from workbench.attribution.scorers.gradients.saliency import signed_sum
from workbench.catalog.scorers import register_scorer

_ONE_AT_A_TIME = Lock()
"""Captum's table of rules, and what warnings are shown, belong to all threads."""


@register_scorer(
    name="deeplift", title="DeepLIFT", group="gradient", order=230,
    description="DeepLIFT from a baseline, rescale rule for activations, sum over H",
    extra_options=("target", "output", "baseline"), signed=True, takes="point",
)  # fmt: skip
def deeplift(point: Point) -> Found:
    """Sum over H of (state - baseline) x multiplier, by the rescale rule.

    The rule holds for the activations of the feed-forward parts and the pooler. Attention and LayerNorm
    are products and quotients, for which DeepLIFT has no rule: they pass gradients on, so the scores
    add up to the output's difference only roughly; `error` is what they miss of it.
    """
    with _ONE_AT_A_TIME, _rules_for(point.forward), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Setting forward, backward hooks", UserWarning)
        values, missed = DeepLift(point.forward).attribute(
            point.hidden.detach().clone().requires_grad_(),
            point.baseline,
            target=point.target,
            additional_forward_args=(point.alive,),
            return_convergence_delta=True,
        )
    per_token = signed_sum(values.detach())
    return Found(per_token, share_missed(per_token, missed))


@contextmanager
def _rules_for(model: nn.Module) -> Iterator[None]:
    """Inside, Captum's rescale rule holds for the model's own kind of activation as for its own Tanh."""
    rules = deep_lift.SUPPORTED_NON_LINEAR
    new = {
        type(module)
        for name, module in model.named_modules()
        if name.endswith("intermediate_act_fn") and type(module) not in rules
    }
    rules.update(dict.fromkeys(new, deep_lift.nonlinear))
    try:
        yield
    finally:
        for kind in new:
            del rules[kind]
