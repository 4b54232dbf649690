"""Run a classifier over any number of windows without gradients."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from workbench.core.documents import Window
from workbench.core.inference import Inference, TokenInference, in_batches, in_ragged_batches
from workbench.models.encoder import LayerTrace

Execution = Literal["packed", "masked"]
"""Whether dropped tokens are gone (packed) or masked out of attention."""


@dataclass(frozen=True)
class Output:
    """What a batch of B windows gave, in the order it was given."""

    logits: Tensor
    """(B, classes), or (B, N, outputs) by original position where every token has some."""
    tokens: Tensor
    """(B, layers) int64: tokens in each layer's self-attention."""
    tokens_ffn: Tensor
    """(B, layers) int64: tokens in each layer's feed-forward part."""
    traces: tuple[LayerTrace, ...]


class Runs(Protocol):
    """What is asked of a classifier here."""

    training: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of its outputs."""

    @property
    def layers(self) -> int:
        """How many it has."""

    def eval(self) -> Any:
        """Switch dropout off."""

    def train(self, mode: bool = True) -> Any:
        """Switch dropout on, or off again."""

    def __call__(self, windows: Sequence[Window], *, execution: Execution = "packed") -> Output:
        """Run a batch."""


def infer(
    model: Runs,
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
def infer_ragged(
    model: Runs,
    windows: Sequence[Window],
    batch_size: int = 32,
    under: Callable[[list[int]], Callable[[Sequence[Window]], Output]] | None = None,
) -> TokenInference:
    """Return what a model says of every token, and how many remained.

    Args:
        model: With (B, N, outputs) logits; its training mode is left as it was, dropout is off.
        windows: Results come in their order.
        batch_size: Windows of similar length that run together.
        under: Gives what runs instead, by the numbers of a batch's windows; of the same weights.
    """

    def run(batch: list[int]) -> TokenInference:
        part = [windows[index] for index in batch]
        output = (model if under is None else under(batch))(part)
        rows = output.logits.float().cpu().numpy()
        own = [row[: len(window.input_ids)] for row, window in zip(rows, part, strict=True)]
        return TokenInference(own, output.tokens.cpu().numpy(), output.tokens_ffn.cpu().numpy())

    with evaluating(model):
        return in_ragged_batches(windows, batch_size, run, layers=model.layers)


@torch.inference_mode()
def collect(
    model: Runs,
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

    def part(batch: list[int]) -> Inference:
        output = run(batch)
        counts = output.tokens.cpu().numpy(), output.tokens_ffn.cpu().numpy()
        return Inference(output.logits.float().cpu().numpy(), *counts)

    with evaluating(model):
        return in_batches(windows, batch_size, part, outputs=len(model.labels), layers=model.layers)


@contextmanager
def evaluating(model: Runs) -> Iterator[None]:
    """Switch dropout off inside; afterwards the model's mode is what it was."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
