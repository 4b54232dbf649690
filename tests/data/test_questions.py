"""SQuAD's files as questions: answers at their places, splits by article, and the real XQuAD."""

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.tokenizers import trained
from workbench.config.data import DataSettings
from workbench.core.questions import Answer
from workbench.core.span_search import SpanSearch
from workbench.data.questions import load_questions, nearest_place
from workbench.data.windows.questions import encode_questions
from workbench.errors import InputError
from workbench.metrics.answer_spans import find_answers
from workbench.metrics.question_answering import answer_values

CONTEXT = "The mill 🎡 burnt in 1911, and the bridge fell in 1920; the mill was sold in 1911."


def question(name, *answers, **more):
    marked = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": name, "question": f"{name}?", "answers": marked} | more


def write(path, *articles):
    """Files of (title, questions) on the same passage."""
    data = [
        {"paragraphs": [{"context": CONTEXT, "qas": list(questions)}]}
        | ({"title": title} if title else {})
        for title, questions in articles
    ]
    content = json.dumps({"version": "v2.0", "data": data}, ensure_ascii=False).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def load(path, **more):
    return load_questions(DataSettings(source="squad", path=str(path)), **more)


def one_split(path, **more):
    return load(path, dev_share=0, **more).splits["train"]


@pytest.mark.parametrize("name", ["one.json", "one.json.gz"])
def test_questions_are_as_in_the_file(name, tmp_path):
    asked = [
        question("a", ("1911", CONTEXT.index("1911")), ("in 1911", CONTEXT.index("in 1911"))),
        question("b", is_impossible=True, plausible_answers=[{"text": "mill", "answer_start": 4}]),
    ]
    first, second = one_split(write(tmp_path / name, ("Mills", asked)))
    assert (first.id, first.text, first.context, first.article) == ("a", "a?", CONTEXT, "Mills")
    assert first.answers == (Answer("1911", 20), Answer("in 1911", 17))
    assert [CONTEXT[answer.start : answer.end] for answer in first.answers] == ["1911", "in 1911"]
    assert (first.impossible, second.impossible, second.answers) == (False, True, ())


LAST = CONTEXT.rindex("1911")
ODD = [
    question("a", ("1911", 18), ("1920", CONTEXT.index("1920"))),
    question("b", ("1911", 999)),
    question("c", ("1912", 20), ("", 3)),
    question("d", ("1911", -5)),  # So many from the end it does stand.
    question("e"),
]


def test_misplaced_answers_are_moved_or_dropped(tmp_path):
    path = write(tmp_path / "one.json", ("Mills", ODD))
    moved = load(path, answers="search", dev_share=0)
    found = {one.id: one.answers for one in moved.splits["train"]}
    assert found["a"] == (Answer("1911", 20), Answer("1920", CONTEXT.index("1920")))
    assert found["b"] == (Answer("1911", LAST),)
    assert found["d"] == (Answer("1911", 20),)
    assert found["e"] == ()
    assert "c" not in found
    assert {name: n["train"] for name, n in moved.counts.items()} == {
        "moved_answers": 3, "dropped_answers": 2, "dropped_questions": 1,
    }  # fmt: skip
    dropped = load(path, answers="drop", dev_share=0)
    assert [one.id for one in dropped.splits["train"]] == ["a", "e"]
    assert [one.impossible for one in dropped.splits["train"]] == [False, True]
    assert {name: n["train"] for name, n in dropped.counts.items()} == {
        "moved_answers": 0, "dropped_answers": 5, "dropped_questions": 3,
    }  # fmt: skip
    assert "3 questions dropped with the last answer." in dropped.notes


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (ODD[0], r"one\.json: article 1, paragraph 1: a: answer 1: '1911' does not stand at 18, where"),
        (ODD[3], r"d: answer 1: '1911' does not stand at -5, where there is ''"),
        (question("c", ("1911", 20), (" ", 3)), r"c: answer 2: the answer is empty"),
        (question("f", ("1911", 20), is_impossible=True), r"f: is_impossible beside 1 answers"),
        (question("f", ("1911", 20.0)), r"f: answer 1: expected text and answer_start"),
    ],
)
def test_what_is_wrong_is_refused_by_name(asked, message, tmp_path):
    with pytest.raises(InputError, match=message):
        load(write(tmp_path / "one.json", ("Mills", [asked])))


