"""Windows by the tokenizers of every family: their own ids, each token's word, whole long texts."""

import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from tests.helpers.tokenizers import byte_level_tokenizer, unigram_tokenizer, word_piece_tokenizer
from workbench.core.documents import Document, Window
from workbench.core.sub_words import joined
from workbench.data.windows.encode import encode
from workbench.data.windows.sub_words import sub_words
from workbench.data.windows.token_texts import token_texts
from workbench.engines.tokenizer import FastTokenizer
from workbench.errors import InputError

LABELS = ("no", "yes")
BYTES = {
    "RoBERTa": byte_level_tokenizer,
    "RoBERTa, no trimming": lambda: byte_level_tokenizer(trim_offsets=False),
    "RoBERTa, prefix": lambda: byte_level_tokenizer(prefix_space=True),
    "ModernBERT": lambda: byte_level_tokenizer("bert"),
}
UNIGRAMS = {"XLM-R": unigram_tokenizer, "DeBERTa-v3": lambda: unigram_tokenizer("bert")}
WORD_PIECES = {"BERT": word_piece_tokenizer, "MPNet": lambda: word_piece_tokenizer("roberta")}
MAKERS = BYTES | UNIGRAMS | WORD_PIECES
every_family = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())

LETTERS = "greatfilms.,!é\u0301ö京🙂<s>#ﬁ\u200b\u00b4"
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=7), min_size=1, max_size=12)


def windows_of(
    tokenizer: PreTrainedTokenizerBase, words: str, second: str = "", max_tokens: int = 400
) -> list[Window]:
    one = Document("t", tuple(words.split(" ")), "yes", second=tuple(second.split()))
    return encode([one], LABELS, tokenizer, max_tokens).windows


def own_ids(tokenizer: PreTrainedTokenizerBase, *texts: str) -> list[int]:
    return tokenizer(*texts, split_special_tokens=True)["input_ids"]


def by_word(window: Window, tokenizer: PreTrainedTokenizerBase) -> dict[int, str]:
    """The text of each word's tokens."""
    pieces: dict[int, list[str]] = {}
    for word, text in zip(window.word_index.tolist(), token_texts(window, tokenizer), strict=True):
        pieces.setdefault(word, []).append(text)
    return {word: joined(texts) for word, texts in pieces.items() if word >= 0}


@every_family
@settings(max_examples=40, deadline=None)
@given(first=WORDS, second=WORDS)
def test_ids_are_the_tokenizers_own(make, first: list[str], second: list[str]) -> None:
    tokenizer = make()
    # A visible letter each, so that no tokenizer finds a text empty.
    first, second = ["a", *first], ["it", *second]
    whole, pair = " ".join(first), " ".join(second)
    (window,) = windows_of(tokenizer, whole)
    assert window.input_ids.tolist() == own_ids(tokenizer, whole)
    (window,) = windows_of(tokenizer, whole, pair)
    assert window.input_ids.tolist() == own_ids(tokenizer, whole, pair)
    inside = window.word_index[window.word_index >= 0]
    assert (np.diff(inside) >= 0).all()
    assert inside.max() < len(first) + len(second)
    # By its place, the number of special tokens in between and that of the second text.
    numbers = len(own_ids(tokenizer, whole)) - 1, len(own_ids(tokenizer, pair)) - 1
    assert window.token_type_ids.tolist() == [0] * (numbers[0] + 1) + [1] * (
        len(window.input_ids) - numbers[0] - 1
    )
    assert (window.word_index[-numbers[1] : -1] >= len(first)).all()
    assert (window.word_index[1 : numbers[0]] < len(first)).all()


@pytest.mark.parametrize("make", BYTES.values(), ids=BYTES.keys())
@settings(max_examples=60, deadline=None)
@given(words=WORDS)
def test_bytes_are_those_of_their_word(make, words: list[str]) -> None:
    tokenizer = make()
    (window,) = windows_of(tokenizer, " ".join(words))
    text = " ".join(words)
    expected = text if make is not BYTES["ModernBERT"] else unicodedata.normalize("NFC", text)
    assert by_word(window, tokenizer) == dict(enumerate(expected.split(" ")))


