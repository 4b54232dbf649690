"""The units of a text that rationales count: characters, or words between spaces."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.data.words import split_text
from workbench.errors import InputError


@dataclass(frozen=True)
class Units:
    """The units of a text and its second one: characters, or words between spaces."""

    text: str
    second: str
    kind: str

    @property
    def first(self) -> int:
        return len(self.text) if self.kind == "char" else len(self.text.split())

    @property
    def total(self) -> int:
        return self.first + len(self.second if self.kind == "char" else self.second.split())

    @property
    def name(self) -> str:
        return "characters" if self.kind == "char" else "words"

    def every(self, values: Sequence[Any], what: str, where: str) -> list[Any]:
        """Return a value per unit of both texts; those of the first alone leave the second unmarked.

        Args:
            values: Of the first text, or of both.
            what, where: What they are, and their place; InputError for another number of them.
        """
        if len(values) not in (self.first, self.total):
            beside = f" or {self.total:,} with the second text" if self.total > self.first else ""
            other = Units(self.text, self.second, "word" if self.kind == "char" else "char")
            fits = f": {other.kind} would fit" * (len(values) in (other.first, other.total))
            raise InputError(
                f"{where}: {what} of {len(values):,}, but the text has {self.first:,}"
                f" {self.name}{beside} (data.rationale_offsets{fits})"
            )
        return [*values, *[0] * (self.total - len(values))]

    def find(self, quote: str) -> list[tuple[int, int]]:
        """Return every place of a quote in either text, white space aside; words count whole ones."""
        words = quote.split()
        found, shift = [], 0
        for text in (self.text, self.second):
            if self.kind == "char":
                found += [(start + shift, end + shift) for start, end in _places(words, text)]
                shift += len(text)
            else:
                there, n = text.split(), len(words)
                starts = (at for at in range(len(there) - n + 1) if there[at : at + n] == words)
                found += [(at + shift, at + n + shift) for at in starts]
                shift += len(there)
        return found


def _places(words: Sequence[str], text: str) -> list[tuple[int, int]]:
    """Return where words stand in a text one after the other; inside others only where nowhere else."""
    if sum(map(len, words)) > len(text):
        return []
    pattern = r"\s+".join(map(re.escape, words))
    found = [match.span() for match in re.finditer(pattern, text)]
    pieces = split_text(text) if found else []
    starts, ends = {piece.start for piece in pieces}, {piece.end for piece in pieces}
    return [(start, end) for start, end in found if start in starts and end in ends] or found


def word_places(text: str) -> list[tuple[int, int]]:
    """Return where each word between white space stands, [start, end) in characters."""
    return [match.span() for match in re.finditer(r"\S+", text)]
