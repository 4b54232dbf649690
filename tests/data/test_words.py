import pytest

from workbench.data.words import normalise, split_text, split_words

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
