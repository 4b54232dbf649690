import pytest

from workbench.core.documents import Span, runs
from workbench.data.rationales import valence
from workbench.errors import InputError

RATINGS = {"good": 1.9, "fine": 1.0, "meh": -0.3, "bad": -2.5, "almost": 0.99}


@pytest.mark.parametrize(
    ("positive", "expected"),
    [(True, [True, True, False, False, False]), (False, [False, False, False, True, False])],
)
def test_sign_and_size_decide(positive, expected):
    words = ["GOOD", "fine", "meh", "Bad", "almost"]
    assert valence.marked_words(words, positive, RATINGS) == expected


def test_only_whole_words_count():
    assert valence.marked_words(["goodness", "un-good", "?"], True, RATINGS) == [False] * 3


def test_adjacent_words_share_a_span():
    assert runs([True, True, False, True]) == (Span(0, 2), Span(3, 4))
    assert runs([]) == ()


def test_lexicon_is_read_from_its_package():
    pytest.importorskip("vaderSentiment", reason="the extra `offline` is not installed")
    ratings = valence.load_ratings()
    assert len(ratings) > 7000
    assert ratings["good"] == 1.9
    assert ratings["bad"] == -2.5


def test_a_lexicon_of_another_layout_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "lexicon.txt"
    path.write_text("good\t1.9\t0.9\t[2]\nno tabs here\n")
    monkeypatch.setattr(valence, "package_file", lambda *_: path)
    valence.load_ratings.cache_clear()
    with pytest.raises(InputError, match=r"lexicon.txt:2"):
        valence.load_ratings()
    valence.load_ratings.cache_clear()
