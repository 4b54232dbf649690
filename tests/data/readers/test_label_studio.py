"""Label Studio's export: spans, classes, several annotators, and what can be wrong with it."""

import json

import pytest

from workbench.config.data import DataSettings
from workbench.data.corpus import load_corpus
from workbench.data.readers.label_studio import load_label_studio
from workbench.errors import InputError

TEXT = "good plot, bad acting"


def span(start, end, text=None, control="why"):
    value = {"start": start, "end": end, "labels": ["Rationale"]}
    if text is not None:
        value["text"] = text
    return {"type": "labels", "from_name": control, "to_name": "text", "value": value}


def chose(label, control="sentiment"):
    value = {"choices": [label] if isinstance(label, str) else label}
    return {"type": "choices", "from_name": control, "to_name": "text", "value": value}


def task(number, *people, text=TEXT, **data):
    annotations = [{"id": 1, "result": list(results), "was_cancelled": False} for results in people]
    return {"id": number, "data": {"text": text} | data, "annotations": annotations, "predictions": []}


def write(folder, *tasks):
    path = folder / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def load(path, **more):
    return load_corpus(
        DataSettings(source="label-studio", path=str(path), rationales="annotated", **more)
    )


def table(path, **more):
    return load_label_studio(
        DataSettings(source="label-studio", path=str(path), rationales="annotated", **more)
    )


def test_spans_become_words_and_choices_the_class(tmp_path):
    folds = [("neg", "train"), ("pos", "train"), ("neg", "val"), ("pos", "test")]
    both = [span(0, 4, "good"), span(11, 21, "bad acting")]
    tasks = [
        task(n, [*both, chose(label)], text=f"{TEXT} {n}", fold=fold)
        for n, (label, fold) in enumerate(folds)
    ]
    corpus = load(write(tmp_path, *tasks), split_column="fold")
    assert corpus.labels == ("neg", "pos")
    first = corpus.splits["train"][0]
    assert first.id == "0"
    assert first.words == ("good", "plot", ",", "bad", "acting", "0")
    assert [(s.start, s.end) for s in first.rationale] == [(0, 1), (3, 5)]
    assert [d.label for d in corpus.splits["dev"] + corpus.splits["test"]] == ["neg", "pos"]
    assert corpus.counts["mismatching_spans"] == {"train": 0, "dev": 0, "test": 0}


def decided(path, **more):
    """The words that are marked, and the corpus, of tasks beside two of a class of their own."""
    others = [task(f"z{label}", [chose(label)], text=f"other {label}") for label in "abcd"]
    tasks = [*json.loads(path.read_text(encoding="utf-8")), *others]
    for one in tasks:
        one["data"]["fold"] = "train"
    write(path.parent, *tasks)
    corpus = load(path, split_column="fold", **more)
    return marked_words(corpus.splits["train"][0]), corpus


def marked_words(document):
    return [document.words[span.start : span.end] for span in document.rationale]


def test_majority_and_union_of_three_people(tmp_path):
    people = ([span(0, 4), chose("a")], [span(0, 9), chose("a")], [span(11, 14), chose("b")])
    path = write(tmp_path, task(1, *people))
    (row,) = table(path).rows["train"]
    assert row.label == "a"
    assert [one.spans for one in row.annotations] == [((0, 4),), ((0, 9),), ((11, 14),)]
    assert [one.annotator for one in row.annotations] == ["1", "2", "3"]
    assert decided(path)[0] == [("good",)]
    path = write(tmp_path, task(1, *people))
    words, corpus = decided(path, annotators="union")
    assert words == [("good", "plot"), ("bad",)]
    assert corpus.splits["train"][0].shares == (2 / 3, 1 / 3, 0, 1 / 3, 0)
    # "good" by both, "plot" by one of two: a tie, and no majority.
    words, corpus = decided(write(tmp_path, task(1, *people[:2])))
    assert words == [("good",)]
    assert corpus.counts["tied_words"] == {"train": 1, "dev": 0, "test": 0}
    assert any(note.startswith("1 text with several annotators") for note in corpus.notes)


def test_annotators_have_their_names(tmp_path):
    one = task(1, [span(0, 4), chose("a")], [span(5, 9), chose("a")], [chose("a")])
    for annotation, name in zip(one["annotations"], (7, {"id": 3, "email": "ann@x"}, 7), strict=True):
        annotation["completed_by"] = name
    path = write(tmp_path, one)
    (row,) = table(path).rows["train"]
    assert [named.annotator for named in row.annotations] == ["7", "ann@x", "7 (2)"]
    assert decided(path, annotators="ann@x")[0] == [("plot",)]


