"""e-SNLI's tables: marked sentences of one or three people, compared with the numbers of words."""

import csv

import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Span
from workbench.data.corpus import load_corpus
from workbench.data.sources import data_settings
from workbench.errors import InputError

FIRST, SECOND = "A cook cuts  bread.", "Nobody cuts anything."


def pair(name, label, *people, first=FIRST, second=SECOND):
    """A row; each person gives both marked sentences and both cells of numbers."""
    row = {"pairID": name, "gold_label": label, "Sentence1": first, "Sentence2": second}
    for n, (one, two, *numbers) in enumerate(people, start=1):
        row |= {f"Explanation_{n}": "so", f"Sentence1_marked_{n}": one, f"Sentence2_marked_{n}": two}
        for m, given in enumerate(numbers or ("", ""), start=1):
            row[f"Sentence{m}_Highlighted_{n}"] = given
    return row


def write(path, *rows):
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


MARKED = ("A *cook* cuts bread.", "*Nobody* cuts *anything.*", "1", "0,2")


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "esnli_train_1.csv", pair("a", "contradiction", MARKED), pair("b", "-", MARKED))
    other = (FIRST, "Nobody *cuts* anything.", "{}", "1")
    write(tmp_path / "esnli_train_2.csv", pair("c", "neutral", other))
    three = [
        ("A *cook* *cuts*  bread.", SECOND, "1,2", "{}"),
        ("A *cook* cuts  bread.", SECOND, "1", "{}"),
        ("A cook cuts  bread.", "*Nobody* cuts anything.", "{}", "0"),
    ]
    write(tmp_path / "esnli_dev.csv", pair("d", "contradiction", *three))
    write(tmp_path / "esnli_test.csv", pair("e", "neutral", *three[:2]))
    return tmp_path


def load(path, **more):
    settings = DataSettings(source="esnli", path=str(path), rationales="annotated", **more)
    return load_corpus(settings, training=False)


def test_pairs_of_one_and_of_three_annotators(folder):
    corpus = load(folder)
    first, second = corpus.splits["train"]
    assert first.words == ("A", "cook", "cuts", "bread", ".")
    assert first.second == ("Nobody", "cuts", "anything", ".")
    assert (first.id, first.label) == ("a", "contradiction")
    assert first.rationale == (Span(1, 2), Span(5, 6), Span(7, 9))
    assert second.rationale == (Span(6, 7),)
    (dev,) = corpus.splits["dev"]
    assert dev.rationale == (Span(1, 2),)
    assert dev.shares[:3] == (0.0, 2 / 3, 1 / 3)
    assert [one.annotator for one in dev.annotations] == ["1", "2", "3"]
    assert "1 pair without a class left out." in corpus.notes
    assert not any("word numbers" in note for note in corpus.notes)
    (dev,) = load(folder, annotators="3").splits["dev"]
    assert dev.rationale == (Span(5, 6),)
    (dev,) = load(folder, annotators="union").splits["dev"]
    assert dev.rationale == (Span(1, 3), Span(5, 6))


def test_the_marked_text_wins_over_the_numbers(tmp_path):
    write(tmp_path / "esnli_test.csv", pair("a", "neutral", (*MARKED[:2], "2", "0,2")))
    corpus = load(tmp_path)
    assert corpus.splits["test"][0].rationale == (Span(1, 2), Span(5, 6), Span(7, 9))
    note = "1 sentence whose word numbers are not those of its marked words: the marked text counts."
    assert note in corpus.notes


def test_a_marked_text_that_is_another(tmp_path):
    other = ("A *chef* cuts bread.", SECOND, "1,3", "{}")
    path = write(tmp_path / "esnli_test.csv", pair("a", "neutral", other))
    with pytest.raises(InputError, match=r"row 1: a: Sentence1_marked_1: without its \* it is not the"):
        load(tmp_path)
    corpus = load(path, mismatches="keep")
    (document,) = corpus.splits["train"]
    assert document.rationale == (Span(1, 2), Span(3, 5))
    assert "1 sentence marked in another text: its word numbers count." in corpus.notes


def test_the_form_is_recognised(folder):
    assert data_settings(str(folder)).source == "esnli"
    assert data_settings(str(folder / "esnli_dev.csv")).source == "esnli"
    own = folder / "own.csv"
    own.write_text("text,label\na,b\n", encoding="utf-8")
    assert data_settings(str(own)).source == "file"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"pairID": "a", "gold_label": "x"}, r"no column Sentence1, Sentence1_marked_1, Sentence2"),
        (pair("", "x", MARKED), r"row 1: pairID is missing"),
        (pair("a", "x", MARKED, second=""), r"row 1: a: Sentence2 is empty"),
        (pair("a", "x", (*MARKED[:2], "one", "2")), r"Highlighted_1: 'one' are no numbers of words"),
    ],
)
def test_bad_rows_are_named(row, message, tmp_path):
    with pytest.raises(InputError, match=message):
        load(write(tmp_path / "esnli_test.csv", row))
