"""DeepLIFT (Shrikumar, Greenside and Kundaje, ICML 2017) at any layer's input."""

from typing import Any

import torch
from torch import Tensor

from workbench.attribution.engine.gradients import signed_sum
from workbench.attribution.engine.layer_inputs import Attribution, LayerInput, share_missed
from workbench.catalog.scorers import register_scorer

SMALLEST = 1e-10
"""An input that changes by less than this keeps its gradient, as in Captum."""


@register_scorer(
    name="deeplift", title="DeepLIFT", group="gradient", order=230,
    description="DeepLIFT from a baseline, rescale rule for activations, sum over H",
    extra_options=("target", "output", "baseline"), signed=True, takes="layer_input",
)  # fmt: skip
def deeplift(point: LayerInput) -> Attribution:
    """Sum over H of (state - baseline) x multiplier, by the rescale rule (section 3.5.1).

    The rule holds for the activations of the feed-forward parts and the head, where these are modules.
    Attention and LayerNorm
    are products and quotients, for which DeepLIFT has no rule: they pass gradients on, so the scores
    add up to the output's difference only roughly; `error` is what they miss of it.
    """
    state = point.hidden.detach().clone().requires_grad_()
    hooks = [module.register_forward_hook(_rescale) for module in point.activations]
    try:
        both = point.forward(torch.cat([state, point.baseline]))
        (multipliers,) = torch.autograd.grad(both.sum(), state)
    finally:
        for hook in hooks:
            hook.remove()
    with torch.no_grad():
        products = (state - point.baseline) * multipliers
        difference = point.forward(state) - point.forward(point.baseline)
    values = signed_sum(products)
    return Attribution(values, share_missed(values, products.flatten(1).sum(1) - difference))


def _rescale(module: Any, inputs: tuple[Tensor], output: Tensor) -> Tensor:
    """Give an activation's output with the multiplier (change of output / change of input) as slope."""
    result: Tensor = _Rescaled.apply(inputs[0], output)
    return result


class _Rescaled(torch.autograd.Function):
    """The output as it is; backwards, the rescale rule between the text and the baseline below it."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, outputs: Tensor) -> Tensor:
        ctx.save_for_backward(inputs, outputs)
        return outputs.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        halves = (values.chunk(2) for values in ctx.saved_tensors)
        change_in, change_out = (torch.cat([text - baseline] * 2) for text, baseline in halves)
        flat = change_in.abs() < SMALLEST
        scaled = gradients[0] * change_out / change_in
        return scaled.masked_fill(flat, 0), gradients[0].masked_fill(~flat, 0)
