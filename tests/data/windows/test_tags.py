"""Windows of tagged texts: which tokens learn and say a word's tag, in every form of tokenizer."""

import numpy as np
import pytest

from tests.helpers.tokenizers import byte_level_tokenizer, unigram_tokenizer, word_piece_tokenizer
from workbench.core.documents import Document
from workbench.core.tagging import TaggedText
from workbench.core.token_tasks import IGNORED
from workbench.data.windows.tags import encode_tagged

NAMES = ("O", "B-X", "I-X")
WORDS = ("a", "greatest", "film", ",", "warmest", "witty", "not", "bad")
TAGS = ("O", "B-X", "I-X", "O", "B-X", "O", "O", "I-X")


def text(text_id: str = "t") -> TaggedText:
    return TaggedText(Document(text_id, WORDS, "", rationale=()), TAGS)


@pytest.fixture(params=[byte_level_tokenizer, unigram_tokenizer, word_piece_tokenizer])
def tokenizer(request):
    return request.param()


@pytest.mark.parametrize("max_tokens", [64, 8])
def test_the_first_sub_word_of_each_word_learns_its_tag(tokenizer, max_tokens: int) -> None:
    made = encode_tagged([text()], NAMES, tokenizer, max_tokens=max_tokens)
    assert (len(made.windows) > 1) == (max_tokens == 8)
    seen = []
    for window, places, words in zip(made.windows, made.speaking, made.words, strict=True):
        label = np.array(window.label)
        assert len(label) == len(window.input_ids)
        assert label[places].tolist() == [NAMES.index(TAGS[word]) for word in words]
        label[places] = IGNORED
        assert (label == IGNORED).all()
        assert (window.word_index[places] == words).all()
        seen += words.tolist()
    assert seen == [*range(len(WORDS))]


def test_all_sub_words_may_learn() -> None:
    (window,) = encode_tagged(
        [text()], NAMES, byte_level_tokenizer(), max_tokens=64, learnt="all"
    ).windows
    index = window.word_index
    wanted = [IGNORED if word < 0 else NAMES.index(TAGS[word]) for word in index]
    assert list(window.label) == wanted
    assert len(index) > len(WORDS) + 2


def test_what_logits_say_is_read_where_words_begin(tokenizer) -> None:
    texts = [text("a"), text("b")]
    made = encode_tagged(texts, NAMES, tokenizer, max_tokens=8)
    rng = np.random.default_rng(0)
    logits = []
    for window in made.windows:
        row = rng.normal(size=(len(window.input_ids), 3)).astype(np.float32)
        for at, target in enumerate(window.label):
            if target != IGNORED and window.text_id == "b":
                row[at, target] = 9
        logits.append(row)
    random, right = made.tags(texts, logits, NAMES)
    assert right == [*TAGS]
    assert random != [*TAGS]
    assert len(random) == len(WORDS)


def test_a_word_longer_than_a_window_says_its_tag_once() -> None:
    words = ("good", "x" * 40, "film")
    long = TaggedText(Document("t", words, "", rationale=()), ("O", "B-X", "I-X"))
    made = encode_tagged([long], NAMES, byte_level_tokenizer(), max_tokens=8)
    assert len(made.windows) > 2
    assert np.concatenate(made.words).tolist() == [0, 1, 2]
