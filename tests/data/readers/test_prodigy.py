"""Prodigy's lines: choices, spans, answers, several annotators, and what can be wrong with them."""

import gzip
import json

import pytest

from tests.helpers.exports import load, settings, words_of, write_lines
from workbench.config.data import DataSettings
from workbench.data.readers.prodigy import load_prodigy
from workbench.data.recognising import reader_of
from workbench.errors import InputError

TEXT = "good plot, bad acting"
GOOD = {"start": 0, "end": 4, "label": "WHY"}
BAD = {"start": 11, "end": 14, "label": "WHY"}


def line(number, text=TEXT, **more):
    return {"text": text, "_input_hash": number, "_task_hash": -number, "answer": "accept"} | more


def others():
    """Texts that fill the splits, so that the first lines are training texts."""
    return [
        line(900 + n, f"other {n}", accept=[label], meta={"part": part})
        for n, (label, part) in enumerate((("a", "train"), ("b", "train"), ("a", "dev"), ("b", "test")))
    ]


def read(folder, *lines, **more):
    for one in lines:
        one["meta"] = {"part": "train"} | one.get("meta", {})
    path = write_lines(folder / "own.jsonl", [*lines, *others()])
    return load("prodigy", path, split_column="part", **more)


def test_choices_are_classes_and_spans_are_words(tmp_path):
    options = [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}]
    first = line(1, accept=["a"], options=options, spans=[BAD, GOOD], _view_id="blocks")
    found, corpus = read(tmp_path, first, line(2, "fine", label="b"))
    assert corpus.labels == ("a", "b")
    assert found["1"].words == ("good", "plot", ",", "bad", "acting")
    assert (found["1"].label, words_of(found["1"])) == ("a", ["good", "bad"])
    assert (found["2"].label, found["2"].rationale) == ("b", None)


@pytest.mark.parametrize(("view", "marked"), [("spans_manual", []), ("ner", []), ("choice", None)])
def test_a_view_of_spans_without_any_marks_nothing(view, marked, tmp_path):
    found, _ = read(tmp_path, line(1, accept=["a"], _view_id=view))
    assert words_of(found["1"]) == marked


def test_the_class_may_be_known_from_elsewhere(tmp_path):
    known = line(1, accept=["x"], spans=[], meta={"gold": "b", "part": "train"})
    lines = [known, *({**one, "meta": one["meta"] | {"gold": one["accept"][0]}} for one in others())]
    path = write_lines(tmp_path / "own.jsonl", lines)
    found, _ = load("prodigy", path, label_column="gold", split_column="part")
    assert found["1"].label == "b"


def test_what_was_not_accepted_is_left_out_and_counted(tmp_path):
    lines = [
        line(1, label="a", answer="reject"),
        line(1, label="b"),
        line(2, "two", label="a", answer="ignore"),
        line(3, "three", accept=[]),
        line(4, " ", answer="reject"),
    ]
    found, corpus = read(tmp_path, *lines)
    assert found["1"].label == "b"
    assert not {"2", "3", "4"} & found.keys()
    assert "2 records answered with reject left out." in corpus.notes
    assert "1 record answered with ignore left out." in corpus.notes
    assert "1 record without a class left out." in corpus.notes


@pytest.mark.parametrize("key", ["_annotator_id", "_session_id", "who"])
@pytest.mark.parametrize("hashed", [True, False])
def test_lines_of_one_text_are_one_text_by_several_people(key, hashed, tmp_path):
    marks = {"ann": [GOOD], "ben": [GOOD, BAD], "cho": []}
    lines = [line(1, accept=["a"], spans=spans) | {key: name} for name, spans in marks.items()]
    lines += [line(2, "seen by two", accept=[label]) | {key: label} for label in "ab"]
    if not hashed:
        for one in lines:
            del one["_input_hash"]
    more = {"annotator_column": "who"} if key == "who" else {}
    found, corpus = read(tmp_path, *lines, **more)
    one = found["1" if hashed else "row-1"]
    assert words_of(one) == ["good"]
    assert one.shares == (2 / 3, 0, 0, 1 / 3, 0)
    assert [marked.annotator for marked in one.annotations] == ["ann", "ben", "cho"]
    assert "1 text without a class that most annotators gave left out." in corpus.notes
    assert "2 rows joined with others of the same text." in corpus.notes
    found, _ = read(tmp_path, *lines, annotators="ben", **more)
    assert words_of(found[one.id]) == ["good", "bad"]


