"""What people see of a window's tokens."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from workbench.core.documents import Window
from workbench.core.sub_words import CONTINUES
from workbench.data.windows.sub_words import TextTokenizer, backend_of, takes_words

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_PRINTED = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_OTHERS = [byte for byte in range(256) if byte not in _PRINTED]
_BYTES = {chr(byte): byte for byte in _PRINTED}
_BYTES |= {chr(0x100 + place): byte for place, byte in enumerate(_OTHERS)}
"""Byte by the sign that stands for it in byte-level BPE (GPT-2's table)."""
_TAILS = bytes(range(0x80, 0xC0))
"""Bytes of UTF-8 that go on with a character."""
_SPACES = ("\u0120", "\u2581")
"""Signs for a space: byte-level BPE's and SentencePiece's."""


def space_marks(tokenizer: TextTokenizer) -> list[int]:
    """Return the ids of tokens that are a space mark alone."""
    backend = backend_of(tokenizer)
    if takes_words(backend):
        return []
    return [found for sign in _SPACES if (found := backend.token_to_id(sign)) is not None]


def token_texts(window: Window, tokenizer: TextTokenizer) -> tuple[str, ...]:
    """Return the window's n tokens as text.

    Special tokens and WordPiece's are as they stand in the vocabulary. Other tokenizers' have no space
    marks, and `CONTINUES` before one that goes on with the word of the token before it; a character cut
    into bytes is shown whole on the token of its first, with nothing on the others.
    """
    backend = backend_of(tokenizer)
    tokens = [backend.id_to_token(number) or "" for number in window.input_ids.tolist()]
    if takes_words(backend):
        return tuple(tokens)
    decode = _of_bytes if _is_byte_level(backend) else _of_pieces
    numbered = zip(window.word_index.tolist(), tokens, strict=True)
    texts: list[str] = []
    for word, members in groupby(numbered, itemgetter(0)):
        names = [token for _, token in members]
        if word >= 0:
            first, *others = decode(names, backend)
            names = [first, *(CONTINUES + other for other in others)]
        texts += names
    return tuple(texts)


def _is_byte_level(backend: "Tokenizer") -> bool:
    return backend.decoder is not None and backend.decoder.decode(["\u0120"]) == " "


def _of_bytes(tokens: Sequence[str], _: "Tokenizer") -> list[str]:
    """Return the texts of one word's tokens of byte-level BPE."""
    pieces: list[bytes] = []
    holder = 0
    for place, token in enumerate(tokens):
        # A token that was added to the vocabulary stands in it as text.
        known = all(sign in _BYTES for sign in token)
        piece = bytes(_BYTES[sign] for sign in token) if known else token.encode()
        if pieces:
            begun = piece.lstrip(_TAILS)
            pieces[holder] += piece[: len(piece) - len(begun)]
            piece = begun
        pieces.append(piece)
        if piece:
            holder = place
    return [piece.decode(errors="replace").strip() for piece in pieces]


def _of_pieces(tokens: Sequence[str], backend: "Tokenizer") -> list[str]:
    """Return the texts of tokens that are characters, and a mark for the space before a word."""
    decoder = backend.decoder
    texts = tokens if decoder is None else [decoder.decode([token]) for token in tokens]
    return [text.replace("\u2581", " ").strip() for text in texts]