@pytest.mark.parametrize("make", UNIGRAMS.values(), ids=UNIGRAMS.keys())
@settings(max_examples=60, deadline=None)
@given(words=st.lists(st.text("greatfilmsﬁ.,!", min_size=1, max_size=7), min_size=1, max_size=12))
def test_pieces_are_those_of_their_word(make, words: list[str]) -> None:
    tokenizer = make()
    (window,) = windows_of(tokenizer, " ".join(words))
    found = by_word(window, tokenizer)
    assert list(found) == list(range(len(words)))
    for word, text in found.items():
        if tokenizer.unk_token not in text:
            assert text == unicodedata.normalize("NFKC", words[word])


@every_family
def test_odd_words_have_their_own_tokens(make) -> None:
    tokenizer = make()
    words = ["great", "e\u0301", "é", "🙂", "京都", "x\ty", "", "\u200b", "<s>", "[SEP]", "film"]
    (tokens,) = sub_words([words], tokenizer)
    empty = {6} if make in BYTES.values() else {6, 7}
    assert set(range(len(words))) - empty <= set(tokens.words.tolist()) <= set(range(len(words))) - {6}
    assert (np.diff(tokens.words) >= 0).all()
    one = Document("t", tuple(words), "yes")
    (window,) = encode([one], LABELS, tokenizer, 200).windows
    found = by_word(window, tokenizer)
    assert (found[0], found[len(words) - 1]) == ("great", "film")


def test_words_of_byte_level_tokens_by_hand() -> None:
    tokenizer = byte_level_tokenizer()
    words = ["x", "\t", "a\tb", "", "é", ""]
    (tokens,) = sub_words([words], tokenizer)
    # A space alone goes to the next word, an empty one has nothing, what is left over to the last.
    names = tokenizer.convert_ids_to_tokens(tokens.ids.tolist())
    assert list(zip(names, tokens.words.tolist(), strict=True)) == [
        ("x", 0), ("Ġ", 1), ("ĉ", 1), ("Ġa", 2), ("ĉ", 2), ("b", 2), ("Ġ", 4), ("Ġ", 4), ("Ã", 4),
        ("©", 4), ("Ġ", 4),
    ]  # fmt: skip


@every_family
def test_texts_of_spaces_alone_have_no_tokens(make) -> None:
    for words in ([], [""], ["\t"], [" ", ""]):
        (tokens,) = sub_words([words], make())
        assert (len(tokens.ids), len(tokens.words)) == (0, 0)
    with pytest.raises(InputError, match="text 't': the tokenizer finds no token in it"):
        encode([Document("t", ("\t",), "yes")], LABELS, make(), 16)


@every_family
def test_long_texts_are_cut_between_words(make) -> None:
    tokenizer = make()
    words = "a great film , and a warm and witty one . " * 5
    pair = "not good"
    for second in ("", pair):
        windows = windows_of(tokenizer, words.strip(), second, 24)
        assert len(windows) > 2
        special = (
            2
            if not second
            else len(own_ids(tokenizer, "a", "a")) - 2 * len(sub_words([["a"]], tokenizer)[0].ids)
        )
        n = len(words.split())
        parts = [one.input_ids[(one.word_index >= 0) & (one.word_index < n)] for one in windows]
        ids = own_ids(tokenizer, words.strip())
        assert np.concatenate(parts).tolist() == ids[1:-1]
        seen = [set(one.word_index[(one.word_index >= 0) & (one.word_index < n)]) for one in windows]
        assert sum(map(len, seen)) == n
        for one, part in zip(windows, parts, strict=True):
            assert len(one.input_ids) <= 24
            assert (one.word_index < 0).sum() == special
            assert one.input_ids[0] == tokenizer.cls_token_id
            assert one.input_ids[-1] == tokenizer.sep_token_id
            tail = (
                own_ids(tokenizer, "a", second)[-(len(one.input_ids) - 1 - len(part)) :]
                if second
                else []
            )
            assert not second or one.input_ids[1 + len(part) :].tolist() == tail
        encoding = encode(
            [Document("t", tuple(words.split()), "yes", second=tuple(second.split()))],
            LABELS, tokenizer, 24,
        )  # fmt: skip
        whole = own_ids(tokenizer, words.strip(), *([second] if second else []))
        with pytest.raises(InputError, match=f"text 't' has {len(whole)} tokens, more than 24"):
            encoding.refuse_cut()


