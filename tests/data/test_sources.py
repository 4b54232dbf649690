"""Which reader a word on the command line means, and what is taken for rationale then."""

import json
from pathlib import Path

import pytest

from workbench.data.corpus import load_corpus
from workbench.data.sources import data_settings
from workbench.errors import InputError

ROWS = [
    {"text": f"film {n} is {word}", "label": label, "why": [word]}
    for n in range(30)
    for word, label in [("warm", "good"), ("dull", "bad")]
]


def lines(path: Path, rows=ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_column_of_rationales_that_is_named_is_read(tmp_path: Path) -> None:
    path = str(lines(tmp_path / "own.jsonl"))
    assert data_settings(path).rationales == "none"
    named = ["data.rationale_column=why", "data.rationale_form=quotes"]
    settings = data_settings(path, named)
    assert settings.rationales == "annotated"
    assert all(one.rationale for one in load_corpus(settings).splits["train"])
    assert data_settings(path, [*named, "data.rationales=none"]).rationales == "none"


def test_the_rationales_are_those_of_the_source_that_is_named(tmp_path: Path) -> None:
    path = str(lines(tmp_path / "own.jsonl"))
    assert data_settings(path, ["data.source=prodigy"]).rationales == "annotated"
    assert data_settings(str(tmp_path), ["data.source=file"]).rationales == "none"
    with pytest.raises(InputError, match="unknown reader 'prodgy'"):
        load_corpus(data_settings(path, ["data.source=prodgy"]))


def test_a_folder_of_tables_by_split_is_read_as_such(tmp_path: Path) -> None:
    lines(tmp_path / "train.jsonl")
    (tmp_path / "Test.csv").write_text("text,label\nwarm,good\ndull,bad\n", encoding="utf-8")
    lines(tmp_path / "dev-set.jsonl")
    settings = data_settings(str(tmp_path))
    assert (settings.source, settings.rationales) == ("file", "none")
    corpus = load_corpus(settings)
    assert [one.words for one in corpus.splits["test"]] == [("warm",), ("dull",)]
    assert "Not read, as they are called neither train, dev nor test: dev-set.jsonl." in corpus.notes


@pytest.mark.parametrize("documents", ["docs/a.txt", "docs.jsonl"])
def test_a_folder_with_documents_is_erasers(tmp_path: Path, documents: str) -> None:
    lines(tmp_path / "train.jsonl")
    lines(tmp_path / documents)
    assert data_settings(str(tmp_path)).source == "eraser"


def test_a_file_of_no_known_form_is_refused_by_its_ending(tmp_path: Path) -> None:
    (tmp_path / "own.xml").write_text("<a/>")
    with pytest.raises(
        InputError, match=r"own\.xml: no reader is for files that end in \.xml; .*--plugin"
    ):
        data_settings(str(tmp_path / "own.xml"))


def test_a_name_that_is_nearly_a_sources_is_answered_with_it() -> None:
    with pytest.raises(InputError, match=r"^protigy: no such file, nor .*; did you mean prodigy"):
        data_settings("protigy")


POST = {"post_id": "a", "annotators": [{"label": "normal"}], "rationales": [], "post_tokens": ["x"]}


@pytest.mark.parametrize(
    ("source", "written", "meant"),
    [
        ("squad", "text,label\nwarm,good\n", "file"),
        ("hatexplain", "text,label\nwarm,good\n", "file"),
        ("eraser", "text,label\nwarm,good\n", "file"),
        ("squad", {"a": POST}, "hatexplain"),
        ("file", {"data": [{"paragraphs": []}]}, "squad"),
    ],
)
def test_a_file_of_another_form_names_the_reader_that_fits(
    tmp_path: Path, source: str, written: str | dict, meant: str
) -> None:
    is_table = isinstance(written, str)
    path = tmp_path / ("own.csv" if is_table else "own.json")
    path.write_text(written if is_table else json.dumps(written), encoding="utf-8")
    with pytest.raises(InputError, match=f"looks like what data.source: {meant} reads$"):
        load_corpus(data_settings(str(path), [f"data.source={source}"]))


def test_a_mistake_inside_a_file_of_the_right_form_names_no_other_reader(tmp_path: Path) -> None:
    path = lines(tmp_path / "own.jsonl", [{"label": "good"}])
    with pytest.raises(InputError) as refused:
        load_corpus(data_settings(str(path)))
    assert "looks like" not in str(refused.value)
