"""A cell with several people's rationales and one with their names."""

import json

import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Marked, Span
from workbench.data.corpus import load_corpus
from workbench.errors import InputError


def corpus(path, *rows, **settings):
    """The first texts, with others that make two classes; each row is (rationales, annotators)."""
    lines = [
        {
            "text": "a b c d",
            "label": "xy"[n % 2],
            "id": str(n),
            "split": "train",
            "marks": marks,
            "who": who,
        }
        for n, (marks, who) in enumerate([*rows, ([], []), ([], [])])
    ]
    lines += [{**lines[0], "id": split, "split": split} for split in ("dev", "test")]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    given = DataSettings(
        source="file", path=str(path), id_column="id", split_column="split", rationale_column="marks",
        rationale_lists=True, rationale_offsets="word", rationales="annotated", annotator_column="who",
        **settings,
    )  # fmt: skip
    return load_corpus(given).splits["train"]


def test_each_rationale_has_its_annotator_and_who_marked_nothing_counts(tmp_path) -> None:
    marks = [[[0, 1]], None, [[0, 2]]]
    (document, *_) = corpus(tmp_path / "own.jsonl", (marks, ["ann", "bob", "cy"]))
    assert document.annotations == (Marked("ann", (Span(0, 1),)), Marked("cy", (Span(0, 2),)))
    assert document.shares == (2 / 3, 1 / 3, 0, 0)
    assert document.rationale == (Span(0, 1),)


def test_an_annotator_is_chosen_by_name(tmp_path) -> None:
    row = ([[[0, 1]], [[2, 4]]], ["ann", "bob"])
    (document, *_) = corpus(tmp_path / "own.jsonl", row, annotators="bob")
    assert (document.rationale, document.annotations) == ((Span(2, 4),), ())


def test_null_is_not_annotated_and_one_person_decides_alone(tmp_path) -> None:
    nobody, one, *_ = corpus(tmp_path / "own.jsonl", (None, []), ([[[1, 2]]], ["ann"]))
    assert (nobody.rationale, nobody.shares) == (None, None)
    assert (one.rationale, one.shares, one.annotations) == ((Span(1, 2),), None, ())


@pytest.mark.parametrize(
    ("marks", "who", "told"),
    [
        (
            [[[0, 1]], [[0, 1]]],
            ["ann"],
            "own.jsonl:1: rationale 2 of a list, but who marked it is not named .1 are",
        ),
        ([[[0, 1]]], [None], "own.jsonl:1: who is missing"),
        ([[[0, 1]], [[1, 2]]], ["ann", "ann"], "'ann' annotated this text already, at"),
        ([[[0, 1]]], {"name": "ann"}, "own.jsonl:1: who is dict, not one name"),
    ],
)
def test_names_that_do_not_fit_are_told(tmp_path, marks, who, told: str) -> None:
    with pytest.raises(InputError, match=told):
        corpus(tmp_path / "own.jsonl", (marks, who))
