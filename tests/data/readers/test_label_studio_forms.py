"""Label Studio's other exports and texts: HTML, dialogues, JSON_MIN, CSV, and results of other kinds."""

import csv
import json

import pytest

from tests.helpers.exports import load, words_of, write_list
from workbench.data.recognising import reader_of
from workbench.errors import InputError

GOOD = {"start": 0, "end": 4}
SPLITS = (("a", "train"), ("b", "train"), ("a", "dev"), ("b", "test"))


def chose(label):
    value = {"choices": [label]}
    return {"type": "choices", "from_name": "mood", "to_name": "text", "value": value}


def labelled(kind, value, label="WHY", control="why"):
    return {"type": kind, "from_name": control, "to_name": "text", "value": {kind: [label]} | value}


def html_mark(start, end, text, **more):
    offsets = {"start": start, "end": end}
    value = {"start": "/p[1]/text()[1]", "end": "/p[2]/text()[1]", "startOffset": 0, "endOffset": 1,
             "globalOffsets": offsets, "text": text}  # fmt: skip
    return labelled("hypertextlabels", value | more)


def turn_mark(first, start, last, end, text):
    value = {"start": str(first), "startOffset": start, "end": str(last), "endOffset": end, "text": text}
    return labelled("paragraphlabels", value)


def task(number, text, *people, part="train"):
    annotations = [{"id": 1, "completed_by": n, "result": list(one)} for n, one in enumerate(people, 1)]
    return {"id": number, "data": {"text": text, "part": part}, "annotations": annotations}


def read(folder, *tasks, **more):
    plain = isinstance(tasks[0]["data"]["text"], str)
    others = [
        task(f"z{n}", f"other {n}" if plain else [{"text": f"other {n}"}], [chose(label)], part=part)
        for n, (label, part) in enumerate(SPLITS)
    ]
    path = write_list(folder / "own.json", [*tasks, *others])
    return load("label-studio", path, split_column="part", **more)


HTML = "<style>p {x}</style><p>A &amp; <b>go</b>od plot</p><p>bad<br>acting 😀 too</p>"
CONTENT = "p {x}A & good plotbad\nacting 😀 too"


@pytest.mark.parametrize("wide", [False, True])
def test_spans_of_html_count_its_text(wide, tmp_path):
    def mark(words, given=None):
        start = CONTENT.index(words)
        end = start + len(words)
        if wide:
            start, end = (place + (place > CONTENT.index("😀")) for place in (start, end))
        return html_mark(start, end, given or words)

    marks = [mark("good"), mark("plot"), mark("bad\nacting"), mark("too")]
    found, corpus = read(tmp_path, task(1, HTML, [*marks, chose("a")]))
    assert found["1"].words == ("A", "&", "good", "plot", "bad", "acting", "😀", "too")
    assert words_of(found["1"]) == ["good", "plot", "bad acting", "too"]
    assert any("UTF-16" in note for note in corpus.notes) == wide
    assert corpus.counts["mismatching_spans"] == {"train": 0, "dev": 0, "test": 0}


def test_words_of_two_blocks_are_two_and_of_inline_tags_one(tmp_path):
    text = (
        "<div>one</div><div>t<i>w</i>o</div>\r\n<ul><li>three<li>four</ul><script>if (a<b) {}</script>"
    )
    found, _ = read(tmp_path, task(1, text, [html_mark(0, 3, "one"), chose("a")]))
    assert found["1"].words == ("one", "two", "three", "four")
    assert words_of(found["1"]) == ["one"]
    across, _ = read(tmp_path, task(1, text, [html_mark(2, 4, "et"), chose("a")]), mismatches="keep")
    assert words_of(across["1"]) == ["one two"]


def test_html_that_nobody_marked_as_such_stays_as_it_is(tmp_path):
    plain = labelled("labels", {"start": 3, "end": 7, "text": "good"})
    found, _ = read(tmp_path, task(1, "<p>good</p>", [plain, chose("a")]))
    assert found["1"].words[:3] == ("<", "p", ">")
    assert words_of(found["1"]) == ["good"]


TURNS = [
    {"author": "Ann", "text": "It was 😀 good"},
    {"author": "Ben", "text": "really bad"},
    {"author": "Ann", "text": "no"},
]


@pytest.mark.parametrize("wide", [0, 1])
def test_spans_of_dialogues_count_inside_their_paragraphs(wide, tmp_path):
    first = [
        turn_mark(0, 9 + wide, 0, 13 + wide, "good"),
        # Inside a text without emoji every count is the same; its place in the whole is not.
        turn_mark(1, 7, 1, 10, "bad"),
        chose("a"),
    ]
    second = [turn_mark(1, 7, 2, 2, "bad\n\nno"), chose("a")]
    found, corpus = read(tmp_path, task(1, TURNS, first, second), annotators="union")
    assert found["1"].words == ("It", "was", "😀", "good", "really", "bad", "no")
    assert words_of(found["1"]) == ["good", "bad no"]
    assert [one.annotator for one in found["1"].annotations] == ["1", "2"]
    assert any("UTF-16" in note for note in corpus.notes) == bool(wide)


