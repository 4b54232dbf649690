"""A passage in sub-words: their places in its characters, and overlapping windows of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from workbench.data.windows.sub_words import TextTokenizer, backend_of
from workbench.data.words import split_text


class Pieces(NamedTuple):
    """A text's sub-words, without special tokens."""

    ids: np.ndarray
    """(n,) int64."""
    offsets: np.ndarray
    """(n, 2) int32: each one's [start, end) in characters of the text."""
    words: np.ndarray
    """(n,) int64: the word of `split_text` that each begins in, never falling."""

    def first(self, most: int) -> "Pieces":
        """Return the first sub-words only."""
        return Pieces(self.ids[:most], self.offsets[:most], self.words[:most])

    def __len__(self) -> int:
        return len(self.ids)

    def covering(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the first and the last sub-word that hold one of these characters; None: none does."""
        places = np.flatnonzero((self.offsets[:, 0] < end) & (self.offsets[:, 1] > start))
        return (int(places[0]), int(places[-1])) if len(places) else None


def tokenized(texts: Sequence[str], tokenizer: TextTokenizer) -> list[Pieces]:
    """Return each text's sub-words; what looks like a special token in a text is text."""
    pieces = []
    encodings = backend_of(tokenizer).encode_batch(list(texts), add_special_tokens=False)
    for text, encoding in zip(texts, encodings, strict=True):
        offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
        pieces.append(
            Pieces(np.array(encoding.ids, dtype=np.int64), offsets, word_numbers(text, offsets))
        )
    return pieces


def word_numbers(text: str, offsets: np.ndarray) -> np.ndarray:
    """Return (n,) int64: the first word that ends after each sub-word's start, else the last word.

    A sub-word that is a space alone, or begins with one, so belongs to the word that follows.

    Args:
        text: Any.
        offsets: (n, 2), in the order of the text.
    """
    ends = np.array([piece.end for piece in split_text(text)], dtype=np.int64)
    return np.minimum(np.searchsorted(ends, offsets[:, 0], side="right"), max(len(ends) - 1, 0))


def window_bounds(n: int, room: int, stride: int) -> np.ndarray:
    """Return (windows, 2): [first, last) of each window over n sub-words.

    All but the last are full. The last is the first one that reaches the end.

    Args:
        n, room: How many there are, and how many one window takes.
        stride: How many two neighbours have in common; less than `room` where one window is not enough.
    """
    if n <= room:
        return np.array([[0, n]])
    starts = np.arange(0, n - stride, room - stride)
    return np.stack([starts, np.minimum(starts + room, n)], axis=1)


def max_context(bounds: np.ndarray, n: int) -> np.ndarray:
    """Return (windows, n) bool: which window shows most around each sub-word; one of them does.

    BERT's rule in run_squad.py: the least of the sub-words before and after it in the window, plus a
    hundredth of the window's length; of equal windows the first.

    Args:
        bounds: (windows, 2), as of `window_bounds`.
        n: How many sub-words there are.
    """
    at = np.arange(n)
    starts, ends = bounds[:, :1], bounds[:, 1:]
    least = np.minimum(at - starts, ends - 1 - at)
    score = np.where(least >= 0, least + 0.01 * (ends - starts), -np.inf)
    return np.asarray(score.argmax(axis=0) == np.arange(len(bounds))[:, None])
