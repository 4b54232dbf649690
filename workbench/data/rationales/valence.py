"""Valence rationales: a proxy from word ratings, for texts that nobody annotated."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from workbench.data.readers.packaged import package_file
from workbench.errors import InputError
from workbench.storage.jsonl import decode, read_bytes

THRESHOLD = 1.0
"""Smallest mean rating, in size, that marks a word (the scale runs from -4 to 4)."""
NAME = "valence proxy (human ratings of words out of context)"


def lexicon() -> Path:
    """Return VADER's file of ratings; InputError where the package is not installed."""
    return package_file("vaderSentiment", "vader_lexicon.txt")


@lru_cache(maxsize=1)
def load_ratings() -> dict[str, float]:
    """Return the mean valence (ten raters, -4 to 4) by entry of VADER's lexicon (Hutto, Gilbert 2014).

    Raises InputError where the package is not installed or its file has another layout.
    """
    path = lexicon()
    ratings = {}
    for number, line in enumerate(decode(read_bytes(path), str(path)).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            word, mean, _ = line.split("\t", 2)
            ratings[word.lower()] = float(mean)
        except ValueError:
            raise InputError(f"{path}:{number}: expected word, mean and ratings between tabs") from None
    return ratings


def marked_words(words: Iterable[str], positive: bool, ratings: dict[str, float]) -> list[bool]:
    """Return which words are rated at `THRESHOLD` or more towards the text's class.

    Args:
        words: The text's words.
        positive: Whether its class is the positive one.
        ratings: Mean valence by lower-case word.
    """
    sign = 1.0 if positive else -1.0
    rated = (ratings.get(word.lower(), 0.0) for word in words)
    return [sign * rating >= THRESHOLD for rating in rated]
