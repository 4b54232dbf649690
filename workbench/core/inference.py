"""What a classifier gives for windows, and the order in which they are sent through one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from workbench.core.documents import Window
from workbench.errors import InputError


@dataclass(frozen=True)
class Inference:
    """What W windows gave, in the order they were given."""

    logits: np.ndarray
    """(W, classes) float32."""
    tokens: np.ndarray
    """(W, layers) int64: tokens in each layer's self-attention."""
    tokens_ffn: np.ndarray
    """(W, layers) int64: tokens in each layer's feed-forward part."""


class TokenInference(NamedTuple):
    """What W windows gave where each token has outputs, in the order they were given."""

    logits: list[np.ndarray]
    """(n, outputs) float32 each, by original position."""
    tokens: np.ndarray
    """(W, layers) int64: tokens in each layer's self-attention."""
    tokens_ffn: np.ndarray
    """(W, layers) int64: tokens in each layer's feed-forward part."""


def held_against(given: Inference | TokenInference, other: Inference | TokenInference) -> dict[str, Any]:
    """Return what two models' answers to the same windows have in common, of any task: `windows`, the
    share with as many tokens in every layer (`same_tokens`), and the `largest_difference` of a logit.

    Args:
        given, other: What each gave.
    """
    pairs = zip(given.logits, other.logits, strict=True)
    return {
        "windows": len(given.tokens),
        "same_tokens": float((given.tokens == other.tokens).all(axis=1).mean()),
        "largest_difference": max(float(np.abs(one - two).max()) for one, two in pairs),
    }


def batches(windows: Sequence[Window], batch_size: int, pairs: int | None = None) -> Iterator[list[int]]:
    """Yield indices in batches of similar length, longest first: memory peaks at the start.

    Args:
        windows: Any number.
        batch_size: The most in a batch; ValueError below 1.
        pairs: The most query-key pairs in a batch of several, each window padded to the longest.
    """
    if batch_size < 1:
        raise ValueError(f"batch size must be at least 1, not {batch_size}")
    order = sorted(range(len(windows)), key=lambda index: -len(windows[index].input_ids))
    start = 0
    while start < len(order):
        longest = len(windows[order[start]].input_ids)
        size = batch_size if pairs is None else max(1, min(batch_size, pairs // longest**2))
        yield order[start : start + size]
        start += size


def in_batches(
    windows: Sequence[Window],
    batch_size: int,
    run: Callable[[list[int]], Inference],
    *,
    outputs: int,
    layers: int,
    pairs: int | None = None,
) -> Inference:
    """Collect what a function gives for windows, batch by batch.

    Args:
        windows: Results come in their order.
        batch_size: Windows of similar length that run together.
        run: Takes the numbers of a batch's windows.
        outputs: Logits of a window.
        layers: Layers of the model.
        pairs: As of `batches`.
    """
    logits = np.zeros((len(windows), outputs), dtype=np.float32)
    tokens, tokens_ffn = np.zeros((2, len(windows), layers), dtype=np.int64)
    for batch in batches(windows, batch_size, pairs):
        part = run(batch)
        logits[batch], tokens[batch], tokens_ffn[batch] = part.logits, part.tokens, part.tokens_ffn
    return Inference(logits, tokens, tokens_ffn)


def in_ragged_batches(
    windows: Sequence[Window],
    batch_size: int,
    run: Callable[[list[int]], TokenInference],
    *,
    layers: int,
    pairs: int | None = None,
) -> TokenInference:
    """Collect what a function gives for the tokens of windows, batch by batch.

    Args:
        windows, batch_size, run, layers, pairs: As of `in_batches`.
    """
    logits: list[np.ndarray] = [np.empty(0)] * len(windows)
    tokens, tokens_ffn = np.zeros((2, len(windows), layers), dtype=np.int64)
    for batch in batches(windows, batch_size, pairs):
        rows, tokens[batch], tokens_ffn[batch] = run(batch)
        for index, row in zip(batch, rows, strict=True):
            logits[index] = row
    return TokenInference(logits, tokens, tokens_ffn)


def window_limit(max_tokens: int | None, positions: int) -> int:
    """Return `max_tokens`, by default a model's positions; InputError if it is more than these."""
    if max_tokens is not None and max_tokens > positions:
        raise InputError(f"max_tokens {max_tokens}: the model has {positions} positions")
    return positions if max_tokens is None else max_tokens


def refuse_long(windows: Sequence[Window], positions: int) -> None:
    """Raise InputError, naming the text, for a window of more tokens than a model has positions."""
    for window in windows:
        if len(window.input_ids) > positions:
            raise InputError(
                f"text {window.text_id}: a window of {len(window.input_ids)} tokens, but the model "
                f"has {positions} positions; cut texts to at most {positions} tokens (data.max_tokens)"
            )
