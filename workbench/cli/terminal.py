"""Where the commands print, and that nothing printed commands the terminal."""

import re
import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but tab and newline, and those that turn the direction of what follows."""


def visible(text: str) -> str:
    """Return a text in which what a terminal would obey is written as an escape, such as \\x1b."""
    return _HIDDEN.sub(lambda found: ascii(found.group())[1:-1], text)


class SafeConsole(Console):
    """A console of which only rich itself, with its colours and bars, commands the terminal."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            hides = not segment.control and _HIDDEN.search(segment.text)
            yield Segment(visible(segment.text), segment.style) if hides else segment


# Paths, labels and hints may hold square brackets: nothing we print is markup.
OUT = SafeConsole(markup=False, emoji=False)
ERR = SafeConsole(markup=False, emoji=False, stderr=True)


def make_printable() -> None:
    """Print as escapes what the terminal's encoding lacks, and halves of characters from file names."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # What a program put in their place may have no such thing.
            stream.reconfigure(errors="backslashreplace")


def say(*lines: object) -> None:
    """Print lines on standard output as they are, however long."""
    for line in lines:
        OUT.print(str(line), highlight=False, soft_wrap=True)


def warn(*lines: str) -> None:
    """Print lines on standard error as they are, however long."""
    for line in lines:
        ERR.print(line, highlight=False, soft_wrap=True)
