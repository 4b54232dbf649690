"""What passes each layer of a model that says something of every token."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from workbench.core.documents import Window
from workbench.core.inference import batches
from workbench.models.token_classifier import PruningTokenClassifier


@dataclass(frozen=True)
class Followed:
    """Some tokens of every window, whose way through the layers is told."""

    name: str
    tokens: Sequence[np.ndarray]
    """(n,) bool for each window; one without such a token does not count."""
    whole: bool = False
    """Whether it is told if all of them go on, and not which share."""


@torch.inference_mode()
def kept_by_layer(
    model: PruningTokenClassifier, windows: Sequence[Window], followed: Sequence[Followed]
) -> Iterator[tuple[int, str, float, int]]:
    """Yield (layer, name, value, windows): the mean over windows of what goes on past each layer.

    Args:
        model: What drops tokens.
        windows: Those that are followed.
        followed: Which tokens; those that no window has are left out.
    """
    shares = np.full((len(windows), model.layers, len(followed)), np.nan)
    for batch in batches(windows, 32):
        output = model([windows[index] for index in batch], execution="masked")
        alive = np.stack([trace.passed.to_padded(trace.passed.is_cls | True, False).cpu().numpy()
                          for trace in output.traces], axis=1)  # fmt: skip
        for index, row in zip(batch, alive, strict=True):
            for column, group in enumerate(followed):
                tokens = group.tokens[index]
                if tokens.any():
                    kept = row[:, : len(tokens)][:, tokens]
                    shares[index, :, column] = kept.all(axis=1) if group.whole else kept.mean(axis=1)
    for layer in range(model.layers):
        for column, group in enumerate(followed):
            values = shares[:, layer, column]
            present = values[~np.isnan(values)]
            if len(present):
                yield layer, group.name, float(present.mean()), len(present)
