"""What people see of tokens: by family, of cut characters, at a window's beginning."""

import pytest

from tests.helpers.tokenizers import byte_level_tokenizer, unigram_tokenizer, word_piece_tokenizer
from workbench.core.documents import Document, Window
from workbench.core.sub_words import joined, piece_text
from workbench.data.windows.encode import encode
from workbench.data.windows.token_texts import token_texts


def shown(tokenizer, words: str, second: str = "", max_tokens: int = 64) -> list[list[str]]:
    one = Document("t", tuple(words.split()), "yes", second=tuple(second.split()))
    windows: list[Window] = encode([one], ("no", "yes"), tokenizer, max_tokens).windows
    return [list(token_texts(window, tokenizer)) for window in windows]


@pytest.mark.parametrize(
    ("tokenizer", "expected"),
    [
        (byte_level_tokenizer(prefix_space=True),
         "<s> great film ##s </s> </s> it is </s>"),
        (byte_level_tokenizer("bert", prefix_space=True),
         "[CLS] great film ##s [SEP] it is [SEP]"),
        (unigram_tokenizer(), "<s> great film ##s </s> </s>  ##it i ##s </s>"),
        (word_piece_tokenizer(), "[CLS] great films [SEP] it is [SEP]"),
    ],
    ids=["RoBERTa", "ModernBERT", "XLM-R", "BERT"],
)  # fmt: skip
def test_tokens_are_text(tokenizer, expected: str) -> None:
    assert shown(tokenizer, "great films", "it is") == [expected.split(" ")]


def test_word_pieces_are_as_in_the_vocabulary() -> None:
    tokenizer = word_piece_tokenizer()
    (texts,) = shown(tokenizer, "greats film.")
    ids = tokenizer("greats film.")["input_ids"]
    assert (
        texts == tokenizer.convert_ids_to_tokens(ids) == ["[CLS]", "great", "##s", "film", ".", "[SEP]"]
    )


def test_a_character_stands_whole_on_its_first_token() -> None:
    tokenizer = byte_level_tokenizer()
    (texts,) = shown(tokenizer, "xé京a ##")
    assert texts == ["<s>", "x", "##é", "##", "##京", "##", "##", "##a", "", "###", "###", "</s>"]
    # Cut after the third byte of the second: what is left of it shows that something is missing.
    first, *_, last = shown(tokenizer, "🙂🙂", max_tokens=9)
    assert first == ["<s>", "🙂", "##", "##", "##", "##\ufffd", "##", "##", "</s>"]
    assert last == ["<s>", "\ufffd", "</s>"]


def test_text_of_a_words_tokens() -> None:
    assert joined(["##x", "##y", "", "##"]) == "##xy"
    assert (piece_text("##"), piece_text("#"), piece_text("a##")) == ("", "#", "a##")
