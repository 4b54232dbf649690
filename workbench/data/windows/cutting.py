"""Where to cut a long text: as late as fits, never inside a word, nor inside a span that fits."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from workbench.core.documents import Span


@dataclass(frozen=True)
class Cut:
    """First token of each window, and what could not be kept whole."""

    starts: list[int]
    split_spans: int = 0
    """Spans that lie in more than one window."""
    split_words: int = 0


def cut_windows(word_index: np.ndarray, spans: Iterable[Span], room: int) -> Cut:
    """Cut n tokens into consecutive windows.

    A cut falls on the last place in reach that is, in order of preference, inside no span; inside no
    span short enough for one window; between two words; anywhere (a word longer than a window).

    Args:
        word_index: (n,) int: each token's word, never falling.
        spans: Spans of words that are better kept whole.
        room: Tokens per window, at most; at least 1.
    """
    n = len(word_index)
    if n <= room:
        return Cut([0])
    between = np.zeros(n, dtype=bool)
    between[1:] = word_index[1:] != word_index[:-1]
    # As [first, last) of tokens; those without a token here are left out.
    edges = np.searchsorted(word_index, [(span.start, span.end) for span in spans]).reshape(-1, 2)
    inside = [(first, last) for first, last in edges.tolist() if first < last]
    fits = [(first, last) for first, last in inside if last - first <= room]
    choices = [between & ~_covered(n, inside), between & ~_covered(n, fits), between]
    starts, split_words = [0], 0
    while n - starts[-1] > room:
        reach = slice(starts[-1] + 1, starts[-1] + room + 1)
        places = (np.flatnonzero(allowed[reach]) for allowed in choices)
        cut = next((reach.start + int(latest[-1]) for latest in places if len(latest)), None)
        if cut is None:
            cut = starts[-1] + room
            split_words += 1
        starts.append(cut)
    split_spans = sum(any(first < cut < last for cut in starts) for first, last in inside)
    return Cut(starts, split_spans, split_words)


def _covered(n: int, edges: list[tuple[int, int]]) -> np.ndarray:
    """Return (n,) bool: a cut before this token would fall inside a span."""
    covered = np.zeros(n, dtype=bool)
    for first, last in edges:
        covered[first + 1 : last] = True
    return covered
