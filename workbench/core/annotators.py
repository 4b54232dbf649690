"""From several people's marks to one rationale, with ties counted, never hidden."""

from collections.abc import Sequence

import numpy as np

Marks = Sequence[Sequence[bool]] | np.ndarray
TIES = "tied_words"
"""Name of the count in `Corpus.counts`: words that exactly half of those who marked any marked."""


def combine(marks: Marks, annotators: int, rule: str) -> np.ndarray:
    """Return what is rationale: (n,) bool.

    Args:
        marks: (k, n), k at least 1: what each of those people marked who marked anything.
        annotators: How many people saw the text.
        rule: `majority`: marked by more than half of all annotators; `union`: by anyone.
    """
    votes = np.asarray(marks, dtype=np.int64).sum(axis=0)
    return votes > 0 if rule == "union" else 2 * votes > annotators


def tied(marks: Marks) -> np.ndarray:
    """Return (n,) bool: exactly half of those who gave marks (k, n) marked it; with an odd k never."""
    return 2 * np.asarray(marks, dtype=np.int64).sum(axis=0) == len(marks)


RULES: dict[str, str] = {
    "majority": "that more than half of the annotators marked",
    "union": "that any annotator marked",
}
"""The rules in words, for notes."""
