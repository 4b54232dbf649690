"""Integrated gradients (Sundararajan, Taly and Yan, ICML 2017) at any layer's input, through Captum."""

from captum.attr import IntegratedGradients

from workbench.attribution.engine.layer_inputs import Found, Point, share_missed
from workbench.attribution.scorers.gradients.saliency import signed_sum
from workbench.catalog.scorers import register_scorer

STEPS = 50
"""Points on the path unless asked otherwise (the paper finds 20 to 300 enough)."""


@register_scorer(
    name="integrated-gradients", title="integrated gradients", group="gradient", order=220,
    description="integrated gradients from a baseline, sum over H",
    extra_options=("target", "output", "baseline", "steps"), signed=True, takes="point",
)  # fmt: skip
def integrated_gradients(point: Point) -> Found:
    """Sum over H of the integrated gradients from the baseline, as the paper defines them.

    The scores should add up to output minus output at the baseline; `error` is what they miss of it.
    Zero vectors can make it large at any number of steps: LayerNorm barely changes along a path of
    multiples of one vector and jumps at its end.
    """
    engine = IntegratedGradients(point.forward)
    values, missed = engine.attribute(
        point.hidden,
        point.baseline,
        target=point.target,
        additional_forward_args=(point.alive,),
        n_steps=point.options.steps or STEPS,
        internal_batch_size=point.copies,
        return_convergence_delta=True,
    )
    per_token = signed_sum(values)
    return Found(per_token, share_missed(per_token, missed))
