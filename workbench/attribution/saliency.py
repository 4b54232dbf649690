"""Gradient x activation for every layer from one forward and one backward pass, through Captum."""

from collections.abc import Sequence

import numpy as np
import torch
from captum.attr import LayerGradientXActivation
from torch import Tensor

from workbench.data.documents import Window
from workbench.models.classifier import Execution, PruningClassifier, batches


def gradient_x_activation(
    model: PruningClassifier,
    windows: Sequence[Window],
    targets: Sequence[int] | None = None,
    *,
    layers: Sequence[int] | None = None,
    execution: Execution = "packed",
) -> list[np.ndarray]:
    """L2 norm over H of the target logit's gradient times the hidden state entering each layer.

    `targets` holds one class per window; None: each window's predicted class. Returns one
    (len(layers), n) float32 array per window; all layers by default. Layer 0's input is the
    embedding output. Every token counts, special ones too.
    """
    chosen = range(model.layers) if layers is None else layers
    modules = [model.bert.bert.encoder.layer[index].attention for index in chosen]
    with torch.no_grad():
        hidden, layout = model.embed(windows, execution)

    def forward(embedded: Tensor) -> Tensor:
        logits = model.classify(embedded, layout).logits
        return logits.max(dim=1).values if targets is None else logits

    engine = LayerGradientXActivation(forward, modules)
    products = engine.attribute(
        hidden.requires_grad_(),
        target=None if targets is None else torch.tensor(targets, device=hidden.device),
        attribute_to_layer_input=True,
    )
    norms = [product.detach().norm(dim=-1) for product in _tensors(products)]
    if any(norm.shape != norms[0].shape for norm in norms):
        raise ValueError("packed saliency of a model that drops tokens: use execution='masked'")
    placed = torch.stack([layout.place(norm, 0.0) for norm in norms], dim=1).float().cpu().numpy()
    return [row[:, : len(window.input_ids)] for row, window in zip(placed, windows, strict=True)]


def saliency_targets(
    model: PruningClassifier, windows: Sequence[Window], batch_size: int = 32
) -> list[np.ndarray]:
    """AdapLeR's target: gradient x embedding of the gold-label logit, one (n,) array per window."""
    frozen = [value for value in model.parameters() if value.requires_grad]
    was_training = model.training
    model.eval().requires_grad_(False)
    result: list[np.ndarray] = [np.empty(0)] * len(windows)
    for batch in batches(windows, batch_size):
        part = [windows[index] for index in batch]
        scores = gradient_x_activation(model, part, [window.label for window in part], layers=[0])
        for index, score in zip(batch, scores, strict=True):
            result[index] = score[0]
    for value in frozen:
        value.requires_grad_()
    model.train(was_training)
    return result


def _tensors(products: list[Tensor | tuple[Tensor, ...]]) -> list[Tensor]:
    """Captum wraps a layer's only input in a tuple."""
    return [product[0] if isinstance(product, tuple) else product for product in products]
