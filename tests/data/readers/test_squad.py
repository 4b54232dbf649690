"""SQuAD's form: answers as rationales, questions without one, one class in 1.1, and the real XQuAD."""

import gzip
import json
import os
from pathlib import Path

import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Span
from workbench.data.corpus import load_corpus
from workbench.data.sources import data_settings
from workbench.errors import InputError

CONTEXT = "The mill burnt in 1911, and the bridge fell in 1920."


def answer(text, start=None):
    return {"text": text, "answer_start": CONTEXT.index(text) if start is None else start}


def asked(name, question, *answers, **more):
    return {"id": name, "question": question, "answers": list(answers)} | more


def write(path, *questions, context=CONTEXT):
    value = {
        "version": "x",
        "data": [{"title": "t", "paragraphs": [{"context": context, "qas": questions}]}],
    }
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    return path


def load(path, training=False, **more):
    settings = DataSettings(source="squad", path=str(path), rationales="annotated", **more)
    return load_corpus(settings, training=training)


YEAR = asked("y", "When did the mill burn?", answer("1911"))
NONE = asked("n", "Who built the mill?", is_impossible=True)


def test_answers_are_marked_in_the_passage(tmp_path):
    three = asked("b", "What fell?", *map(answer, ("the bridge", "bridge", "bridge fell")))
    corpus = load(write(tmp_path / "one.json", YEAR, NONE, three))
    found = {d.id: d for members in corpus.splits.values() for d in members}
    assert corpus.labels == ("answerable", "unanswerable")
    assert found["y"].words[:5] == ("The", "mill", "burnt", "in", "1911")
    assert found["y"].second == ("When", "did", "the", "mill", "burn", "?")
    assert (found["y"].label, found["y"].rationale) == ("answerable", (Span(4, 5),))
    assert (found["n"].label, found["n"].rationale) == ("unanswerable", ())
    # "the" by one of three, "bridge" by all, "fell" by one.
    assert found["b"].rationale == (Span(8, 9),)
    assert found["b"].shares[7:10] == (1 / 3, 1.0, 1 / 3)
    assert corpus.counts["mismatching_spans"] == {"train": 0}
    (union,) = [
        d for m in load(tmp_path / "one.json", annotators="union").splits.values() for d in m
        if d.id == "b"
    ]  # fmt: skip
    assert union.rationale == (Span(7, 10),)


def test_questions_on_one_passage_stay_in_one_split(tmp_path):
    paragraphs = [
        {
            "context": f"Passage number {p} is here.",
            "qas": [
                asked(f"{p}-{q}", f"Question {q}?", *([answer("here", 21 + (p > 9))] if q % 2 else []))
                for q in range(4)
            ],
        }
        for p in range(40)
    ]
    for paragraph in paragraphs:
        for question in paragraph["qas"]:
            for one in question["answers"]:
                one["answer_start"] = paragraph["context"].index("here")
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), encoding="utf-8")
    corpus = load(path, training=True)
    passages = {split: {d.id.split("-")[0] for d in members} for split, members in corpus.splits.items()}
    assert all(passages.values())
    assert sum(map(len, passages.values())) == 40


def test_one_class_is_refused_for_training_and_can_be_read(tmp_path):
    write(tmp_path / "train-v1.1.json", YEAR)
    write(tmp_path / "dev-v1.1.json", asked("z", "Which year?", answer("1920")))
    with pytest.raises(InputError, match=r"found 'answerable' in 1 text; SQuAD 1\.1 has no questions"):
        load(tmp_path, training=True)
    corpus = load(tmp_path)
    assert [len(corpus.splits[split]) for split in ("train", "dev", "test")] == [1, 1, 0]
    assert corpus.labels == ("answerable", "unanswerable")


def test_answers_elsewhere_are_refused_or_kept(tmp_path):
    path = write(tmp_path / "one.json", asked("y", "When?", answer("1911", 4)), NONE)
    with pytest.raises(
        InputError, match=r"y: span \[4, 8\] has the text '1911', but there stands 'mill"
    ):
        load(path)
    assert load(path, mismatches="keep").counts["mismatching_spans"] == {"train": 1}


def test_the_form_is_recognised(tmp_path):
    path = write(tmp_path / "one.json", YEAR)
    packed = tmp_path / "one.json.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for file in (path, packed):
        assert data_settings(str(file)).source == "squad"
    other = tmp_path / "rows.json"
    other.write_text('[{"text": "a", "label": "b"}]', encoding="utf-8")
    assert data_settings(str(other)).source == "file"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], r"expected a JSON object, got list"),
        ({"a": 1}, r"one\.json: no list of data"),
        ({"data": [{}]}, r"article 1: no list of paragraphs"),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, r"article 1, paragraph 1: context is missing"),
        ({"data": []}, r"holds no questions"),
    ],
)
def test_bad_files_are_named(value, message, tmp_path):
    path = tmp_path / "one.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        load(path)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (asked("q", "When?", {"text": "x"}), r"q: answer 1: expected text and answer_start"),
        (asked("q", "When?", answer("x", 999)), r"q: span \[999, 1000\] lies outside the text"),
        (asked("q", "When?", is_impossible=False), r"q: is_impossible beside 0 answers"),
        (asked("q", " "), r"q: question is empty"),
        (asked(None, "When?"), r"paragraph 1: id is missing"),
        (3, r"paragraph 1: a question that is no object"),
    ],
)
def test_bad_questions_are_named(question, message, tmp_path):
    with pytest.raises(InputError, match=message):
        load(write(tmp_path / "one.json", question))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_real_questions(language):
    default = Path(__file__).parents[4] / "shared" / "data" / "qa"
    folder = Path(os.environ.get("WORKBENCH_XQUAD", default))
    path = folder / f"xquad.{language}.json.gz"
    if not path.exists():
        pytest.skip("XQuAD is not here: set WORKBENCH_XQUAD to the folder of its files")
    corpus = load(path)
    documents = corpus.splits["train"]
    assert len(documents) == 1190
    assert corpus.counts["mismatching_spans"] == {"train": 0}
    assert all(document.evidence for document in documents)
    raw = json.loads(gzip.decompress(path.read_bytes()))
    answers = {
        q["id"]: q["answers"][0]["text"]
        for a in raw["data"] for p in a["paragraphs"] for q in p["qas"]
    }  # fmt: skip
    for document in documents:
        # Words are whole, so they may hold more than the answer, never less.
        marked = "".join("".join(document.words[s.start : s.end]) for s in document.evidence)
        assert "".join(answers[document.id].split()) in marked
