"""Sub-word tokens of texts that are split into words, and the word that each belongs to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from workbench.errors import InputError

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer


class TextTokenizer(Protocol):
    """What windows ask of a tokenizer: transformers' fast ones have it, and the engines' own."""

    @property
    def backend_tokenizer(self) -> "Tokenizer": ...

    @property
    def unk_token_id(self) -> int | None: ...


class Tokens(NamedTuple):
    """One text's tokens."""

    ids: np.ndarray
    """(n,) int64, no special tokens."""
    words: np.ndarray
    """(n,) int64, each token's word, never falling."""


def backend_of(tokenizer: TextTokenizer) -> "Tokenizer":
    """Return the tokenizers library's object, which neither cuts nor pads.

    What looks like a special token in a text is text. InputError for a slow tokenizer.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise InputError("the tokenizer has no fast version, which word alignment needs")
    backend.no_truncation()
    backend.no_padding()
    backend.encode_special_tokens = True
    found: Tokenizer = backend
    return found


def takes_words(backend: "Tokenizer") -> bool:
    """Return whether the tokenizer cuts each word for itself, and marks inside a word what goes on.

    Those of WordPiece do (BERT, MPNet). Byte-level BPE (RoBERTa, ModernBERT) and Unigram (XLM-R,
    ALBERT, DeBERTa-v3) mark where a word begins by the space before it.
    """
    return type(backend.model).__name__ in ("WordPiece", "WordLevel")


def sub_words(texts: Sequence[Sequence[str]], tokenizer: TextTokenizer) -> list[Tokens]:
    """Return the tokens of each text, the same as of its words joined by single spaces.

    A token belongs to the word of its last character that is no space, and a space mark that stands
    alone to the word that follows.

    Args:
        texts: Their words. A word of which the tokenizer leaves nothing has no tokens.
        tokenizer: InputError for a slow one.
    """
    backend = backend_of(tokenizer)
    if takes_words(backend):
        encodings = backend.encode_batch(texts, is_pretokenized=True, add_special_tokens=False)
        return [_tokens(one, np.array(one.word_ids, dtype=np.int64)) for one in encodings]
    encodings = backend.encode_batch([" ".join(words) for words in texts], add_special_tokens=False)
    return [
        _tokens(one, _words_of(np.array(one.offsets).reshape(-1, 2), words))
        for one, words in zip(encodings, texts, strict=True)
    ]


def _tokens(encoding: "Encoding", words: np.ndarray) -> Tokens:
    """Return the tokens that belong to a word: all but those of a text of spaces alone."""
    return Tokens(np.array(encoding.ids, dtype=np.int64)[: len(words)], words)


def _words_of(offsets: np.ndarray, words: Sequence[str]) -> np.ndarray:
    """Return each token's word.

    Args:
        offsets: (n, 2) int: [start, end) of each token in the text of the joined words, in characters.
        words: Of the text; none is returned where they hold spaces alone.
    """
    text = " ".join(words)
    solid = np.array([not sign.isspace() for sign in text], dtype=bool)
    if not solid.any():
        return np.empty(0, dtype=np.int64)
    # Each word with the space after it, of which there is none after the last.
    sizes = np.array([len(word) + 1 for word in words])
    owner = np.repeat(np.arange(len(words)), sizes)[:-1]
    between = np.zeros(len(text), dtype=bool)
    between[np.cumsum(sizes)[:-1] - 1] = True
    # A space between words goes with the next word that holds a character, the last ones with the last.
    inside, places = np.flatnonzero(~between), np.arange(len(text))
    owner = owner[inside[np.minimum(np.searchsorted(inside, places), len(inside) - 1)]]
    last_solid = np.maximum.accumulate(np.where(solid, places, -1))
    # Some tokenizers tell of a space mark that stands alone as an empty stretch after the space.
    start, end = offsets[:, 0], offsets[:, 1]
    last = np.clip(np.maximum(end - 1, start), 0, len(text) - 1)
    found = np.where(last_solid[last] >= start, last_solid[last], last)
    return np.maximum.accumulate(owner[found]).astype(np.int64)
