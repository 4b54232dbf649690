"""Own files whose labels are values, or any number of labels per text."""

import json

import pytest

from workbench.config.data import DataSettings
from workbench.core.task_type import MultiLabel, Regression
from workbench.data.cards import data_card
from workbench.data.corpus import load_corpus
from workbench.data.writers.convert import convert
from workbench.errors import InputError

FOUR = [["joy"], ["anger", "joy"], [], ["anger"]]
SPLITS = ["train", "train", "train", "test"]


def settings(path, **more):
    values = {"source": "file", "path": str(path), "rationales": "none", "split_column": "part"}
    return DataSettings(**(values | {"task": "multi-label"} | more))


def write_lines(folder, labels):
    """JSON lines of one text per label."""
    rows = [
        {"text": f"text {number}", "label": label, "part": SPLITS[number]}
        for number, label in enumerate(labels)
    ]
    path = folder / "texts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_cells(folder, header, cells):
    """A CSV file of one text per row of cells."""
    rows = [f"text {n},{SPLITS[n]},{cell}" for n, cell in enumerate(cells)]
    path = folder / "texts.csv"
    path.write_text("\n".join([f"text,part,{header}", *rows]) + "\n", encoding="utf-8")
    return path


def labels_in(corpus):
    return [document.label for members in corpus.splits.values() for document in members]


@pytest.mark.parametrize(
    ("header", "cells", "more"),
    [
        ("label", ["joy", "anger; joy", "", "anger"], {"label_separator": ";"}),
        ("label", ['"[""joy""]"', '"[""anger"", ""joy""]"', "[]", '"[""anger""]"'], {}),
        ("joy,anger", ["1,0", "1,1", "0,0", "0,1"], {"label_columns": ["anger", "joy"]}),
        ("joy,anger", ["True,0.0", "true,1", "FALSE,0", "0,1.0"], {"label_columns": ["anger", "joy"]}),
    ],
)
def test_every_form_gives_the_same_labels(tmp_path, header, cells, more):
    corpus = load_corpus(settings(write_cells(tmp_path, header, cells), **more))
    lists = load_corpus(settings(write_lines(tmp_path, FOUR)))
    for one in (corpus, lists):
        assert one.labels == ("anger", "joy")
        assert isinstance(one.task_type, MultiLabel)
        sets = [one.task_type.target(label) for label in labels_in(one)]
        assert sets == [(0, 1), (1, 1), (0, 0), (1, 0)]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([["joy"], "anger", [], []], r"texts\.jsonl:2: label is str, not a list of labels"),
        (
            [["joy"], ["anger", "anger"], [], []],
            r":2: label: the label 'anger' is there twice",
        ),
        ([["joy"], ["an|ger"], [], []], r"texts\.jsonl:2: label: the label 'an\|ger' holds '\|'"),
        ([["joy"], [["anger"]], [], []], r"texts\.jsonl:2: label is list, not one name"),
        ([["joy"], [], [], ["fear"]], r"texts\.jsonl:4: unknown label 'fear' \(train has joy\)"),
        ([["joy"], ["joy"], ["joy"], []], "two texts with different labels, found 'joy' in 3 texts"),
    ],
)
def test_wrong_lists_are_refused_by_line(tmp_path, labels, message):
    with pytest.raises(InputError, match=message):
        load_corpus(settings(write_lines(tmp_path, labels)))


def test_a_list_where_text_is_split_is_refused(tmp_path):
    path = write_lines(tmp_path, ["joy", ["anger"], "", "joy"])
    with pytest.raises(InputError, match=r"texts\.jsonl:2: label is list, not text with ';' between"):
        load_corpus(settings(path, label_separator=";"))


