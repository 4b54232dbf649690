"""What was counted or listed, in words fit for notes and messages."""

from collections.abc import Iterable, Sequence

SHOWN = 60
"""Characters of a name that a message shows."""


def counted(n: int, noun: str) -> str:
    """Return `n` with thousands separators and the noun in the right number."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def counted_notes(*parts: tuple[int, str, str]) -> list[str]:
    """Return a note `<n> <noun><rest>` for each (n, noun, rest) of which there is at least one."""
    return [counted(n, noun) + rest for n, noun, rest in parts if n]


def first_few(ids: Sequence[str]) -> str:
    """Return the first three of some ids, for notes."""
    return ", ".join(ids[:3]) + (", ..." if len(ids) > 3 else "")


def listed(names: Iterable[str]) -> str:
    """Return names from a file for a message: the first twenty, shortened and without line breaks."""
    every = list(map(str, names))
    shown = [repr(name)[1:-1] if len(name) <= SHOWN else f"{name[:SHOWN]!r}..." for name in every[:20]]
    return ", ".join(shown) + (f", ... ({len(every):,} in all)" if len(every) > 20 else "")
