import json

import pandas as pd
import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Span
from workbench.data.corpus import load_corpus
from workbench.errors import InputError

RECORDS = [
    {"text": "A good film.", "label": "pos", "why": [[2, 6]], "part": "train", "name": "a"},
    {
        "text": 'Bad, "really" bad',
        "label": "neg",
        "why": [[0, 3], [14, 17]],
        "part": "train",
        "name": "b",
    },
    {"text": "Fine", "label": "pos", "why": [], "part": "validation", "name": "c"},
    {"text": "NA", "label": "neg", "why": None, "part": "test", "name": "d"},
]


def settings(path, **more):
    values = {"source": "file", "path": str(path), "rationales": "none"}
    return DataSettings(**(values | more))


def annotated(path, **more):
    columns = {"rationale_column": "why", "split_column": "part", "id_column": "name"}
    return settings(path, rationales="annotated", **(columns | more))


def write(path, records=RECORDS):
    frame = pd.DataFrame(records)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame["why"] = [None if r["why"] is None else json.dumps(r["why"]) for r in records]
        frame.to_csv(path, sep="\t" if path.suffix == ".tsv" else ",", index=False)
    return path


@pytest.fixture
def jsonl(tmp_path):
    """Writes changed copies of the records; the change goes to the second one."""

    def make(**change):
        return write(tmp_path / "own.jsonl", [RECORDS[0], RECORDS[1] | change, *RECORDS[2:]])

    return make


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_every_format_gives_the_same_corpus(kind, tmp_path):
    corpus = load_corpus(annotated(write(tmp_path / f"own.{kind}")))
    assert corpus.labels == ("neg", "pos")
    assert {split: [d.id for d in documents] for split, documents in corpus.splits.items()} == {
        "train": ["a", "b"],
        "dev": ["c"],
        "test": ["d"],
    }
    first, second = corpus.splits["train"]
    assert first.words == ("A", "good", "film", ".")
    assert first.rationale == (Span(1, 2),)
    assert [second.words[span.start] for span in second.rationale] == ["Bad", "bad"]
    assert corpus.splits["dev"][0].rationale == ()
    assert corpus.splits["test"][0].rationale is None
    assert corpus.splits["test"][0].words == ("NA",)
    assert "1 text without annotation (rationale null)." in corpus.notes


def test_word_offsets_count_whitespace_words_and_go_on_through_the_second_text(tmp_path):
    records = [
        {"text": "a b. c", "other": "d e", "label": 1, "why": [[1, 2], [3, 5]]},
        {"text": "x", "other": "y", "label": 0, "why": []},
        {"text": "crossing over", "other": "here", "label": 0, "why": []},
    ]
    path = write(tmp_path / "own.jsonl", records)
    config = settings(path, rationales="annotated", rationale_column="why", rationale_offsets="word",
                      second_column="other", split_column=None)  # fmt: skip
    corpus = load_corpus(config)
    document = next(d for split in corpus.splits.values() for d in split if d.id == "row-1")
    assert document.words == ("a", "b.", "c")
    assert document.second == ("d", "e")
    assert document.rationale == (Span(1, 2), Span(3, 5))

    records[2]["why"] = [[1, 3]]
    write(path, records)
    with pytest.raises(InputError, match=r"own.jsonl:3: .*runs from the first text into the second"):
        load_corpus(config)


def test_char_offsets_reach_into_the_second_text(tmp_path):
    records = [
        {"text": "one two", "other": "three four", "label": "01"[n % 2], "part": part, "why": [[13, 17]]}
        for n, part in enumerate(("train", "train", "dev", "test"))
    ]
    path = write(tmp_path / "own.jsonl", records)
    config = settings(path, rationales="annotated", rationale_column="why", second_column="other",
                      split_column="part")  # fmt: skip
    document = load_corpus(config).splits["train"][0]
    assert [(*document.words, *document.second)[s.start] for s in document.rationale] == ["four"]


def test_spans_touch_whole_words_and_spans_on_spaces_are_dropped_and_counted(tmp_path):
    spans = [[1, 3], [4, 6], [12, 13]]
    records = [{**r, "text": "good  films , too", "why": spans} for r in RECORDS]
    for record, mark in zip(records, ("", ".", "!", "?"), strict=True):
        record["text"] += mark
    corpus = load_corpus(annotated(write(tmp_path / "own.jsonl", records)))
    assert corpus.splits["train"][0].rationale == (Span(0, 1), Span(2, 3))
    assert "4 rationale spans on spaces only dropped." in corpus.notes


def test_numbers_are_ordered_as_numbers_and_lose_trailing_zeros(tmp_path):
    path = tmp_path / "own.parquet"
    pd.DataFrame({"text": [f"t{i}" for i in range(60)], "label": [10.0, 2.0] * 30}).to_parquet(path)
    assert load_corpus(settings(path)).labels == ("2", "10")


def test_a_text_of_20000_words_is_read_whole(tmp_path):
    path = tmp_path / "own.csv"
    parts = ["train", "train", "dev", "test"]
    frame = pd.DataFrame(
        {"text": ["long, word " * 10_000, *"xyz"], "label": list("abab"), "part": parts}
    )
    frame.to_csv(path, index=False)
    corpus = load_corpus(settings(path, split_column="part"))
    assert len(corpus.splits["train"][0].words) == 30_000


