"""Gradients under noise, through Captum's NoiseTunnel: SmoothGrad, its square, VarGrad."""

from typing import Literal

from captum.attr import NoiseTunnel, Saliency
from torch import Tensor

from workbench.attribution.engine.gradients import l2_norm, signed_sum
from workbench.attribution.engine.layer_inputs import Attribution, LayerInput
from workbench.catalog.scorers import register_scorer

SAMPLES = 20
"""Noisy copies by default."""
NOISE = 0.1
"""Standard deviation of the noise, as a share of the values' range (Smilkov et al. use 0.1 to 0.2)."""


@register_scorer(
    name="smoothgrad", title="SmoothGrad", group="gradient", order=250,
    description="mean gradient under noise, L2 over H",
    extra_options=("target", "output", "samples"), takes="layer_input",
)  # fmt: skip
def smooth_grad(point: LayerInput) -> Attribution:
    """L2 norm over H of the mean gradient of noisy copies (Smilkov et al. 2017)."""
    return Attribution(l2_norm(_under_noise(point, "smoothgrad")))


@register_scorer(
    name="smoothgrad-squared", title="SmoothGrad squared", group="gradient", order=260,
    description="mean squared gradient under noise, sum over H",
    extra_options=("target", "output", "samples"), takes="layer_input",
)  # fmt: skip
def smooth_grad_squared(point: LayerInput) -> Attribution:
    """Sum over H of the mean squared gradient (Hooker et al., NeurIPS 2019, SG-SQ)."""
    return Attribution(signed_sum(_under_noise(point, "smoothgrad_sq")))


@register_scorer(
    name="vargrad", title="VarGrad", group="gradient", order=270,
    description="variance of the gradient under noise, sum over H",
    extra_options=("target", "output", "samples"), takes="layer_input",
)  # fmt: skip
def var_grad(point: LayerInput) -> Attribution:
    """Sum over H of the gradient's variance over noisy copies (Adebayo et al. 2018, VarGrad)."""
    return Attribution(signed_sum(_under_noise(point, "vargrad")))


def _under_noise(point: LayerInput, kind: Literal["smoothgrad", "smoothgrad_sq", "vargrad"]) -> Tensor:
    samples = point.options.samples or SAMPLES
    values: Tensor = NoiseTunnel(Saliency(point.forward)).attribute(
        point.hidden,
        nt_type=kind,
        nt_samples=samples,
        nt_samples_batch_size=min(point.copies, samples),
        stdevs=NOISE * float(point.hidden.max() - point.hidden.min()),
        abs=False,
    )
    return values