def test_ids_occur_once_in_all_files(tmp_path):
    for name in ("train.json", "dev.json"):
        write(tmp_path / name, ("Mills", [question("a")]))
    with pytest.raises(InputError, match=r"dev\.json: article 1, paragraph 1: a: the id occurs twice"):
        load(tmp_path)


def test_the_nearest_place():
    assert [nearest_place("ab", "ab_ab_ab", near) for near in (-9, 0, 1, 2, 4, 99)] == [0, 0, 0, 3, 3, 6]
    # As near: the earlier one.
    assert nearest_place("a", "a_a", 1) == 0
    assert nearest_place("c", "ab", 0) is None


def titled(n):
    return [(f"Article {a}", [question(f"{a}-{q}") for q in range(3)]) for a in range(n)]


def test_dev_is_a_tenth_of_the_articles(tmp_path):
    path = write(tmp_path / "one.json", *titled(40))
    read = load(path)
    sides = [{one.article for one in read.splits[split]} for split in ("train", "dev")]
    assert [len(side) for side in sides] == [36, 4]
    assert not sides[0] & sides[1]
    assert len(read.splits["dev"]) == 12
    assert "dev cut from train by a hash of the article (10%, seed 0): 12 questions of 4 articles." in (
        read.notes
    )
    assert {one.article for one in load(path, dev_share=0.2).splits["dev"]} > sides[1]
    assert {one.article for one in load(path, seed=1).splits["dev"]} != sides[1]
    assert load(path).splits == read.splits


def test_few_articles_and_files_of_their_own(tmp_path):
    assert [len(load(write(tmp_path / "two.json", *titled(2))).splits[s]) for s in ("train", "dev")] == [
        3,
        3,
    ]
    alone = load(write(tmp_path / "alone.json", ("", [question("a"), question("b")])))
    assert [len(alone.splits[s]) for s in ("train", "dev")] == [2, 0]
    folder = tmp_path / "both"
    folder.mkdir()
    write(folder / "train-v2.0.json", *titled(3))
    write(folder / "dev-v2.0.json", ("Dev", [question("x")]))
    assert {split: len(members) for split, members in load(folder).splits.items()} == {
        "train": 9, "dev": 1, "test": 0,
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_real_questions(language):
    default = Path(__file__).parents[3] / "shared" / "data" / "qa"
    path = Path(os.environ.get("WORKBENCH_XQUAD", default)) / f"xquad.{language}.json.gz"
    if not path.exists():
        pytest.skip("XQuAD is not here: set WORKBENCH_XQUAD to the folder of its files")
    questions = one_split(path)
    assert len(questions) == 1190
    assert len({one.article for one in questions}) == 48
    assert len({one.context for one in questions}) == 240
    for one in questions:
        assert [one.context[a.start : a.end] for a in one.answers] == [a.text for a in one.answers]
    # Windows so short that most passages need several.
    tokenizer = trained(
        "wordpiece", [text for one in questions for text in (one.text, one.context)], 6000
    )
    encoding = encode_questions(questions, tokenizer, max_tokens=128, stride=40)
    assert len(encoding.windows) > 2 * 1190
    assert encoding.cut_answers == encoding.cut_questions == ()
    assert {one.question_id for one in encoding.facts if one.holds_answer} == {
        one.id for one in questions
    }
    # A model that is sure of the first answer's tokens.
    logits = [
        [
            np.eye(1, len(one.offsets), place)[0]
            for one, place in zip(encoding.facts, places, strict=True)
        ]
        for places in ([one.start for one in encoding.facts], [one.end for one in encoding.facts])
    ]
    # Some Chinese answers have more tokens than the usual 30.
    answers = find_answers(questions, encoding.facts, *logits, SpanSearch(max_answer_length=128))
    found = {one.question_id: one.text for one in answers}
    values = answer_values(questions, found, "squad-1.1")
    # One English answer ends inside a number: "(2,70" of "(2,700,000 sq mi)".
    wrong = [
        one.answers[0].text for one, right in zip(questions, values.exact, strict=True) if not right
    ]
    assert wrong == (["7,000,000 square kilometres (2,70"] if language == "en" else [])
