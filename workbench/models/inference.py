"""Run a classifier over any number of windows without gradients."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from workbench.core.documents import Window
from workbench.models.classifier import Execution, Output, PruningClassifier, batches


@dataclass(frozen=True)
class Inference:
    """What W windows gave, in the order they were given."""

    logits: np.ndarray
    """(W, classes) float32."""
    tokens: np.ndarray
    """(W, layers) int64: tokens in each layer's self-attention."""
    tokens_ffn: np.ndarray
    """(W, layers) int64: tokens in each layer's feed-forward part."""


def infer(
    model: PruningClassifier,
    windows: Sequence[Window],
    batch_size: int = 32,
    execution: Execution = "packed",
) -> Inference:
    """Return logits and remaining tokens of every window.

    Args:
        model: The classifier; its training mode is left as it was, dropout is off.
        windows: Results come in their order.
        batch_size: Windows of similar length that run together.
        execution: Packed or masked.
    """

    def run(batch: list[int]) -> Output:
        return model([windows[index] for index in batch], execution=execution)

    return collect(model, windows, batch_size, run)


@torch.inference_mode()
def collect(
    model: PruningClassifier,
    windows: Sequence[Window],
    batch_size: int,
    run: Callable[[list[int]], Output],
) -> Inference:
    """Collect what a function gives for windows, batch by batch, the model without dropout.

    Args:
        model: The classifier, for the shape of the results.
        windows: Results come in their order.
        batch_size: Windows of similar length that run together.
        run: Takes the numbers of a batch's windows.
    """
    was_training = model.training
    model.eval()
    logits = np.zeros((len(windows), len(model.labels)), dtype=np.float32)
    tokens, tokens_ffn = np.zeros((2, len(windows), model.layers), dtype=np.int64)
    try:
        for batch in batches(windows, batch_size):
            output = run(batch)
            logits[batch] = output.logits.float().cpu().numpy()
            tokens[batch] = output.tokens.cpu().numpy()
            tokens_ffn[batch] = output.tokens_ffn.cpu().numpy()
    finally:
        model.train(was_training)
    return Inference(logits, tokens, tokens_ffn)
