import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data.words import normalise, split_text, split_words

PARTS = (
    "\u0e2d\u0e22\u0e48\u0e32\u0e07\u0e44\u0e23\u0e01\u0e47\u0e14\u0e35",
    "\u1797\u17b6\u179f\u17b6\u1781\u17d2\u1798\u17c2\u179a", "\u6211\u559c\u6b22",
    "\u30ab\u30bf\u30ab\u30ca", "\u3072\u3089", "\U00020000", "\uc601\ud654",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea\U0001f1eb",
    "\U0001f44d\U0001f3fd", "e\u0301", "\u0301", "\u200b", "\ufeff", "\u00a0", "\u2028", "\x85",
    "\x1c", "\0", "don't", "l\u2019\u00e9", "''", "...", " ", "\r\n", "\t", "1.5", "_",
)  # fmt: skip
"""Where rules of words meet: scripts without spaces, joined emoji, flags, marks, spaces of all kinds."""
SEGMENTERS = ["unicode", *(["icu"] if importlib.util.find_spec("icu4py") else [])]
ORDINARY = [
    "A good film. Isn't it?",
    "well-made, 'tis true; the girls' night out (1999) cost $5.50 -- or €50!!!",
    "He said: \"rock'n'roll...\" and left_early @ 3:15pm #movie",
    "Ça déjà vu — naïve “quotes”, l’été ’90s… 日本 映画 ok",
    ". . . , a b   c\t\td\n\ne",
]


def test_punctuation_stands_alone_and_apostrophes_stay_inside():
    assert split_words("Good. Isn't it?") == ["Good", ".", "Isn't", "it", "?"]
    assert split_words("'tis the girls' l’été") == ["'", "tis", "the", "girls", "'", "l’été"]
    assert split_words("wait... what?!") == ["wait", "...", "what", "?", "!"]


@pytest.mark.parametrize("text", ORDINARY)
def test_places_give_the_words_back(text):
    pieces = split_text(text)
    assert [text[piece.start : piece.end] for piece in pieces] == [piece.word for piece in pieces]
    assert "".join(piece.word for piece in pieces) == "".join(text.split())
    assert split_words(text) == [piece.word for piece in pieces]


@pytest.mark.parametrize("text", ORDINARY)
def test_words_give_the_same_sub_words_as_the_raw_text(text, packaged_tokenizer):
    raw = packaged_tokenizer(text)["input_ids"]
    assert packaged_tokenizer(split_words(text), is_split_into_words=True)["input_ids"] == raw


def test_normalised_texts_differ_only_in_letters():
    assert normalise("A  Good--film!\n") == normalise("a good film") == "a good film"
    assert normalise(":-)") != normalise(":-(")


@pytest.mark.parametrize("segmenter", SEGMENTERS)
@given(parts=st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=12))
def test_words_hold_every_character_but_spaces_once_and_in_order(segmenter, parts):
    text = "".join(parts)
    pieces = split_text(text, segmenter)
    inside = [at for piece in pieces for at in range(piece.start, piece.end)]
    assert inside == [at for at, sign in enumerate(text) if not sign.isspace()]
    assert [text[piece.start : piece.end] for piece in pieces] == [piece.word for piece in pieces]
    assert all(piece.word for piece in pieces)
    assert split_words(text, segmenter) == [piece.word for piece in pieces]
