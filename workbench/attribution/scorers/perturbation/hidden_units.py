"""The text itself changed, unit by unit, and the model asked again; through Captum."""

from captum.attr import FeatureAblation, KernelShap, Lime, Occlusion
from torch import Tensor

from workbench.attribution.engine.switches import Switches
from workbench.catalog.scorers import register_scorer

SPAN = 3
"""Neighbouring units that occlusion hides at a time."""


@register_scorer(
    name="feature-ablation", title="feature ablation", group="perturbation", order=290,
    description="loss when the word is hidden",
    extra_options=("target", "output", "baseline"), signed=True, rows="input", takes="switches",
)  # fmt: skip
def feature_ablation(switches: Switches) -> Tensor:
    """(1, units): output minus output without the unit (leave-one-out)."""
    found: Tensor = FeatureAblation(switches.forward).attribute(
        switches.on, baselines=0, target=switches.target, perturbations_per_eval=switches.at_once
    )
    return found


@register_scorer(
    name="occlusion", title="occlusion", group="perturbation", order=280,
    description="loss when 3 neighbouring words are hidden",
    extra_options=("target", "output", "baseline"), signed=True, rows="input", takes="switches",
)  # fmt: skip
def occlusion(switches: Switches) -> Tensor:
    """(1, units): what hiding `SPAN` neighbours costs, mean over the spans a unit is in.

    Zeiler and Fergus, ECCV 2014, on units instead of patches.
    """
    found: Tensor = Occlusion(switches.forward).attribute(
        switches.on,
        sliding_window_shapes=(min(SPAN, switches.on.shape[1]),),
        baselines=0,
        target=switches.target,
        perturbations_per_eval=switches.at_once,
    )
    return found


@register_scorer(
    name="lime", title="LIME", group="perturbation", order=300,
    description="LIME: weight of the word in a sparse linear model",
    extra_options=("target", "output", "baseline", "samples"),
    signed=True, rows="input", takes="switches",
)  # fmt: skip
def lime(switches: Switches) -> Tensor:
    """(1, units): weights of a sparse linear model around the text (Ribeiro et al., KDD 2016).

    Captum's own defaults: Lasso with alpha 0.01, exponential kernel over the cosine distance.
    """
    return _sampled(Lime(switches.forward), switches)


@register_scorer(
    name="kernel-shap", title="KernelSHAP", group="perturbation", order=310,
    description="KernelSHAP: Shapley value of the word",
    extra_options=("target", "output", "baseline", "samples"),
    signed=True, rows="input", takes="switches",
)  # fmt: skip
def kernel_shap(switches: Switches) -> Tensor:
    """(1, units): Shapley values by weighted regression (Lundberg and Lee, NeurIPS 2017, theorem 2)."""
    if switches.on.shape[1] == 1:
        # The value of a single player is what it adds.
        return feature_ablation(switches)
    return _sampled(KernelShap(switches.forward), switches)


def _sampled(method: Lime | KernelShap, switches: Switches) -> Tensor:
    """(1, units): what a method finds that fits a linear model to sampled switches."""
    found: Tensor = method.attribute(
        switches.on,
        baselines=0,
        target=switches.target,
        n_samples=switches.samples,
        perturbations_per_eval=switches.at_once,
    )
    return found
