"""Attention x gradient, generic for Transformers (Chefer, Gur and Wolf, ICCV 2021)."""

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.attribution.engine.block import Block
from workbench.attribution.engine.observers import Observer
from workbench.catalog.scorers import register_scorer


@register_scorer(
    name="attention-gradient", title="gradient-weighted attention rollout", group="attention", order=140,
    description="attention x its gradient, rolled out, [CLS] row (Chefer et al. 2021)",
    extra_options=("target", "output"), keeps_graph=True,
    cls_row=True,
)  # fmt: skip
class AttentionGradient(Observer):
    """The [CLS] row of R: R starts as I, R <- R + A R with A = E_h[(grad A * A)^+] (eqs. 5 and 6).

    Row l is R after layer l; the last row is the paper's result. The gradient is that of the output
    explained. [CLS] itself starts with 1.
    """

    needs_gradient = True

    def __init__(self) -> None:
        self.attentions: list[Tensor] = []
        self.pooled: list[Callable[[Tensor], Tensor]] = []

    def see(self, block: Block) -> None:
        self.attentions.append(block.in_graph)
        # The block itself would keep all that was derived from it.
        self.pooled.append(block.pooling)

    def rows(self, output: Tensor) -> Tensor:
        # The gradients of all layers come from one backward pass.
        gradients = torch.autograd.grad(output.sum(), self.attentions, retain_graph=True)
        size = self.attentions[0].shape[-1]
        relevance = torch.eye(size, device=output.device, dtype=output.dtype).expand(len(output), -1, -1)
        rows = []
        for attention, gradient, pooled in zip(self.attentions, gradients, self.pooled, strict=True):
            weighed = (gradient * attention.detach()).clamp_min(0).mean(1)
            relevance = relevance + weighed @ relevance
            rows.append(pooled(relevance))
        return torch.stack(rows, dim=1)
