"""Every ERASER task, as small hand-written folders in both layouts; the texts are inventions."""

import json
from collections import Counter

import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Part, Span
from workbench.data.corpus import load_corpus
from workbench.errors import InputError


def evidence(docid, start, end, text):
    return {"docid": docid, "start_token": start, "end_token": end, "text": text,
            "start_sentence": -1, "end_sentence": -1}  # fmt: skip


def instance(name, label, query, *groups, **more):
    record = {"annotation_id": name, "classification": label, "query": query}
    return record | {"evidences": [list(group) for group in groups]} | more


TASKS = {
    "movies": (
        {"m1": "a fine film .\nwatch it .\n", "m2": "a dull film ."},
        [
            instance("m1", "POS", "good or bad ?", [evidence("m1", 0, 3, "a fine film")]),
            instance("m2", "NEG", "good or bad ?", [evidence("m2", 1, 2, "dull")], docids=None),
        ],
    ),
    "boolq": (
        {"Sun": "the sun is a star .\nit is hot .", "Ice": "ice is cold ."},
        [
            instance("b1", "True", "is the sun hot", [evidence("Sun", 6, 9, "it is hot")]),
            instance("b2", "False", "is ice hot", docids=["Ice"]),
        ],
    ),
    "multirc": (
        {"News-1.txt": "Ann ran .\nBob sat .\nBob slept ."},
        [
            instance(
                "News-1.txt:0:0", "True", "Who rested ? || Bob",
                [evidence("News-1.txt", 3, 6, "Bob sat ."), evidence("News-1.txt", 6, 9, "Bob slept .")],
            ),
            instance(
                "News-1.txt:0:1", "False", "Who rested ? || Ann",
                [evidence("News-1.txt", 0, 2, "Ann ran")],
            ),
        ],
    ),
    "fever": (
        {"Moon_-LRB-a-RRB-": "the moon orbits .", "Earth": "earth has one moon ."},
        [
            instance(
                "101", "SUPPORTS", "Earth has a moon .",
                [evidence("Earth", 0, 4, "earth has one moon")],
                [evidence("Moon_-LRB-a-RRB-", 1, 3, "moon orbits")],
            ),
            instance(
                "102", "REFUTES", "The moon is still .", [evidence("Moon_-LRB-a-RRB-", 2, 3, "orbits")]
            ),
        ],
    ),
    "esnli": (
        {"7_premise": "a man sleeps", "7_hypothesis": "nobody is awake",
         "8_premise": "a dog runs", "8_hypothesis": "an animal moves"},
        [
            instance("7", "neutral", None, [evidence("7_hypothesis", 0, 1, "nobody")], docids=None),
            instance(
                "8", "entailment", None,
                [evidence("8_hypothesis", 2, 3, "moves"), evidence("8_premise", 2, 3, "runs")],
                docids=["8_hypothesis", "8_premise"],
            ),
        ],
    ),
    "cose": (
        {"q1": "where do fish live ?", "q2": "what do birds use ?"},
        [
            instance("q1", "C", "air [sep] sand [sep] water", [evidence("q1", 2, 3, "fish")]),
            instance("q2", "A", "wings [sep] fins [sep] wheels", [evidence("q2", 2, 3, "birds")]),
        ],
    ),
    "evidence-inference": (
        {"3162205": "pain fell ( p \u00a0 < 0.05 ) .\nsleep did not change ."},
        [
            instance("11", "significantly decreased", "pain with drug or placebo",
                     [evidence(3162205, 0, 2, "pain fell"), evidence(3162205, 3, 7, "p \u00a0 < 0.05")]),
            instance("12", "no significant difference", "sleep with drug or placebo",
                     [evidence(3162205, 9, 13, "sleep did not change")]),
        ],
    ),
}  # fmt: skip


