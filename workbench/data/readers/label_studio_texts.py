"""Texts as Label Studio shows them, plain, as HTML or as a dialogue, and places in them."""

import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from workbench.data.rationales.forms import labelled_spans
from workbench.data.rationales.offsets import Unit, placed
from workbench.data.rows import checked_text
from workbench.errors import InputError

_HIDDEN = ("script", "style")
"""Elements whose content offsets count, but nobody sees."""
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "br", "dd", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "head", "header", "hr", "html", "li", "main", "nav", "ol", "option", "p", "pre", "section",
    "table", "td", "th", "title", "tr", "ul",
}  # fmt: skip
"""Elements that begin a new line, so that the last word before and the first inside are two."""


@dataclass(frozen=True)
class Mark:
    """A marked stretch of a text, in the units that the export counts."""

    first: int
    """Number of the piece that it begins in."""
    start: int
    last: int
    """Number of the piece that it ends in."""
    end: int
    text: str | None
    """What the export says stands there."""


@dataclass(frozen=True)
class Shown:
    """A text, and the pieces that offsets count in: itself, its HTML's content, or each paragraph."""

    text: str
    pieces: tuple[str, ...]
    starts: tuple[Sequence[int], ...]
    """Of each piece: where each of its characters begins in the text, and where the last one ends."""
    ends: tuple[Sequence[int], ...]
    """Of each piece: 0, or where the characters before an offset end in the text."""

    def span(self, mark: Mark, unit: Unit, where: str) -> tuple[int, int]:
        """Return where a mark stands, in characters of the text.

        Args:
            mark, unit: What is looked for, and what its offsets count.
            where: Its place; InputError where it is outside.
        """
        if not (mark.first < len(self.pieces) and mark.last < len(self.pieces)):
            raise InputError(
                f"{where}: a span from paragraph {mark.first} to {mark.last}, but there are"
                f" {len(self.pieces)}"
            )
        if mark.first == mark.last:
            start, end = placed(self.pieces[mark.first], (mark.start, mark.end), unit, where)
        else:
            start, _ = placed(self.pieces[mark.first], (mark.start, mark.start), unit, where)
            _, end = placed(self.pieces[mark.last], (mark.end, mark.end), unit, where)
        return self.starts[mark.first][start], self.ends[mark.last][end]


def shown(value: Any, where: str, *, html: bool) -> Shown:
    """Return the text that a column of a task holds.

    Args:
        value: A text, or a list of paragraphs (objects with `text`).
        where: Its place, for the error.
        html: Whether tags are left out, as they are where somebody marked a text without them.
    """
    if isinstance(value, list):
        return _dialogue(value, where)
    if not html:
        text = checked_text(value, where)
        return Shown(text, (text,), (range(len(text) + 1),), (range(len(text) + 1),))
    parser = _Stripped()
    # A browser counts one for every kind of line end.
    parser.feed(checked_text(value, where).replace("\r\n", "\n").replace("\r", "\n"))
    parser.close()
    text = checked_text("".join(parser.text), f"{where} (without tags)")
    starts = [*parser.starts, len(parser.text)]
    return Shown(text, ("".join(parser.content),), (starts,), (parser.ends,))


def mark_of(value: dict[str, Any], where: str, *, dialogue: bool) -> Mark | None:
    """Return what a result marks; None where its offsets are of a kind that is not understood.

    Args:
        value: Of the result.
        where: Its place, for the error where offsets are no whole numbers, or reversed.
        dialogue: Whether the text is a list of paragraphs.
    """
    text = value.get("text")
    given = text if isinstance(text, str) else None
    if dialogue:
        return _in_dialogue(value, given, where)
    if is_html_mark(value):
        value = value["globalOffsets"]
    elif isinstance(value.get("start"), str) and value["start"].startswith("/"):
        return None
    plain = {"start": value.get("start"), "end": value.get("end")}
    ((start, end),), _ = labelled_spans([plain], None, where)
    return Mark(0, start, 0, end, given)


def is_html_mark(value: dict[str, Any]) -> bool:
    """Return whether a result marks something in HTML, counted in its text."""
    return isinstance(value.get("globalOffsets"), dict) and isinstance(value.get("start"), str)


def _in_dialogue(value: dict[str, Any], text: str | None, where: str) -> Mark | None:
    given = [value.get(key) for key in ("start", "startOffset", "end", "endOffset")]
    if None in given:
        return None
    numbers = [int(one) if one.isdecimal() and len(one) < 19 else -1 for one in map(str, given)]
    first, start, last, end = numbers
    if min(numbers) < 0 or (last, end) <= (first, start):
        raise InputError(
            f"{where}: rationale span {reprlib.repr(given)} (paragraph and offset, twice) is negative,"
            " empty or reversed"
        )
    return Mark(first, start, last, end, text)


def _dialogue(paragraphs: list[Any], where: str) -> Shown:
    pieces = []
    for number, one in enumerate(paragraphs):
        text = one.get("text") if isinstance(one, dict) else None
        if not isinstance(text, str):
            raise InputError(f"{where}: paragraph {number} has no text (an object with the key text)")
        pieces.append(text)
    places, begin = [], 0
    for piece in pieces:
        places.append(range(begin, begin + len(piece) + 1))
        begin += len(piece) + 1
    return Shown(checked_text("\n".join(pieces), where), tuple(pieces), tuple(places), tuple(places))


class _Stripped(HTMLParser):
    """The text of HTML: as offsets count it (`content`), and as it is read (`text`)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.content: list[str] = []
        self.text: list[str] = []
        self.starts: list[int] = []
        self.ends = [0]
        self.hidden = self.breaks = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.hidden = self.hidden or tag in _HIDDEN
        if tag == "br":
            # Counted as one character.
            self.handle_data("\n")
        self.breaks = self.breaks or tag in _BLOCKS

    def handle_endtag(self, tag: str) -> None:
        self.hidden = self.hidden and tag not in _HIDDEN
        self.breaks = self.breaks or tag in _BLOCKS

    def handle_data(self, data: str) -> None:
        for sign in data:
            if self.breaks and not self.hidden:
                if self.text and not self.text[-1].isspace() and not sign.isspace():
                    self.text.append("\n")
                self.breaks = False
            self.content.append(sign)
            self.starts.append(len(self.text))
            self.text += [] if self.hidden else [sign]
            self.ends.append(len(self.text))
