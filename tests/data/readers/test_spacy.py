"""spaCy's training data: pairs and documents, groups of spans, and which class is meant."""

import pytest

from tests.helpers.exports import load, settings, words_of, write_lines, write_list
from workbench.data.readers.spacy import load_spacy
from workbench.data.recognising import reader_of
from workbench.errors import InputError

TEXT = "😀 good plot, bad acting"
GOOD, BAD = [2, 6, "WHY"], [13, 16, "NOT"]
CATS = {"POS": 1.0, "NEG": 0.0}


def others():
    return [
        [f"other {n}", {"cats": {"POS": float(n % 2), "NEG": 1.0 - n % 2}, "part": part}]
        for n, part in enumerate(("train", "train", "dev", "test"))
    ]


def read(folder, inner, text=TEXT, **more):
    path = write_list(folder / "own.json", [[text, {"cats": CATS, "part": "train"} | inner], *others()])
    found, corpus = load("spacy", path, split_column="part", **more)
    return found["row-1"], corpus


@pytest.mark.parametrize(
    ("inner", "more", "marked"),
    [
        ({"entities": [GOOD, BAD]}, {}, ["good", "bad"]),
        ({"entities": [GOOD, BAD]}, {"rationale_labels": ["NOT"]}, ["bad"]),
        ({"entities": [GOOD], "spans": {"why": [[*BAD, "Q1"]]}}, {}, ["good", "bad"]),
        ({"entities": [GOOD], "spans": {"why": [BAD]}}, {"rationale_column": "why"}, ["bad"]),
        ({"entities": [GOOD], "spans": {"why": [BAD]}}, {"rationale_column": "entities"}, ["good"]),
        ({"entities": []}, {}, []),
        ({"spans": {}}, {}, []),
        ({}, {}, None),
        ({"entities": [GOOD]}, {"rationale_column": "why"}, None),
    ],
)
def test_pairs_with_entities_and_groups_of_spans(inner, more, marked, tmp_path):
    document, corpus = read(tmp_path, inner, **more)
    assert document.words == ("😀", "good", "plot", ",", "bad", "acting")
    assert (document.label, words_of(document)) == ("POS", marked)
    # Python counts characters: nobody need be warned of browsers.
    assert not any("UTF-16" in warning for warning in corpus.warnings)


@pytest.mark.parametrize("write", [write_lines, write_list])
def test_documents_as_objects(write, tmp_path):
    ents = [{"start": 2, "end": 6, "label": "WHY"}]
    more = {"spans": {"sc": [{"start": 13, "end": 16, "label": "WHY", "kb_id": ""}]}}
    documents = [{"id": "a", "text": TEXT, "ents": ents, "cats": CATS, "tokens": []}, more]
    first = documents[0] | documents[1]
    records = [first, *({"text": text} | inner for text, inner in others())]
    records[0]["part"] = "train"
    path = write(tmp_path / ("own.jsonl" if write is write_lines else "own.json"), records)
    assert reader_of(path).name == "spacy"
    found, _ = load("spacy", path, split_column="part")
    assert words_of(found["a"]) == ["good", "bad"]
    first["spans"] = [{"start": 7, "end": 11, "label": "WHY"}]
    found, _ = load("spacy", write(path, records), split_column="part")
    assert words_of(found["a"]) == ["good", "plot"]


def test_a_column_of_its_own_may_name_the_class(tmp_path):
    document, _ = read(tmp_path, {"gold": "NEG"}, label_column="gold")
    assert document.label == "NEG"


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (
            {"cats": {"POS": 0.5, "NEG": 0.2}},
            r"item 1: cats has no one class above 0.5, .* POS with 0.5",
        ),
        ({"cats": {"POS": 1, "NEG": 1}}, r"item 1: cats has no one class .* is POS, NEG with 1"),
        ({"cats": {"POS": float("nan")}}, r"item 1: cats has no one class above 0.5"),
        ({"cats": {}}, r"item 1: cats has no one class above 0.5, the highest is none"),
        ({"cats": None}, r"item 1: cats is missing, and so is the column label"),
        ({"cats": {"POS": "yes"}}, r"item 1: cats holds other values than numbers"),
        ({"entities": ["O", "U-WHY"]}, r"item 1: entities is no list of spans"),
        ({"entities": [[2, 99, "WHY"]]}, r"item 1: .*\[2, 99\] of 'row-1' lies outside"),
        ({"entities": [[6, 2, "WHY"]]}, r"item 1: .*\[6, 2\] is negative, empty or reversed"),
    ],
)
def test_bad_items_are_named(inner, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read(tmp_path, inner)


def test_other_lists_are_refused_as_before(tmp_path):
    path = write_list(tmp_path / "own.json", [[TEXT, {"cats": CATS}], [TEXT]])
    assert reader_of(path).name == "spacy"
    with pytest.raises(InputError, match=r"own.json, item 2: expected a JSON object, got list"):
        load_spacy(settings("spacy", path))
    with pytest.raises(InputError, match=r"own.json, item 1: expected a JSON object, got list"):
        load("file", path)