def test_a_class_that_the_hash_puts_aside_is_still_known(tmp_path):
    path = tmp_path / "own.csv"
    labels = ["a", "b", *(f"rare {n}" for n in range(30))]
    rows = [
        {"text": f"{label} {n}", "label": label}
        for label in labels
        for n in range(40 if len(label) < 2 else 1)
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    corpus = load_corpus(settings(path))
    assert set(corpus.labels) == set(labels)


def test_valence_needs_the_positive_class(tmp_path):
    pytest.importorskip("vaderSentiment", reason="the extra `offline` is not installed")
    path = write(tmp_path / "own.jsonl")
    config = settings(path, rationales="valence", split_column="part")
    with pytest.raises(InputError, match=r"needs data\.positive_label \(one of neg, pos\)"):
        load_corpus(config)
    with pytest.raises(InputError, match="'good' is not a class"):
        load_corpus(config.model_copy(update={"positive_label": "good"}))
    corpus = load_corpus(config.model_copy(update={"positive_label": "pos"}))
    first, second = corpus.splits["train"]
    assert first.rationale == (Span(1, 2),)
    assert second.rationale == (Span(0, 1), Span(5, 6))
    assert "proxy" in corpus.rationales
    assert any("proxy" in note for note in corpus.notes)


def test_same_id_in_train_and_test_is_dropped_from_train_and_counted(jsonl):
    extra = {"text": "third", "label": "neg", "why": None, "part": "train", "name": "e"}
    path = jsonl(name="d")
    path.write_text(path.read_text() + json.dumps(extra) + "\n")
    corpus = load_corpus(annotated(path))
    assert [d.id for d in corpus.splits["train"]] == ["a", "e"]
    assert "1 training text dropped whose id is in dev or test." in corpus.notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "   "}, r"own.jsonl:2: text is empty or holds only spaces"),
        ({"text": None}, r"own.jsonl:2: text is missing"),
        ({"text": 7}, r"own.jsonl:2: text is int, not text"),
        ({"label": float("nan")}, r"own.jsonl:2: label is missing"),
        ({"label": None}, r"own.jsonl:2: label is missing"),
        ({"label": {"neg": 1}}, r"own.jsonl:2: label is dict"),
        ({"label": ["neg", "pos"]}, r"own.jsonl:2: label: no label that most annotators gave"),
        ({"label": "pos"}, r"at least two classes, found 'pos' in 2 texts"),
        ({"name": "a"}, r"own.jsonl:2: the id 'a' is already at .*own.jsonl:1"),
        ({"name": "d", "part": "dev"}, r"'d' is in both dev and test: .*:2 and .*:4"),
        ({"part": "holdout"}, r"own.jsonl:2: part 'holdout' is none of train, dev, test"),
        ({"why": [[0, 99]]}, r"own.jsonl:2: .*\[0, 99\] of 'b' lies outside the text \(17 characters\)"),
        ({"why": [[5, 2]]}, r"own.jsonl:2: .*reversed"),
        ({"why": [[-1, 2]]}, r"own.jsonl:2: .*negative"),
        ({"why": [[1, 2.5]]}, r"own.jsonl:2: .*not a pair of whole numbers"),
        ({"why": [3]}, r"own.jsonl:2: rationale span 3 is not a"),
        ({"why": "[[0, 5"}, r"own.jsonl:2: the rationale is not a JSON list"),
        ({"why": 5}, r"own.jsonl:2: the rationale is int"),
    ],
)
def test_bad_values_are_named_by_line(change, message, jsonl):
    with pytest.raises(InputError, match=message):
        load_corpus(annotated(jsonl(**change)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("own.csv", b"", "is empty"),
        ("own.csv", b"text,label\n", "holds no rows"),
        ("own.csv", b"text,label\ngood\xff,1\n", r"own.csv:2: not UTF-8 \(byte 0xff\)"),
        ("own.csv", b"text,label\na,1\nb,2,3\n", "line 3"),
        ("own.csv", b"text,label\na,1,2\nb,2,3\n", "row 1 .line 2.: 3 fields, the first line names 2"),
        ("own.csv", b'text,label\n"a,1\n', "own.csv:2: not readable as CSV"),
        ("own.csv", b"text,label\na\n", r"row 1 \(line 2\): 1 field, the first line names 2"),
        ("own.csv", b"body,label\na,1\n", r"no column text; there are: body, label"),
        ("own.jsonl", b'{"text": "a", "label": 1}\n\n{"text": \n', r"own.jsonl:3: broken JSON"),
        ("own.jsonl", b"[1]\n", r"own.jsonl:1: expected a JSON object, got list"),
        ("own.parquet", b"nothing of the kind", "not a Parquet file"),
        ("own.xlsx", b"x", r"own.xlsx: cannot be read: File is not a zip file"),
        ("own.doc", b"x", r"unknown kind of file; known are .csv, .tsv, .tab, .jsonl, .ndjson, .json, "),
    ],
)
def test_bad_files_are_named(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load_corpus(settings(tmp_path / name))
    assert name in str(caught.value)


def test_a_label_that_train_does_not_know_is_named(tmp_path):
    path = write(tmp_path / "own.jsonl", [*RECORDS[:3], RECORDS[3] | {"label": "odd"}])
    with pytest.raises(InputError, match=r"own.jsonl:4: unknown label 'odd' \(train has neg, pos\)"):
        load_corpus(annotated(path))


def test_missing_file_missing_column_and_missing_path(tmp_path):
    with pytest.raises(InputError, match=r"gone.csv: no such file"):
        load_corpus(settings(tmp_path / "gone.csv"))
    with pytest.raises(InputError, match=r"no column nowhere; there are: text, label, why, part, name"):
        load_corpus(annotated(write(tmp_path / "own.jsonl"), rationale_column="nowhere"))
    with pytest.raises(InputError, match=r"needs data.path"):
        load_corpus(DataSettings(source="file"))
    with pytest.raises(InputError, match=r"no spans come with these data"):
        load_corpus(settings(write(tmp_path / "own.csv"), rationales="annotated"))