def test_labels_of_spans_choose_those_that_count(tmp_path):
    first = line(1, accept=["a"], spans=[GOOD, BAD | {"label": "OTHER"}])
    found, _ = read(tmp_path, first, rationale_labels=["OTHER"])
    assert words_of(found["1"]) == ["bad"]


def test_tokens_tell_what_the_offsets_count(tmp_path):
    text = "😀😀 good film"
    places = (("😀😀", 0, 4), ("good", 5, 9), ("film", 10, 14))
    tokens = [{"text": word, "start": start, "end": end} for word, start, end in places]
    wide = {"start": 5, "end": 14, "token_start": 1, "token_end": 2, "label": "WHY"}
    found, corpus = read(tmp_path, line(1, text, accept=["a"], spans=[wide], tokens=tokens))
    assert words_of(found["1"]) == ["good film"]
    assert any("UTF-16" in note for note in corpus.notes)
    narrow = wide | {"start": 3, "end": 12}
    found, corpus = read(tmp_path, line(1, text, accept=["a"], spans=[narrow], tokens=tokens))
    assert words_of(found["1"]) == ["good film"]
    assert not any("UTF-16" in note for note in corpus.notes)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(1, accept=["a", "b"])], r"own.jsonl:1: accept: a text has one class here, not 2: a, b"),
        (
            [line(1, answer="maybe")],
            r"own.jsonl:1: the answer 'maybe' is none of accept, reject, ignore",
        ),
        (
            [line(1, accept=["a"], spans=[{"start": 4, "end": 1}])],
            r":1: spans: .*\[4, 1\] is .*reversed",
        ),
        ([line(1, accept=["a"], spans="no")], r"own.jsonl:1: spans is str, not a list of spans"),
        (
            [line(1, accept=["a"], spans=[{"start": 0, "end": 99}])],
            r"own.jsonl:1: .*\[0, 99\] .*outside",
        ),
        ([line(1, " ", accept=["a"])], r"own.jsonl:1: text is empty"),
        ([{"_input_hash": 1, "accept": ["a"]}], r"own.jsonl:1: no column text or html; there are: "),
        (
            [line(1, accept=["a"], spans=[GOOD], _annotator_id="ann")] * 2,
            r"own.jsonl:2: 'ann' annotated this text already, at .*own.jsonl:1",
        ),
        (
            [line(1, accept=["a"]), line(1, "another", accept=["a"])],
            r"own.jsonl:2: '1' has another text than at .*own.jsonl:1",
        ),
    ],
)
def test_bad_lines_are_named(lines, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(tmp_path, *(one.copy() for one in lines))


def test_an_export_without_classes_says_where_they_are_looked_for(tmp_path):
    path = write_lines(tmp_path / "own.jsonl", [line(1, spans=[GOOD])])
    with pytest.raises(InputError, match=r"own.jsonl: no record has a class .*data.label_column"):
        load_prodigy(settings("prodigy", path))


def test_the_form_is_recognised_and_may_be_packed(tmp_path):
    plain = write_lines(tmp_path / "plain.jsonl", [{"text": "a", "label": "x"}])
    assert reader_of(plain).name == "file"
    path = tmp_path / "own.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(line(1, accept=["a"])).encode()))
    assert reader_of(path).name == "prodigy"
    assert [row.id for row in load_prodigy(settings("prodigy", path)).rows["train"]] == ["1"]


def test_a_file_per_split(tmp_path):
    paths = {}
    for split in ("train", "dev", "test"):
        lines = [
            line(n, f"{split} {n}", accept=[label]) for n, label in enumerate("ab", start=len(paths) * 9)
        ]
        paths[split] = str(write_lines(tmp_path / f"{split}.jsonl", lines))
    found, corpus = load("prodigy", tmp_path)
    assert [len(corpus.splits[split]) for split in paths] == [2, 2, 2]
    assert found["9"].words == ("dev", "9")
    table = load_prodigy(DataSettings(source="prodigy", paths=paths))
    assert {split: len(rows) for split, rows in table.rows.items()} == dict.fromkeys(paths, 2)
    assert table.name == tmp_path.name
