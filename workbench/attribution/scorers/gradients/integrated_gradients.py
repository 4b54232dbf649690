"""Integrated gradients (Sundararajan, Taly and Yan, ICML 2017) at any layer's input, through Captum."""

from captum.attr import IntegratedGradients

from workbench.attribution.engine.gradients import signed_sum
from workbench.attribution.engine.layer_inputs import Attribution, LayerInput, share_missed
from workbench.catalog.scorers import register_scorer

STEPS = 50
"""LayerInputs on the path by default (the paper finds 20 to 300 enough)."""


@register_scorer(
    name="integrated-gradients", title="integrated gradients", group="gradient", order=220,
    description="integrated gradients from a baseline, sum over H",
    extra_options=("target", "output", "baseline", "steps"), signed=True, takes="layer_input",
)  # fmt: skip
def integrated_gradients(point: LayerInput) -> Attribution:
    """Sum over H of the integrated gradients from the baseline, as the paper defines them.

    The scores should add up to output minus output at the baseline; `error` is what they miss of it.
    Zero vectors can make it large at any number of steps: LayerNorm barely changes along a path of
    multiples of one vector and jumps at its end.
    """
    values, missed = IntegratedGradients(point.forward).attribute(
        point.hidden,
        point.baseline,
        n_steps=point.options.steps or STEPS,
        internal_batch_size=point.copies,
        return_convergence_delta=True,
    )
    per_token = signed_sum(values)
    return Attribution(per_token, share_missed(per_token, missed))
