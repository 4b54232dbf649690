"""Argilla's records: questions by value, responses by person and status, nested and flattened."""

import pytest

from tests.helpers.exports import load, words_of, write_lines, write_list
from workbench.data.recognising import reader_of
from workbench.errors import InputError

TEXT = "good plot, bad acting"
GOOD = {"start": 0, "end": 4, "label": "WHY"}
BAD = {"start": 11, "end": 14, "label": "NOT"}


def answered(*values, status="submitted"):
    """A question's responses by people a, b, ...; a pair has a status of its own."""
    pairs = [value if isinstance(value, tuple) else (value, status) for value in values]
    return [
        {"value": value, "user_id": who, "status": its}
        for who, (value, its) in zip("abcd", pairs, strict=False)
    ]


def record(number, responses, text=TEXT, part="train", **more):
    return {
        "id": number, "fields": {"text": text}, "metadata": {"part": part} | more, "suggestions": {},
        "responses": responses, "status": "completed",
    }  # fmt: skip


def flattened(one):
    flat = {"id": one["id"], "_server_id": None} | one["fields"] | one["metadata"]
    for question, responses in one["responses"].items():
        flat[f"{question}.responses"] = [each["value"] for each in responses]
        flat[f"{question}.responses.users"] = [each["user_id"] for each in responses]
        flat[f"{question}.responses.status"] = [each["status"] for each in responses]
        flat[f"{question}.suggestion"] = None
    return flat


def read(folder, *records, flat=False, question="label", **more):
    others = [
        record(f"z{n}", {question: answered(label)}, f"other {n}", part, gold=label)
        for n, (label, part) in enumerate((("x", "train"), ("y", "train"), ("x", "dev"), ("y", "test")))
    ]
    every = [*records, *others]
    path = write_list(folder / "own.json", [flattened(one) if flat else one for one in every])
    return load("argilla", path, split_column="part", **more)


@pytest.mark.parametrize("flat", [False, True])
def test_people_vote_on_the_class_and_on_words(flat, tmp_path):
    first = record(1, {"label": answered("x", "x", "y"), "why": answered([GOOD], [GOOD, BAD], [])})
    tied = record(2, {"label": answered("x", "y")}, "tied")
    found, corpus = read(tmp_path, first, tied, flat=flat)
    assert corpus.labels == ("x", "y")
    assert found["1"].words == ("good", "plot", ",", "bad", "acting")
    assert (found["1"].label, words_of(found["1"])) == ("x", ["good"])
    assert found["1"].shares == (2 / 3, 0, 0, 1 / 3, 0)
    assert [one.annotator for one in found["1"].annotations] == ["a", "b", "c"]
    assert found["z0"].rationale is None
    assert "1 record without a class that most annotators gave left out." in corpus.notes
    found, _ = read(tmp_path, first, flat=flat, annotators="b")
    assert words_of(found["1"]) == ["good", "bad"]
    found, _ = read(tmp_path, first, flat=flat, annotators="b", rationale_labels=["NOT"])
    assert words_of(found["1"]) == ["bad"]


@pytest.mark.parametrize("flat", [False, True])
def test_drafts_and_discarded_responses_do_not_count(flat, tmp_path):
    first = record(
        1,
        {
            "label": answered("x", ("y", "draft"), ("y", "discarded")),
            "why": answered([GOOD], ([BAD], "draft")),
        },
    )
    found, corpus = read(
        tmp_path, first, record(2, {"label": answered("x", status="draft")}, "b"), flat=flat
    )
    assert (found["1"].label, words_of(found["1"])) == ("x", ["good"])
    assert "2" not in found
    assert "1 record without a submitted response left out." in corpus.notes
    assert "1 response with the status discarded left out." in corpus.notes
    assert "3 responses with the status draft left out." in corpus.notes


def test_who_answered_but_marked_nothing_counts_in_the_shares(tmp_path):
    first = record(1, {"label": answered("x", "x"), "why": answered([GOOD])})
    found, _ = read(tmp_path, first)
    assert found["1"].shares == (1 / 2, 0, 0, 0, 0)


def test_the_only_question_of_names_is_the_class(tmp_path):
    first = record(1, {"mood": answered(["x"]), "why": answered([GOOD])})
    found, _ = read(tmp_path, first, question="mood")
    assert (found["1"].label, words_of(found["1"])) == ("x", ["good"])
    two = record(1, {"mood": answered("x"), "topic": answered("film")})
    with pytest.raises(InputError, match=r"several questions \(mood, topic\): .* data.label_column"):
        read(tmp_path, two, question="mood")
    found, _ = read(tmp_path, two, question="mood", label_column="mood")
    assert found["1"].label == "x"


def test_the_class_may_be_metadata_and_the_span_question_one_of_several(tmp_path):
    first = record(1, {"why": answered([GOOD]), "other": answered([BAD])}, gold="y")
    found, _ = read(tmp_path, first, label_column="gold", rationale_column="why")
    assert (found["1"].label, words_of(found["1"])) == ("y", ["good"])
    with pytest.raises(InputError, match=r"several questions \(why, other\): .* data.rationale_column"):
        read(tmp_path, first, label_column="gold")
    with pytest.raises(
        InputError, match=r"data.rationale_column: no question 'wy'; there are: why, other"
    ):
        read(tmp_path, first, rationale_column="wy")


@pytest.mark.parametrize(
    ("responses", "message"),
    [
        ({"label": answered(["x", "y"])}, r"item 1: label: a text has one class here, not 2: x, y"),
        ({"label": answered({"x": 1})}, r"item 1: label is dict"),
        ({"label": [{"user_id": "a"}]}, r"item 1: a response to label without a value"),
        ({"label": "x"}, r"item 1: label is str, not a list"),
        ([], r"item 1: responses is list, not an object by question"),
        (
            {"label": answered("x"), "why": answered([{"start": 4, "end": 1}])},
            r"item 1: why: .*reversed",
        ),
        (
            {"label": answered("x"), "why": answered([GOOD | {"end": 99}])},
            r"item 1: .*\[0, 99\] .*outside",
        ),
    ],
)
def test_bad_records_are_named(responses, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(tmp_path, record(1, responses))


def test_the_form_is_recognised(tmp_path):
    first = record(1, {"label": answered("x")})
    assert reader_of(write_list(tmp_path / "a.json", [first])).name == "argilla"
    assert reader_of(write_lines(tmp_path / "b.jsonl", [flattened(first)])).name == "argilla"
    assert reader_of(write_lines(tmp_path / "c.jsonl", [{"text": "a", "label": "x"}])).name == "file"
