"""From scores of tokens at character offsets, or of words, to one score per word and layer."""

from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np

from workbench.catalog.options import Pooling


def _sizes(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.diff(starts, append=len(values))


def _signed_max(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    highest, lowest = np.maximum.reduceat(values, starts), np.minimum.reduceat(values, starts)
    return np.where(-lowest > highest, lowest, highest)


_POOLED: dict[Pooling, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "max": np.maximum.reduceat,
    "sum": np.add.reduceat,
    "mean": lambda values, starts: np.add.reduceat(values, starts) / _sizes(values, starts),
    "first": lambda values, starts: values[starts],
    "signed-max": _signed_max,
}
"""(n,) values and the (m,) places where groups begin -> (m,)."""


def pooled(
    scores: np.ndarray, words: np.ndarray, layers: np.ndarray, shape: tuple[int, int], pooling: Pooling
) -> np.ndarray:
    """Return (layers, words) float64 from scores in any order, NaN where there is none.

    Args:
        scores: (n,) float.
        words, layers: (n,) int: whose each is; several of one word stand in the order of the text.
        shape: How many layers and words there are.
        pooling: What several scores of one word become.
    """
    matrix = np.full(shape, np.nan)
    if len(scores):
        flat = layers * shape[1] + words
        order = np.argsort(flat, kind="stable")
        places, starts = np.unique(flat[order], return_index=True)
        matrix.flat[places] = _POOLED[pooling](scores[order].astype(np.float64), starts)
    return matrix


def touched(starts: np.ndarray, ends: np.ndarray, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return which words each token touches: (k,) numbers of tokens, and (k,) of words.

    A token without a character, such as a special one, or of spaces alone touches none.

    Args:
        starts, ends: (n,) int: first character, and one past the last, in the words joined by one space.
        words: The text.
    """
    lengths = np.array([len(word) for word in words], dtype=np.int64)
    begins = np.array([0, *accumulate(len(word) + 1 for word in words)][:-1], dtype=np.int64)
    first = np.searchsorted(begins + lengths, starts, side="right")
    last = np.searchsorted(begins, ends, side="left")
    counts = np.where(ends > starts, np.maximum(last - first, 0), 0)
    tokens = np.repeat(np.arange(len(starts)), counts)
    offsets = np.arange(len(tokens)) - np.repeat(np.cumsum(counts) - counts, counts)
    return tokens, np.repeat(first, counts) + offsets