def write(folder, task, layout):
    docs, instances = TASKS[task]
    folder.mkdir()
    if layout == "docs/":
        (folder / "docs").mkdir()
        for docid, text in docs.items():
            (folder / "docs" / docid).write_text(text, encoding="utf-8")
    else:
        lines = [json.dumps({"docid": docid, "document": text}) for docid, text in docs.items()]
        (folder / "docs.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for file in ("train", "val", "test"):
        # Each split has the same instances under names of its own.
        lines = [
            json.dumps(one | {"annotation_id": f"{file}-{one['annotation_id']}"}) for one in instances
        ]
        (folder / f"{file}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def load(folder, task=None, **more):
    settings = {"source": "eraser", "path": str(folder), "subset": task, "rationales": "annotated"}
    return load_corpus(DataSettings(**settings | more))


def marked(document):
    words = document.words + document.second
    return [" ".join(words[span.start : span.end]) for span in document.rationale]


EXPECTED = {
    "movies": [["a fine film"], ["dull"]],
    "boolq": [["it is hot"], []],
    "multirc": [["Bob sat .", "Bob slept ."], ["Ann ran"]],
    "fever": [["earth has one moon", "moon orbits"], ["orbits"]],
    "esnli": [["nobody"], ["runs", "moves"]],
    "cose": [["fish"], ["birds"]],
    "evidence-inference": [["pain fell", "p \u00a0 < 0.05"], ["sleep did not change"]],
}


@pytest.mark.parametrize("layout", ["docs/", "docs.jsonl"])
@pytest.mark.parametrize("task", TASKS)
def test_every_task_in_both_layouts(task, layout, tmp_path):
    corpus = load(write(tmp_path / "t", task, layout), task)
    assert corpus.name == f"eraser-{task}"
    for split in ("train", "dev", "test"):
        assert [marked(document) for document in corpus.splits[split]] == EXPECTED[task]
        assert {d.label for d in corpus.splits[split]} <= set(corpus.labels)
    assert corpus.counts == {"mismatching_spans": {"train": 0, "dev": 0, "test": 0}}
    without_task = load(tmp_path / "t")
    assert without_task.splits == corpus.splits


@pytest.mark.parametrize(
    ("task", "second"),
    [("boolq", "is the sun hot"), ("multirc", "Who rested ? || Bob"), ("fever", "Earth has a moon ."),
     ("cose", "air [sep] sand [sep] water"), ("movies", ""), ("esnli", "nobody is awake")],
)  # fmt: skip
def test_what_the_second_text_is(task, second, tmp_path):
    assert load(write(tmp_path / "t", task, "docs/"), task).splits["train"][0].second == tuple(
        second.split()
    )


def test_parts_say_where_each_document_lies(tmp_path):
    fever = load(write(tmp_path / "f", "fever", "docs.jsonl")).splits["train"][0]
    assert fever.parts == (Part("Earth", 0, 5, 1), Part("Moon_-LRB-a-RRB-", 5, 9, 1))
    assert fever.rationale == (Span(0, 4), Span(6, 8))
    multirc = load(write(tmp_path / "m", "multirc", "docs/")).splits["train"][0]
    assert multirc.parts == (Part("News-1.txt", 0, 9, 3),)
    # No docids, evidence in the hypothesis only: the premise is found all the same, and comes first.
    esnli = load(write(tmp_path / "e", "esnli", "docs.jsonl")).splits["train"][0]
    assert esnli.words == ("a", "man", "sleeps")
    assert esnli.parts == (Part("7_premise", 0, 3, 1), Part("7_hypothesis", 3, 6, 1))
    assert esnli.rationale == (Span(3, 4),)


def test_notes_count_pairs_joins_and_absent_evidence(tmp_path):
    notes = load(write(tmp_path / "e", "esnli", "docs/")).notes
    assert "6 pairs of a premise, the first text, and a hypothesis, the second." in notes
    assert (
        "3 texts joined from several documents, in order of first mention."
        in load(write(tmp_path / "f", "fever", "docs/")).notes
    )
    notes = load(write(tmp_path / "b", "boolq", "docs/")).notes
    assert "3 texts without any evidence (train-b2, val-b2, test-b2)." in notes


def test_a_class_that_the_task_does_not_have_is_named(tmp_path):
    folder = write(tmp_path / "t", "boolq", "docs/")
    with pytest.raises(
        InputError, match=r"train.jsonl:1: train-b1: unknown label 'True' in classification"
    ):
        load(folder, "fever")
    with pytest.raises(InputError, match=r"no task 'imdb' in data.subset \(one of movies, boolq"):
        load(folder, "imdb")


def test_mismatches_are_refused_or_kept_and_counted(tmp_path):
    folder = write(tmp_path / "t", "cose", "docs.jsonl")
    line = json.dumps(instance("v", "C", "x", [evidence("q1", 2, 3, "birds")]))
    (folder / "val.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"val.jsonl:1: v: evidence text 'birds' is not what 'q1' has"):
        load(folder)
    corpus = load(folder, mismatches="keep")
    assert marked(corpus.splits["dev"][0]) == ["fish"]
    assert corpus.counts["mismatching_spans"] == {"train": 0, "dev": 1, "test": 0}
    assert "1 evidence span of another text than given, kept by offset." in corpus.notes


def test_a_document_given_twice_is_named(tmp_path):
    folder = write(tmp_path / "t", "cose", "docs.jsonl")
    with (folder / "docs.jsonl").open("a", encoding="utf-8") as out:
        out.write('\n{"docid": "q1", "document": "another"}\n')
    with pytest.raises(InputError, match=r"docs.jsonl:3: a second document 'q1'"):
        load(folder)


def test_one_annotator_has_no_union(tmp_path):
    with pytest.raises(InputError, match=r"data\.annotators is 'union', but each text has one"):
        load(write(tmp_path / "t", "movies", "docs/"), annotators="union")


def test_the_real_archive_as_a_task(movies):
    corpus = load(movies, "movies")
    assert corpus.labels == ("NEG", "POS")
    assert corpus.counts["mismatching_spans"] == {"train": 0, "dev": 0, "test": 0}
    documents = [d for members in corpus.splits.values() for d in members]
    assert not [note for note in corpus.notes if "the whole set has" in note]
    assert Counter(len(d.parts) for d in documents) == {1: 1999}
    assert all(d.parts[0].end == len(d.words) for d in documents)