def test_a_second_text_may_fill_half_of_what_special_tokens_leave() -> None:
    tokenizer = word_piece_tokenizer("roberta")
    first, second = "it " * 9, "is is is is"
    # 4 special tokens: of 12 places 8 are left, of which 4 are half.
    assert len(windows_of(tokenizer, first.strip(), second, 12)) == 3
    with pytest.raises(InputError, match="the second text has 4 tokens and leaves fewer than half"):
        windows_of(tokenizer, first.strip(), second, 11)


def test_unknown_pieces_are_counted_with_their_space_marks() -> None:
    texts = [Document("odd", ("京", "🙂"), "yes"), Document("half", ("京", "a"), "yes")]
    assert encode(texts, LABELS, unigram_tokenizer(), 16).unknown_only == ("odd",)
    assert encode(texts, LABELS, byte_level_tokenizer(), 32).unknown_only == ()


@every_family
def test_engines_make_the_same_windows(make, tmp_path: Path) -> None:
    tokenizer = make()
    tokenizer(["a great film"], truncation=True, max_length=4, padding="max_length")
    tokenizer.save_pretrained(tmp_path)
    own = FastTokenizer(tmp_path)
    assert own.unk_token_id == tokenizer.unk_token_id
    texts = [
        Document("a", ("great", "<s>", "[SEP]", "films", "é"), "yes"),
        Document("b", ("the", "greatest", "films", "are", "warm") * 12, "no", second=("it", "</s>")),
    ]
    found, expected = (encode(texts, LABELS, one, 32) for one in (own, tokenizer))
    assert len(found) == len(expected) > 3
    for one, other in zip(found.windows, expected.windows, strict=True):
        assert one.input_ids.tolist() == other.input_ids.tolist()
        assert one.word_index.tolist() == other.word_index.tolist()
        assert one.token_type_ids.tolist() == other.token_type_ids.tolist()
        assert token_texts(one, own) == token_texts(other, tokenizer)


def plain(post_processor: object) -> PreTrainedTokenizerBase:
    """Word-level, with what stands around texts."""
    tokenizer = Tokenizer(models.WordLevel({"<u>": 0, "a": 1, "[CLS]": 2, "[SEP]": 3}, unk_token="<u>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if post_processor is not None:
        tokenizer.post_processor = post_processor
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<u>")


@pytest.mark.parametrize(
    "single", [None, "$A [SEP]", "[CLS] $A", "[CLS] [CLS] $A [SEP]"], ids=str
)  # fmt: skip
def test_tokenizers_without_tokens_around_a_text_are_refused(single: str | None) -> None:
    special = [("[CLS]", 2), ("[SEP]", 3)]
    made = single and processors.TemplateProcessing(single=single, pair=None, special_tokens=special)
    with pytest.raises(InputError, match="does not put one special token before a text and one after"):
        encode([], LABELS, plain(made), 16)


def test_slow_tokenizers_and_those_without_pairs_are_refused() -> None:
    with pytest.raises(InputError, match="the tokenizer has no fast version"):
        encode([], LABELS, object(), 16)
    special = [("[CLS]", 2), ("[SEP]", 3)]
    made = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair=None, special_tokens=special)
    text = Document("t", ("a",), "yes")
    assert encode([text], LABELS, plain(made), 16).windows[0].input_ids.tolist() == [2, 1, 3]
    with pytest.raises(InputError, match="no special tokens for two texts"):
        encode([replace(text, second=("a",))], LABELS, plain(made), 16)
