"""Token ids behind recorded scores, by tokenizers whose tokens are not their texts."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.tokenizers import byte_level_tokenizer, unigram_tokenizer, word_piece_tokenizer
from workbench.core.documents import Document, Window
from workbench.core.token_scores import TokenScores
from workbench.data.windows.encode import encode
from workbench.data.windows.token_texts import token_texts
from workbench.errors import InputError
from workbench.inference.recorded_windows import record_windows

LONG = ("a", "great", "film", ",", "and", "a", "warm", "one", ":", "it", "is", "bad", "!") * 6


def windows_of(tokenizer, words: tuple[str, ...], second: tuple[str, ...] = ()) -> list[Window]:
    one = Document("t", words, "yes", (), second)
    return encode([one], ("no", "yes"), tokenizer, 32).windows


def records_of(tokenizer, windows: list[Window]) -> list[TokenScores]:
    return [
        TokenScores(
            "cp", "top", "t", one.window, token_texts(one, tokenizer), one.word_index,
            np.zeros((1, len(one.input_ids))), rationale=one.rationale,
        )
        for one in windows
    ]  # fmt: skip


@pytest.mark.parametrize(
    "tokenizer",
    [
        byte_level_tokenizer(), byte_level_tokenizer(prefix_space=True), byte_level_tokenizer("bert"),
        unigram_tokenizer(), unigram_tokenizer("bert"), word_piece_tokenizer("roberta"),
    ],
    ids=["RoBERTa", "RoBERTa, prefix", "ModernBERT", "XLM-R", "DeBERTa-v3", "MPNet"],
)  # fmt: skip
@pytest.mark.parametrize("second", [(), ("is", "it", "good")], ids=["single", "pair"])
def test_windows_come_back(tokenizer, second: tuple[str, ...]) -> None:
    windows = windows_of(tokenizer, LONG, second)
    assert len(windows) > 2
    again = record_windows(tokenizer, records_of(tokenizer, windows)[::-1])
    for one, other in zip(windows, again, strict=True):
        np.testing.assert_array_equal(one.input_ids, other.input_ids)
        np.testing.assert_array_equal(one.token_type_ids, other.token_type_ids)
        np.testing.assert_array_equal(one.word_index, other.word_index)
        np.testing.assert_array_equal(one.rationale, other.rationale)


@pytest.mark.parametrize(
    "tokenizer",
    [byte_level_tokenizer(), unigram_tokenizer(), unigram_tokenizer("bert")],
    ids=["RoBERTa", "XLM-R", "DeBERTa-v3"],
)
def test_cut_and_unknown_characters_come_back(tokenizer) -> None:
    windows = windows_of(tokenizer, ("é", "京x", "##", "e\u0301"))
    (again,) = record_windows(tokenizer, records_of(tokenizer, windows))
    assert again.input_ids.tolist() == windows[0].input_ids.tolist()


@pytest.mark.parametrize(
    "tokens",
    [("<s>", "gr", "film", "</s>"), ("[CLS]", "great", "film", "[SEP]"), ("<s>", "great", "京", "</s>")],
    ids=["otherwise cut", "other special tokens", "another number"],
)
def test_other_tokens_are_refused(tokens: tuple[str, ...]) -> None:
    tokenizer = byte_level_tokenizer(prefix_space=True)
    (record,) = records_of(tokenizer, windows_of(tokenizer, ("great", "film")))
    assert len(record_windows(tokenizer, [record])) == 1
    with pytest.raises(InputError, match="t: the model's tokenizer does not give the recorded tokens"):
        record_windows(tokenizer, [replace(record, tokens=tokens)])