@pytest.mark.parametrize("cell", ["2", "yes", "", "0.5"])
def test_a_column_of_a_label_holds_0_or_1(tmp_path, cell):
    path = write_cells(tmp_path, "joy,anger", ["1,0", f"{cell},1", "0,0", "0,1"])
    with pytest.raises(InputError, match=r"row 2: joy is .*, neither 0 nor 1"):
        load_corpus(settings(path, label_columns=["joy", "anger"]))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"task": None, "label_separator": ";"}, "data.label_separator is for data.task 'multi-label'"),
        ({"label_separator": ";", "label_columns": ["a"]}, "labels stand in one or the other"),
        ({"label_separator": ""}, "data.label_separator is empty"),
        ({"label_columns": ["a", "a"]}, "at least one column, and each once"),
        ({"label_columns": ["joy", "fear"]}, "no column joy, fear"),
        ({"annotator_column": "part"}, "joined by majority"),
        ({"rationales": "valence"}, "needs two classes, and data.task is 'multi-label'"),
        ({"task": "regression"}, "label is list, not one name or number"),
        ({"task": "classification"}, r"no label that most annotators gave: .*data.task=multi-label"),
    ],
)
def test_settings_that_do_not_fit(tmp_path, more, message):
    path = write_lines(tmp_path, [["a"], ["a", "b"], ["b"], ["a"]])
    with pytest.raises(InputError, match=message):
        load_corpus(settings(path, **more))


def test_a_source_with_labels_of_its_own_takes_no_other_task():
    packaged = DataSettings(source="rotten-tomatoes", rationales="none", task="regression")
    with pytest.raises(InputError, match=r"data\.task is 'regression', but data\.source 'rotten-tom"):
        load_corpus(packaged)


def test_values_of_an_own_column(tmp_path):
    path = write_cells(tmp_path, "stars", ["1", "2.5", "-3e-1", "4.50000001"])
    corpus = load_corpus(settings(path, task="regression", label_column="stars"))
    assert corpus.labels == ("stars",)
    assert isinstance(corpus.task_type, Regression)
    assert labels_in(corpus) == ["1", "2.5", "-0.3", "4.5"]
    assert data_card(corpus).classes.loc["train", ["min", "max"]].tolist() == [-0.3, 2.5]


@pytest.mark.parametrize("cell", ["many", "nan", "inf", "-Infinity", ""])
def test_what_is_no_finite_number_is_refused_by_row(tmp_path, cell):
    path = write_cells(tmp_path, "stars", ["1", cell, "2", "3"])
    with pytest.raises(InputError, match=r"row 2: stars is"):
        load_corpus(settings(path, task="regression", label_column="stars"))


def test_values_taken_for_classes_are_warned_about_and_stay_classes(tmp_path):
    path = write_lines(tmp_path, ["1.5", "2.25", "3.75", "1.5"])
    corpus = load_corpus(settings(path, task=None))
    assert corpus.task_type.kind == "classification"
    assert any("data.task=regression" in warning for warning in corpus.warnings)


def test_the_card_counts_labels_and_texts_without(tmp_path):
    card = data_card(load_corpus(settings(write_lines(tmp_path, FOUR))))
    assert card.classes.loc["train"].to_dict() == {"anger": 1, "joy": 2, "(no label)": 1}
    assert "labels with fewer than 5 training texts: anger 1, joy 2." in card.warnings
    assert "test has no text of the label joy." in card.warnings


@pytest.mark.parametrize("task", ["multi-label", "regression"])
def test_a_conversion_reads_back_the_same(tmp_path, task):
    labels = FOUR if task == "multi-label" else [1.5, 2, 3, 4]
    how = settings(write_lines(tmp_path, labels), task=task)
    corpus = load_corpus(how)
    convert(corpus, how, "jsonl", tmp_path / "out")
    path = tmp_path / "out" / "texts.jsonl"
    again = load_corpus(settings(path, task=task, split_column="split", id_column="id"))
    assert (again.labels, labels_in(again)) == (corpus.labels, labels_in(corpus))


def test_a_conversion_tells_that_a_value_has_another_name(tmp_path):
    path = write_cells(tmp_path, "stars", ["1", "2", "3", "4"])
    how = settings(path, task="regression", label_column="stars")
    record = convert(load_corpus(how), how, "jsonl", tmp_path / "out")
    assert record["notes"] == ["The value's name is not kept: read back, it is 'label' ('stars' here)."]


@pytest.mark.parametrize("form", ["eraser", "label-studio"])
def test_forms_of_one_class_do_not_take_several_labels(tmp_path, form):
    how = settings(write_lines(tmp_path, FOUR))
    with pytest.raises(InputError, match=r"jsonl .*several labels, and here a text has any number"):
        convert(load_corpus(how), how, form, tmp_path / "out")
    assert not (tmp_path / "out").exists()
