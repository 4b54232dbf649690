"""Layer conductance and internal influence through Captum: what flows through a layer's input while the
text appears, on the straight path of embeddings from the baseline to the text."""

from captum.attr import InternalInfluence, LayerConductance

from workbench.attribution.engine.gradients import l2_norm, signed_sum
from workbench.attribution.engine.layer_inputs import Attribution, LayerInput, share_missed
from workbench.attribution.scorers.gradients.integrated_gradients import STEPS
from workbench.catalog.scorers import register_scorer

ENDS = 2
"""Points that Captum runs at once, at least: changes of a state lie between neighbours."""


@register_scorer(
    name="layer-conductance", title="layer conductance", group="gradient", order=272,
    description="conductance of the layer's input from a baseline, sum over H",
    extra_options=("target", "output", "baseline", "steps"), signed=True, takes="layer_input",
)  # fmt: skip
def layer_conductance(point: LayerInput) -> Attribution:
    """Sum over H of change of the state x gradient along the path (Dhamdhere, Sundararajan and Yan,
    "How Important Is a Neuron?", ICLR 2019).

    The scores of every layer should add up to output minus output at the baseline; `error` is what they
    miss of it.
    """
    path = point.from_text
    values, missed = LayerConductance(path.forward, path.forward.at).attribute(
        path.embedded,
        path.baseline,
        n_steps=point.options.steps or STEPS,
        internal_batch_size=max(ENDS, point.copies),
        return_convergence_delta=True,
    )
    per_token = signed_sum(values.detach())
    return Attribution(per_token, share_missed(per_token, missed))


@register_scorer(
    name="internal-influence", title="internal influence", group="gradient", order=274,
    description="mean gradient at the layer's input on a path from a baseline, L2 over H",
    extra_options=("target", "output", "baseline", "steps"), takes="layer_input",
)  # fmt: skip
def internal_influence(point: LayerInput) -> Attribution:
    """L2 norm over H of the mean gradient at the layer's input along the path (Leino et al.,
    "Influence-Directed Explanations for Deep Convolutional Networks", ITC 2018)."""
    path = point.from_text
    values = InternalInfluence(path.forward, path.forward.at).attribute(
        path.embedded,
        path.baseline,
        n_steps=point.options.steps or STEPS,
        internal_batch_size=max(ENDS, point.copies),
    )
    return Attribution(l2_norm(values.detach()))
