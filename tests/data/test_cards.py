import pytest

from workbench.core.documents import Corpus, Document, Span
from workbench.data.cards import data_card
from workbench.data.windows.encode import encode_corpus


@pytest.fixture
def corpus():
    def document(name, text, label, *spans):
        return Document(name, tuple(text.split()), label, tuple(Span(*span) for span in spans))

    train = (
        document("1", "a b c d", "x", (0, 1), (0, 2)),
        document("2", "e f", "y"),
        Document("3", ("g",), "y", None, ("h", "i")),
    )
    return Corpus(
        name="toy",
        labels=("x", "y"),
        splits={"train": train, "dev": (document("4", "A , b c d", "x", (0, 5)),), "test": ()},
        rationales="annotated spans",
        notes=("a note.",),
    )


def test_numbers_by_hand(corpus):
    card = data_card(corpus)
    train = card.splits.loc["train"]
    assert train["texts"] == 3
    assert train["words_mean"] == 3
    assert train["words_median"] == 3
    assert train["words_max"] == 4
    assert train["annotated"] == 2
    assert train["rationale_share"] == pytest.approx((2 / 4 + 0) / 2)
    assert train["spans_per_text"] == 1
    assert train["without_evidence"] == 1
    assert card.classes.loc["train"].to_dict() == {"x": 1, "y": 2}
    assert card.splits.loc["test", "texts"] == 0
    assert card.leaks.to_dict("records")[0] == {
        "first": "train", "second": "dev", "texts": 1, "first_texts": 1,
    }  # fmt: skip
    assert card.notes == ("a note.",)


def test_windows_are_reported_where_encoded(corpus, toy_tokenizer):
    card = data_card(corpus, encode_corpus(corpus, toy_tokenizer, 8))
    assert card.splits["windows"].tolist() == [3, 1, 0]
    assert card.splits["windows_with_evidence"].tolist() == [1, 1, 0]
    assert "train: 3 texts in 3 windows of at most 8 tokens." in card.notes
