"""The text itself changed, unit by unit, and the model asked again; through Captum.

Each function returns (1, units): what hiding a unit takes from the output.
"""

from captum.attr import FeatureAblation, KernelShap, Lime, Occlusion
from torch import Tensor

from workbench.attribution.engine.switches import Switches
from workbench.catalog.scorers import register_scorer

SPAN = 3
"""Neighbouring units that occlusion hides at a time."""


@register_scorer(
    name="occlusion", title="occlusion", group="perturbation", order=280,
    description="loss when 3 neighbouring words are hidden",
    extra_options=("target", "output", "baseline"), signed=True, rows="input", takes="switches",
)  # fmt: skip
def occlusion(switches: Switches) -> Tensor:
    """Hide `SPAN` neighbours at a time; mean over the spans that a unit is in.

    Zeiler and Fergus, ECCV 2014, on units instead of patches.
    """
    span = min(SPAN, switches.on.shape[1])
    return switches.attribute(Occlusion(switches.forward), sliding_window_shapes=(span,))


@register_scorer(
    name="feature-ablation", title="feature ablation", group="perturbation", order=290,
    description="loss when the word is hidden",
    extra_options=("target", "output", "baseline"), signed=True, rows="input", takes="switches",
)  # fmt: skip
def feature_ablation(switches: Switches) -> Tensor:
    """Hide each unit alone (leave-one-out)."""
    return switches.attribute(FeatureAblation(switches.forward))


@register_scorer(
    name="lime", title="LIME", group="perturbation", order=300, signed=True, rows="input",
    description="LIME: weight of the word in a sparse linear model",
    extra_options=("target", "output", "baseline", "samples"), takes="switches",
)  # fmt: skip
def lime(switches: Switches) -> Tensor:
    """Fit a sparse linear model around the text (Ribeiro, Singh and Guestrin, KDD 2016).

    Captum's own defaults: Lasso with alpha 0.01, exponential kernel over the cosine distance.
    """
    return switches.attribute(Lime(switches.forward), n_samples=switches.samples)


@register_scorer(
    name="kernel-shap", title="KernelSHAP", group="perturbation", order=310, signed=True, rows="input",
    description="KernelSHAP: Shapley value of the word",
    extra_options=("target", "output", "baseline", "samples"), takes="switches",
)  # fmt: skip
def kernel_shap(switches: Switches) -> Tensor:
    """Find Shapley values by weighted regression (Lundberg and Lee, NeurIPS 2017, theorem 2)."""
    if switches.on.shape[1] == 1:
        # The value of a single player is what it adds.
        return feature_ablation(switches)
    return switches.attribute(KernelShap(switches.forward), n_samples=switches.samples)
