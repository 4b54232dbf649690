"""How a token that goes on with a word is written for people: WordPiece's mark, for all tokenizers."""

from collections.abc import Iterable

CONTINUES = "##"
"""Before the text of a token that goes on with the word of the token before it."""


def piece_text(token: str) -> str:
    """Return the token's text without the mark."""
    return token.removeprefix(CONTINUES)


def joined(tokens: Iterable[str]) -> str:
    """Return the text of one word's tokens; the first is taken as it is."""
    return "".join(piece_text(token) if number else token for number, token in enumerate(tokens))
