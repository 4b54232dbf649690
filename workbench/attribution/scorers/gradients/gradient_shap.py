"""GradientSHAP at any layer's input, by Captum: expected gradients (Erion et al., Nature Machine
Intelligence 2021), which approximate the SHAP values of Lundberg and Lee (NeurIPS 2017)."""

import torch
from captum.attr import GradientShap

from workbench.attribution.engine.gradients import signed_sum
from workbench.attribution.engine.layer_inputs import Attribution, LayerInput
from workbench.catalog.scorers import register_scorer

SAMPLES = 20
"""Random points between baseline and text by default."""


@register_scorer(
    name="gradient-shap", title="GradientSHAP", group="gradient", order=240,
    description="expected gradients between a baseline and the text, sum over H",
    extra_options=("target", "output", "baseline", "samples"), signed=True, takes="layer_input",
)  # fmt: skip
def gradient_shap(point: LayerInput) -> Attribution:
    """Sum over H of (state - baseline) x gradient, mean over random points between the two."""
    samples = point.options.samples or SAMPLES
    method = GradientShap(point.forward)
    total = torch.zeros_like(point.hidden[..., 0])
    for start in range(0, samples, point.copies):
        size = min(point.copies, samples - start)
        total += size * signed_sum(method.attribute(point.hidden, point.baseline, n_samples=size))
    return Attribution(total / samples)
