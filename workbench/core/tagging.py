"""Token classification: words with a tag each, and the entities that tags spell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from workbench.core.documents import Document

OUTSIDE = "O"
"""The tag of a word that belongs to no entity."""
TAG = re.compile(r"([BIESLU])(?:-(.*))?", re.DOTALL)
"""What a tag that marks something looks like."""


class Entity(NamedTuple):
    """A stretch of words of one type."""

    type: str
    """Empty where tags have none (`B`, `I`)."""
    start: int
    end: int
    """One past its last word."""


def spell_entities(tags: Sequence[str]) -> bool:
    """Return whether all tags of a set are such as spell entities (BIO), or `OUTSIDE`."""
    return all(tag == OUTSIDE or TAG.fullmatch(tag) for tag in tags)


def entities(tags: Sequence[str]) -> tuple[Entity, ...]:
    """Return the entities that BIO, IOB1, BIOES or BILOU tags spell, in order.

    As conlleval counts: one begins at B, S or U, and at an I (E, L) whose word before is outside, of
    another type, or an entity's last (E, L, S, U). Whatever is no such tag is outside.
    """
    found: list[Entity] = []
    inside: str | None = None
    for at, tag in enumerate(tags):
        match = TAG.fullmatch(tag)
        if match is None:
            inside = None
            continue
        position, kind = match.group(1), match.group(2) or ""
        if position in "BSU" or inside != kind:
            found.append(Entity(kind, at, at + 1))
        else:
            found[-1] = found[-1]._replace(end=at + 1)
        inside = None if position in "ESLU" else kind
    return tuple(found)


@dataclass(frozen=True)
class TaggedText:
    """A text whose words have a tag each."""

    document: Document
    """Its rationale are the words that are not outside; it has no class."""
    tags: tuple[str, ...]
    """One per word."""


@dataclass(frozen=True)
class TaggedSet:
    """Tagged texts by split, with everything that was decided on the way written in `notes`."""

    name: str
    tags: tuple[str, ...]
    """All tags that training texts have, in the order of the model's outputs, `OUTSIDE` first."""
    splits: dict[str, tuple[TaggedText, ...]]
    """train, dev and test, each possibly empty."""
    notes: tuple[str, ...] = ()
    """One sentence per thing that was dropped, moved or cut, with counts."""
