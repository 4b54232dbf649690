"""doccano's lines: spans in three writings, the class beside them, and what can be wrong."""

import pytest

from tests.helpers.exports import load, words_of, write_lines
from workbench.data.recognising import reader_of
from workbench.errors import InputError

TEXT = "good plot, bad acting"
SPANS = [[0, 4, "WHY"], [11, 14, "NOT"]]
ENTITIES = [
    {"id": n, "start_offset": start, "end_offset": end, "label": label}
    for n, (start, end, label) in enumerate(SPANS)
]
OTHERS = [
    {"id": 900 + n, "text": f"other {n}", "mood": mood, "label": [mood], "part": part}
    for n, (mood, part) in enumerate((("a", "train"), ("b", "train"), ("a", "dev"), ("b", "test")))
]


def read(folder, *lines, **more):
    lines = [{"id": n, "text": TEXT, "part": "train"} | one for n, one in enumerate(lines, start=1)]
    path = write_lines(folder / "own.jsonl", [*lines, *OTHERS])
    return load("doccano", path, split_column="part", **more)


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ({"label": SPANS, "cats": ["a"]}, {}),
        ({"labels": SPANS, "cats": ["a"]}, {}),
        ({"labels": SPANS, "label": ["a"]}, {}),
        ({"entities": SPANS, "cats": ["a"]}, {}),
        ({"entities": ENTITIES, "relations": [], "label": "a"}, {}),
        ({"label": SPANS, "mood": "a"}, {"label_column": "mood"}),
        ({"entities": ENTITIES, "metadata": {"mood": "a"}}, {"label_column": "mood"}),
        ({"why": ENTITIES, "label": ["a"]}, {"rationale_column": "why"}),
    ],
)
def test_spans_and_class_are_found_in_every_writing(line, more, tmp_path):
    found, corpus = read(tmp_path, line, **more)
    assert corpus.labels == ("a", "b")
    assert (found["1"].label, words_of(found["1"])) == ("a", ["good", "bad"])
    found, _ = read(tmp_path, line, rationale_labels=["NOT"], **more)
    assert words_of(found["1"]) == ["bad"]


def test_no_spans_is_not_the_same_as_none_marked(tmp_path):
    lines = [{"label": [], "cats": ["a"]}, {"label": ["a"]}, {"label": [], "mood": "a"}]
    found, corpus = read(tmp_path, *lines)
    assert words_of(found["1"]) == []
    assert found["2"].rationale is None
    assert "3" not in found
    assert "1 record without a class left out." in corpus.notes
    found, _ = read(tmp_path, lines[2], label_column="mood")
    assert words_of(found["1"]) == []


def test_the_text_may_be_called_data(tmp_path):
    path = write_lines(
        tmp_path / "own.jsonl",
        [{"id": n, "data": f"fine {n}", "label": [label]} for n, label in enumerate("abab" * 10)],
    )
    found, _ = load("doccano", path)
    assert found["3"].words == ("fine", "3")


def test_several_people_are_told_by_a_column(tmp_path):
    lines = [
        {"id": 1, "label": spans, "cats": ["a"], "user": name}
        for name, spans in (("ann", SPANS), ("ben", SPANS[:1]), ("cho", []))
    ]
    for one in OTHERS:
        one["user"] = "ann"
    found, _ = read(tmp_path, *lines, annotator_column="user")
    assert words_of(found["1"]) == ["good"]
    assert found["1"].shares == (2 / 3, 0, 0, 1 / 3, 0)


def test_offsets_of_a_browser_are_named(tmp_path):
    emoji = {"text": "😀 good", "label": [[3, 7, "WHY"]], "cats": ["a"]}
    found, _ = read(tmp_path, emoji, offsets="utf-16")
    assert words_of(found["1"]) == ["good"]
    with pytest.raises(InputError, match=r"own.jsonl:1: .*\[3, 7\] of '1' lies outside"):
        read(tmp_path, emoji)


@pytest.mark.parametrize(
    ("line", "more", "message"),
    [
        ({"label": ["a", "b"]}, {}, r"own.jsonl:1: label: a text has one class here, not 2: a, b"),
        (
            {"label": [[4, 1, "x"]], "cats": ["a"]},
            {},
            r":1: label: .*\[4, 1\] is negative, empty or rev",
        ),
        ({"label": "a", "labels": [["x"]]}, {}, r"own.jsonl:1: labels is no list of spans"),
        ({"label": "a", "text": ""}, {}, r"own.jsonl:1: text is empty"),
        ({"label": "a", "text": 7}, {}, r"own.jsonl:1: text is int, not text"),
        ({"label": "a"}, {"text_column": "body"}, r":1: no column body; there are: id, text, part"),
        ({"label": "c", "part": "dev"}, {}, r"own.jsonl:1: unknown label 'c'"),
    ],
)
def test_bad_lines_are_named(line, more, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(tmp_path, line, **more)


def test_an_export_without_classes_says_where_they_are_looked_for(tmp_path):
    path = write_lines(tmp_path / "own.jsonl", [{"id": 1, "text": TEXT, "label": SPANS}])
    with pytest.raises(InputError, match=r"no record has a class .*item of label or cats, or a column"):
        load("doccano", path)


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"text": TEXT, "label": SPANS}, "doccano"),
        ({"text": TEXT, "entities": ENTITIES}, "doccano"),
        ({"data": TEXT, "label": ["a"], "Comments": []}, "doccano"),
        ({"text": TEXT, "label": ["a", "a", "b"]}, "file"),
        ({"text": TEXT, "label": "a", "why": [[0, 4]]}, "file"),
        ({"text": TEXT, "label": [[0, 4]]}, "file"),
    ],
)
def test_the_form_is_recognised(record, name, tmp_path):
    assert reader_of(write_lines(tmp_path / "own.jsonl", [record])).name == name
