"""Odd files that must be read right: words, labels and marks, token by token."""

import pytest

from tests.data.odd_files.files import FILES
from tests.data.odd_files.making import read
from tests.data.odd_files.rationales import FORMS
from tests.data.odd_files.signs import SIGNS


@pytest.mark.parametrize("odd", [*FILES, *FORMS, *SIGNS], ids=lambda odd: odd.name)
def test_it_is_read_right(odd, tmp_path):
    assert set(odd.texts) <= read(odd.load(tmp_path))


def test_there_are_many():
    names = [odd.name for odd in (*FILES, *FORMS, *SIGNS)]
    assert len(set(names)) == len(names) >= 80


def test_numbers_as_labels_lose_their_point(tmp_path):
    odd = next(one for one in FILES if one.name == "numbers as labels")
    assert odd.load(tmp_path).labels == ("0", "1")


def test_shares_stay_beside_the_hard_rationale(tmp_path):
    odd = next(one for one in FORMS if one.name == "lists of masks")
    (document,) = [
        one for one in odd.load(tmp_path).splits["train"] if one.words == ("warm", "and", "witty")
    ]
    assert document.shares == (2 / 3, 1 / 3, 0.0)
    assert [one.annotator for one in document.annotations] == ["1", "2", "3"]
    ranks = next(one for one in FORMS if one.name == "ranks").load(tmp_path)
    assert [one.shares for one in ranks.splits["train"] if one.shares] == [(0.5, 0.0, 1.0)]


def test_the_shares_of_labels_stay_beside_the_class(tmp_path):
    odd = next(one for one in FILES if one.name == "most annotators' label")
    shares = {one.label: one.label_shares for one in odd.load(tmp_path).splits["train"]}
    assert odd.load(tmp_path).labels == ("neg", "pos")
    assert shares == {"neg": None, "pos": (1 / 3, 2 / 3)}
    people = next(one for one in FORMS if one.name == "a person per row").load(tmp_path)
    found = {one.words: one.label_shares for one in people.splits["train"]}
    assert found["warm", "and", "witty"] == (1 / 3, 2 / 3)
    assert found["no", "fun", "at", "all"] is None