@pytest.mark.parametrize(
    ("text", "mark", "message"),
    [
        (TURNS, turn_mark(1, 7, 1, 7, ""), r"item 1 \(1\): .*is negative, empty or reversed"),
        (TURNS, turn_mark(2, 0, 1, 7, ""), r"item 1 \(1\): .*is negative, empty or reversed"),
        (TURNS, turn_mark("x", 0, 1, 7, ""), r"item 1 \(1\): .*is negative, empty or reversed"),
        (TURNS, turn_mark(1, 0, 3, 7, "x"), r"span from paragraph 1 to 3, but there are 3"),
        (TURNS, turn_mark(1, 0, 1, 99, "x"), r"\[0, 99\] lies outside the text, .* \(10 characters\)"),
        (TURNS, turn_mark(1, 0, 1, 3, "x"), r"has the text 'x', but there stands 'rea'"),
        ([{"author": "Ann"}], turn_mark(0, 0, 0, 1, "x"), r"text: paragraph 0 has no text"),
        (HTML, html_mark(3, 99, "x"), r"\[3, 99\] lies outside the text"),
        (HTML, html_mark(9, 3, "x"), r"\[9, 3\] is negative, empty or reversed"),
        ("<p> </p>", html_mark(0, 1, " "), r"text \(without tags\) is empty"),
    ],
)
def test_bad_places_are_named(text, mark, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(tmp_path, task(1, text, [mark, chose("a")]))


@pytest.mark.parametrize(
    ("results", "marked"),
    [
        ([], "label"),
        ([chose("a")], []),
        ([chose("a"), {"type": "textarea", "value": {"text": ["fine"]}}], []),
        ([chose("a"), labelled("rectanglelabels", {"x": 1})], None),
        ([chose("a"), labelled("labels", {"start": "/p[1]", "end": "/p[1]", "startOffset": 1})], None),
        ([chose("a"), labelled("labels", GOOD), labelled("brushlabels", {})], ["good"]),
        ([chose("a"), labelled("labels", GOOD, control="other")], []),
        ([chose("a"), labelled("labels", GOOD, label="NOT")], []),
        ([chose("a"), labelled("labels", GOOD, label=["WHY"])], []),
        ([chose("a"), labelled("labels", GOOD | {"labels": 1.5})], []),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_not_taken_for_nothing_marked(results, marked, tmp_path):
    more = {"rationale_column": "why", "rationale_labels": ["WHY"]}
    found, corpus = read(tmp_path, task(1, "good plot", results), **more)
    warned = [one for one in corpus.warnings if "no span was understood" in one]
    if marked == "label":
        assert "1 task without a class that most annotators gave left out." in corpus.notes
        return
    assert words_of(found["1"]) == marked
    assert len(warned) == (marked is None)
    if marked is None:
        assert warned[0].startswith("1 annotation of which")
        assert any(note.startswith("1 result of type") for note in corpus.notes)


def test_a_class_known_beforehand_and_only_strange_results(tmp_path):
    tasks = [task(1, "good", [{"type": "rating", "value": {"rating": 3}}]), task(2, "fine", [])]
    for one in tasks:
        one["data"]["mood"] = "a"
    others = [
        task(f"z{n}", f"other {n}", [chose(label)], part=part) for n, (label, part) in enumerate(SPLITS)
    ]
    path = write_list(tmp_path / "own.json", [*tasks, *others])
    found, _ = load("label-studio", path, split_column="part", label_column="mood")
    assert (words_of(found["1"]), words_of(found["2"])) == (None, [])


def rows(kind):
    """Rows of JSON_MIN (or, with text in cells, of CSV)."""

    def row(number, text, mood, marks, who=1, part="train"):
        spans = [
            {"start": start, "end": end, "text": given, "labels": ["WHY"]} for start, end, given in marks
        ]
        cells = {"id": number, "text": text, "part": part, "mood": mood, "label": spans,
                 "annotator": who, "annotation_id": 10 * who, "lead_time": 1.5}  # fmt: skip
        if not marks:
            del cells["label"]
        if kind == "csv":
            cells["label"] = json.dumps(cells.get("label", "")) if marks else ""
        return cells

    good, bad = (3, 7, "good"), (14, 17, "bad")
    wide = "😀 good plot, bad"
    others = [row(90 + n, f"other {n}", label, [], part=part) for n, (label, part) in enumerate(SPLITS)]
    people = (("a", [good, bad]), ("a", [good]), ("b", []))
    return [*(row(1, wide, mood, marks, n) for n, (mood, marks) in enumerate(people, 1)), *others]


def write_rows(folder, kind):
    records = rows(kind)
    if kind == "json":
        records[0]["mood"] = {"choices": ["a"]}
        return write_list(folder / "own.json", records)
    path = folder / "own.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_flat_exports_have_a_row_per_annotator(kind, tmp_path):
    path = write_rows(tmp_path, kind)
    assert reader_of(path).name == "label-studio"
    found, corpus = load("label-studio", path, label_column="mood", split_column="part")
    assert found["1"].words == ("😀", "good", "plot", ",", "bad")
    assert (found["1"].label, words_of(found["1"])) == ("a", ["good"])
    assert found["1"].shares == (0, 2 / 3, 0, 0, 1 / 3)
    assert [one.annotator for one in found["1"].annotations] == ["1", "2", "3"]
    assert words_of(found["90"]) == []
    assert any("UTF-16" in note for note in corpus.notes)
    with pytest.raises(
        InputError, match=r"no task .* name the control of the choice, .*data.label_column"
    ):
        load("label-studio", path)


def test_a_plain_table_stays_a_plain_table(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("text,label\ngood,a\nbad,b\n", encoding="utf-8")
    assert reader_of(path).name == "file"


def test_rows_of_one_id_have_one_text(tmp_path):
    records = rows("json")
    records[1]["text"] = "another"
    path = write_list(tmp_path / "own.json", records)
    with pytest.raises(InputError, match=r"item 2 \(1\): another text than at .*item 1 \(1\)"):
        load("label-studio", path, label_column="mood")
