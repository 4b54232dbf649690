"""One text as an annotation tool exports it: layers of marks, and what is said of the whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from workbench.core.counts import listed
from workbench.data.rows import Spans
from workbench.errors import InputError

_OF_TOOLS = ("uima.", "de.tudarmstadt.ukp.", "org.dkpro.")
_ENTITY = ".NamedEntity"


@dataclass(frozen=True)
class Mark:
    """Something that was marked in a text."""

    layer: str
    """Full name of its type."""
    spans: Spans
    """In characters; several where it is in pieces."""
    values: tuple[str, ...] = ()
    """Of its features."""


@dataclass(frozen=True)
class ExportedText:
    """A text with its marks."""

    text: str
    marks: Sequence[Mark]
    said: dict[str, str] = field(default_factory=dict)
    """Feature -> value, of what belongs to the whole document."""


def is_own_layer(name: str) -> bool:
    """Return whether a layer is the annotators' and not the tool's (tokens, parts of speech)."""
    return not name.startswith(_OF_TOOLS) or name.endswith(_ENTITY)


def chosen_layer(texts: Iterable[ExportedText], wanted: str | None, where: str) -> str | None:
    """Return the layer whose marks are rationale; None where nobody marked anything.

    Args:
        texts: All texts of a corpus.
        wanted: Its full name, or the end of it behind the last dot; None: the only one of the
            annotators' own.
        where: What holds the texts; InputError where the layer is not there, or not told.
    """
    every = sorted({mark.layer for text in texts for mark in text.marks})
    if wanted is not None:
        found = [name for name in every if wanted in (name, name.rpartition(".")[2])]
        if not found:
            raise InputError(f"{where}: no layer {wanted} (data.rationale_column): {listed(every)}")
    else:
        found = [name for name in every if is_own_layer(name)]
    if len(found) > 1:
        raise InputError(f"{where}: several layers, name one in data.rationale_column: {listed(found)}")
    return found[0] if found else None
