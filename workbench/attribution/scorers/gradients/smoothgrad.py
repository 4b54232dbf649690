"""Gradients under noise, through Captum's NoiseTunnel: SmoothGrad, its square, VarGrad."""

from collections.abc import Callable
from typing import Literal

from captum.attr import NoiseTunnel, Saliency
from torch import Tensor

from workbench.attribution.engine.layer_inputs import Found, Point
from workbench.attribution.scorers.gradients.saliency import l2
from workbench.catalog.scorers import register_scorer

SAMPLES = 20
"""Noisy copies unless asked otherwise."""
NOISE = 0.1
"""Standard deviation of the noise, as a share of the values' range (Smilkov et al. use 0.1 to 0.2)."""
Kind = Literal["smoothgrad", "smoothgrad_sq", "vargrad"]


@register_scorer(
    name="smoothgrad", title="SmoothGrad", group="gradient", order=250,
    description="mean gradient under noise, L2 over H",
    extra_options=("target", "output", "samples"), takes="point",
)  # fmt: skip
def smooth_grad(point: Point) -> Found:
    """L2 norm over H of the mean gradient of noisy copies (Smilkov et al. 2017)."""
    return _tunnel(point, "smoothgrad", l2)


@register_scorer(
    name="smoothgrad-squared", title="SmoothGrad squared", group="gradient", order=260,
    description="mean squared gradient under noise, sum over H",
    extra_options=("target", "output", "samples"), takes="point",
)  # fmt: skip
def smooth_grad_squared(point: Point) -> Found:
    """Sum over H of the mean squared gradient (Hooker et al., NeurIPS 2019, SG-SQ)."""
    return _tunnel(point, "smoothgrad_sq", lambda values: values.sum(-1))


@register_scorer(
    name="vargrad", title="VarGrad", group="gradient", order=270,
    description="variance of the gradient under noise, sum over H",
    extra_options=("target", "output", "samples"), takes="point",
)  # fmt: skip
def var_grad(point: Point) -> Found:
    """Sum over H of the gradient's variance over noisy copies (Adebayo et al. 2018, VarGrad)."""
    return _tunnel(point, "vargrad", lambda values: values.sum(-1))


def _tunnel(point: Point, kind: Kind, reduce: Callable[[Tensor], Tensor]) -> Found:
    reach = float(point.hidden.max() - point.hidden.min())
    values = NoiseTunnel(Saliency(point.forward)).attribute(
        point.hidden,
        nt_type=kind,
        nt_samples=point.options.samples or SAMPLES,
        nt_samples_batch_size=min(point.copies, point.options.samples or SAMPLES),
        stdevs=NOISE * reach,
        target=point.target,
        additional_forward_args=(point.alive,),
        abs=False,
    )
    return Found(reduce(values))