def test_what_is_left_out_is_counted(tmp_path):
    cancelled = task(3, [chose("a")])
    cancelled["annotations"][0]["was_cancelled"] = True
    tasks = [task(1, [chose("a")], [chose("b")]), task(2), cancelled, task(4, [chose("a")])]
    found = table(write(tmp_path, *tasks))
    assert [row.id for row in found.rows["train"]] == ["4"]
    # Annotated, and nothing marked.
    assert found.rows["train"][0].annotations[0].spans == ()
    assert "2 tasks without annotation left out." in found.notes
    assert "1 task without a class that most annotators gave left out." in found.notes


def test_results_that_say_nothing_are_counted(tmp_path):
    odd = [{"value": {"start": 0}}, None, {"type": "labels", "value": None}, {"type": "textarea"}]
    people = [span(0, 4), chose("a"), span(5, 9, control="other"), *odd]
    cancelled = {"id": 2, "result": [], "was_cancelled": True}
    one = task(1, people)
    one["annotations"].append(cancelled)
    found = table(write(tmp_path, one), rationale_column="why")
    assert found.rows["train"][0].annotations[0].spans == ((0, 4),)
    assert found.notes == [
        "1 cancelled annotation left out.",
        "1 result of type 'labels' of other controls not used.",
        "1 result of type 'labels' without a value not used.",
        "1 result of type 'textarea' not used.",
        "2 results without a type not used.",
    ]
    with pytest.raises(InputError, match=r"sentiment has two choices, \['a'\] and \['b'\]"):
        table(write(tmp_path, task(1, [chose("a"), chose("b")])))


def test_a_class_known_beforehand_and_one_of_several_controls(tmp_path):
    path = write(tmp_path, task(1, [span(0, 4), span(5, 9, control="other")], label=3.0))
    (row,) = table(path, rationale_column="why").rows["train"]
    assert (row.label, row.annotations[0].spans) == ("3", ((0, 4),))
    both = task(1, [chose("a", "sentiment"), chose("x", "topic")])
    assert table(write(tmp_path, both), label_column="topic").rows["train"][0].label == "x"
    with pytest.raises(InputError, match=r"item 1 \(1\): several choices \(sentiment, topic\)"):
        table(tmp_path / "export.json")


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (
            [task(7, [span(4, 4), chose("a")])],
            r"item 1 \(7\): rationale span \[4, 4\] is negative, empty",
        ),
        ([task(7, [span(9, 4), chose("a")])], r"item 1 \(7\): rationale span \[9, 4\] is .*reversed"),
        (
            [task(7, [span(0, 99), chose("a")])],
            r"item 1 \(7\): span \[0, 99\] lies outside the text, .* \(21 characters\)",
        ),
        ([task(7, [span("0", 4), chose("a")])], r"is not a pair of whole numbers"),
        ([task(7, [chose(["a", "b"])])], r"the chosen class is not one but \['a', 'b'\]"),
        ([task(7, [chose("a")], text=" ")], r"text is empty or holds only spaces"),
        ([{"id": 1, "text": "x", "label": []}], r"no task of the export has an annotation with a class"),
        ([{"id": 1, "data": {"text": "x"}}], r"no list of annotations"),
        ([task(None, [chose("a")])], r"item 1: id is missing"),
        ([task(2)], r"no task of the export has an annotation with a class"),
    ],
)
def test_bad_exports_are_named_by_task(tasks, message, tmp_path):
    with pytest.raises(InputError, match=message):
        table(write(tmp_path, *tasks))


def test_mismatches_are_refused_or_kept_and_counted(tmp_path):
    wrong = task(7, [span(0, 4, "bad"), chose("a")])
    with pytest.raises(InputError, match=r"item 1 \(7\): .*\[0, 4\] has the text 'bad', but .* 'good'"):
        decided(write(tmp_path, wrong))
    words, found = decided(write(tmp_path, wrong), mismatches="keep")
    assert words == [("good",)]
    assert found.counts["mismatching_spans"] == {"train": 1}
    assert "1 span of another text than given, kept by offset." in found.notes


def test_settings_that_cannot_be_met_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"needs data.path"):
        load_label_studio(DataSettings(source="label-studio"))
    with pytest.raises(InputError, match=r"reads single texts"):
        table(write(tmp_path, task(7)), second_column="other")
    with pytest.raises(InputError, match=r"fold 'x' is none of train, dev, test"):
        table(write(tmp_path, task(7, [chose("a")], fold="x")), split_column="fold")
