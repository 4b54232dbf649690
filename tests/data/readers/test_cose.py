"""CoS-E: a row per possible answer, marked passages of the question, files joined by id."""

import json

import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Span
from workbench.data.corpus import load_corpus
from workbench.data.sources import data_settings
from workbench.errors import InputError

STEM = "Where would a cold cat sleep in winter?"


def asked(name, stem=STEM, right="B", **more):
    choices = [{"label": key, "text": text} for key, text in (("A", "river"), ("B", "near the stove"))]
    return {"id": name, "question": {"stem": stem, "choices": choices}, "answerKey": right} | more


def why(selected):
    return {"explanation": {"open-ended": "warm there", "selected": selected}}


def write(path, *records):
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return path


def load(path, training=False, **more):
    settings = DataSettings(source="cose", path=str(path), rationales="annotated", **more)
    return load_corpus(settings, training=training)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "cose_train_v1.11.jsonl", asked("q1", **why("cold cat")), asked("q2", "Why run?"))
    write(tmp_path / "cose_dev_v1.11.jsonl", asked("q3", "Which one is cold?", "A", **why("")))
    own = {"id": "q4", "question": "Which?", "choices": ["one", "two"], "answer": "two",
           "extractive_explanation": "Which"}  # fmt: skip
    write(tmp_path / "cose_test.jsonl", own)
    return tmp_path


def test_a_row_for_each_answer(folder):
    corpus = load(folder)
    assert corpus.labels == ("false", "true")
    wrong, right, *_ = corpus.splits["train"]
    assert (wrong.id, wrong.label, wrong.second) == ("q1-A", "false", ("river",))
    assert (right.id, right.label, right.second) == ("q1-B", "true", ("near", "the", "stove"))
    assert right.words == ("Where", "would", "a", "cold", "cat", "sleep", "in", "winter", "?")
    assert right.rationale == (Span(3, 5),)
    # Nobody marked why a wrong answer is wrong.
    assert wrong.rationale is None
    assert [d.rationale for d in corpus.splits["dev"]] == [None, None]
    assert [(d.id, d.label, d.rationale) for d in corpus.splits["test"]] == [
        ("q4-1", "false", None),
        ("q4-2", "true", (Span(0, 1),)),
    ]


def test_questions_and_explanations_in_files_of_their_own(tmp_path):
    write(tmp_path / "dev_rand_split.jsonl", asked("q1"), asked("q2", right=None))
    write(tmp_path / "cose_dev.jsonl", {"id": "q1"} | why("cold"))
    corpus = load(tmp_path)
    assert [d.rationale for d in corpus.splits["dev"]] == [None, (Span(3, 4),)]
    assert "1 question without the right answer left out." in corpus.notes
    write(tmp_path / "cose_dev.jsonl", {"id": "q9"} | why("cold"))
    with pytest.raises(InputError, match=r"q9: no question; CoS-E's explanations need CommonsenseQA's"):
        load(tmp_path)


def test_answers_to_one_question_stay_in_one_split(tmp_path):
    path = write(tmp_path / "all.jsonl", *(asked(f"q{n}", f"What is {n} for?") for n in range(60)))
    corpus = load(path, training=True)
    sizes = {split: len(members) for split, members in corpus.splits.items()}
    assert sum(sizes.values()) == 120
    for members in corpus.splits.values():
        assert members
        assert 2 * len({d.id.split("-")[0] for d in members}) == len(members)


def test_passages_that_are_not_in_the_question(tmp_path):
    path = write(tmp_path / "cose.jsonl", asked("q1", **why("hot dog")))
    with pytest.raises(InputError, match=r"cose\.jsonl:1: q1: the quote 'hot dog' is not in the text"):
        load(path)
    corpus = load(path, mismatches="keep")
    assert "1 quote not in its text left out." in corpus.notes


def test_the_form_is_recognised(folder):
    assert data_settings(str(folder)).source == "cose"
    for name in ("cose_train_v1.11.jsonl", "cose_test.jsonl"):
        assert data_settings(str(folder / name)).source == "cose"
    assert data_settings(str(write(folder / "own.jsonl", {"text": "a", "label": "b"}))).source == "file"


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([asked("q", right="Z")], r"q: the answer 'Z' is none of the choices"),
        ([asked(None)], r"cose\.jsonl:1: id is missing"),
        ([asked("q", stem=" ")], r"q: question is empty"),
        ([asked("q"), asked("q")], r":2: 'q' has answerKey, question already, at .*cose\.jsonl:1"),
        ([{"id": "q", "question": "Why?"}], r"q: no list of choices"),
    ],
)
def test_bad_records_are_named(records, message, tmp_path):
    with pytest.raises(InputError, match=message):
        load(write(tmp_path / "cose.jsonl", *records))
