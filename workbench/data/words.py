"""From raw text to words, and from raw text to the form in which two texts count as the same."""

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

import regex

from workbench.errors import InputError

Segmenter = Literal["unicode", "icu"]
INSTALL = 'pip install "rationale-workbench[icu]"'
_NOT_LETTERS = re.compile(r"[\W_]+")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
"""Letters of scripts that put no space between words."""
_BOUNDARY = regex.compile(r"(?w)\b")
"""Where Unicode's default rules (UAX 29) see the border of a word."""


class Piece(NamedTuple):
    """A word or punctuation mark with its place [start, end) in characters of the raw text."""

    word: str
    start: int
    end: int


def split_text(text: str, segmenter: Segmenter = "unicode") -> list[Piece]:
    """Return words (with the apostrophes inside them) and runs of one punctuation mark, in order.

    Punctuation is what BERT's own pre-tokenizer splits off, so that the pieces give the same sub-words
    as the raw text does. A stretch of a script without spaces is cut further.

    Args:
        text: Any.
        segmenter: `unicode`: by Unicode's default rules (UAX 29), a Chinese character is a word. `icu`:
            by the dictionaries of ICU; InputError where that is not installed.
    """
    pieces = [Piece(match.group(), *match.span()) for match in _pattern(text.isascii()).finditer(text)]
    if not is_unspaced(text):
        return pieces
    return [part for piece in pieces for part in _cut(piece, segmenter)]


def split_words(text: str, segmenter: Segmenter = "unicode") -> list[str]:
    """Return the words of `split_text` without their places, which costs a third of the time.

    Args:
        text, segmenter: As of `split_text`.
    """
    if is_unspaced(text):
        return [piece.word for piece in split_text(text, segmenter)]
    return [match[0] for match in _pattern(text.isascii()).finditer(text)]


def is_unspaced(text: str) -> bool:
    """Return whether some of a text is in a script that puts no space between words."""
    return not text.isascii() and _UNSPACED.search(text) is not None


@lru_cache(maxsize=64)
def normalise(text: str) -> str:
    """Return the text in lower case, each run of spaces and punctuation folded into one space.

    A text of punctuation alone is only stripped and lower-cased, else all such texts would be equal.
    """
    folded = _NOT_LETTERS.sub(" ", text.casefold()).strip()
    return folded or " ".join(text.casefold().split())


def _cut(piece: Piece, segmenter: Segmenter) -> list[Piece]:
    word, start, _ = piece
    if not is_unspaced(word):
        return [piece]
    cuts = _icu(word) if segmenter == "icu" else [match.start() for match in _BOUNDARY.finditer(word)]
    return [Piece(word[a:b], start + a, start + b) for a, b in pairwise(sorted({0, *cuts, len(word)}))]


def _icu(word: str) -> list[int]:
    place, cuts = 0, []
    for part in _word_breaker()(word, "en"):
        place += len(part)
        cuts.append(place)
    return cuts


@lru_cache(maxsize=1)
def _word_breaker() -> Callable[[str, str], list[str]]:
    try:
        from icu4py.breakers import WordBreaker
    except ImportError:
        raise InputError(f"data.segmenter 'icu' needs a library: {INSTALL}") from None
    return lambda text, locale: list(WordBreaker(text, locale))


@lru_cache(maxsize=2)
def _pattern(only_ascii: bool) -> re.Pattern[str]:
    # Built on first use: looking at every code point takes a tenth of a second. The short list of
    # ASCII marks matches three times faster, and most English texts need no more.
    last = 127 if only_ascii else sys.maxunicode
    marks = "".join(re.escape(char) for char in map(chr, range(last + 1)) if _is_mark(char))
    letters = rf"[^\s{marks}]+"
    return re.compile(rf"{letters}(?:['’]{letters})*|([{marks}])\1*")


def _is_mark(char: str) -> bool:
    if char.isascii():
        return "!" <= char <= "~" and not char.isalnum()
    return unicodedata.category(char).startswith("P")
