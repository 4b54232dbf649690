"""The texts of a run: put together from score tables, searched, counted in bins."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.data.corpus import histogram, read_run_corpus, scored_corpus
from app.data.texts import matching
from tests.helpers.tiny_runs import accept_changes
from workbench.core.documents import Span
from workbench.core.token_scores import TokenScores, to_frame
from workbench.data.cards import data_card
from workbench.data.corpus import load_corpus
from workbench.errors import InputError
from workbench.runs.folder import load_run
from workbench.runs.tables import read_run_data
from workbench.storage.tables import write_table

TEXTS = pd.DataFrame(
    {
        "split": ["test", "test", "dev"],
        "id": ["a", "b", "a"],
        "label": ["pos", "neg", "pos"],
        "words": [2, 4, 1],
        "marked": [1.0, 0.0, np.nan],
        "share": [0.5, 0.0, np.nan],
        "text": ["Fine film", "not (a) fine .*", "FINE"],
    }
)


def record(
    text_id: str, window: int, tokens: tuple[str, ...], words: list[int], marks: list[int] | None
):
    rationale = None if marks is None else np.array(marks, dtype=bool)
    shape = (2, len(tokens))
    return TokenScores(
        "cp", "top", text_id, window, tokens, np.array(words), np.zeros(shape), None, rationale
    )


def test_words_are_joined_over_sub_words_and_windows(tmp_path: Path) -> None:
    records = [
        record("b", 0, ("[CLS]", "grip", "##ping", "##s", "[SEP]"), [-1, 0, 0, 0, -1], [0, 0, 1, 0, 0]),
        record("b", 1, ("[CLS]", "film", "!", "[SEP]"), [-1, 1, 2, -1], [0, 0, 1, 0]),
        record("a", 0, ("[CLS]", "##x", "[SEP]"), [-1, 0, -1], None),
    ]
    write_table(to_frame(records), tmp_path / "scores" / "cp.parquet")
    rows = [("top", "dev", "b", "pos", "neg", [3, 3])]
    columns = ["method", "split", "text_id", "label", "predicted", "tokens"]
    write_table(pd.DataFrame(rows, columns=columns), tmp_path / "predictions.parquet")
    corpus = scored_corpus(read_run_data(tmp_path))
    b, a = corpus.splits["dev"]
    assert b.words == ("grippings", "film", "!")
    assert b.rationale == (Span(0, 1), Span(2, 3))
    assert b.label == "pos"
    assert (a.words, a.rationale, a.label) == (("##x",), None, "")


def test_scored_texts_are_those_of_the_source(own_folder: Path) -> None:
    """Lower case and unknown signs aside, words and rationales come back from the score tables."""
    run = load_run(own_folder / "tiny")
    source = {d.id: d for d in load_corpus(run.config.data).splits["test"]}
    found = scored_corpus(read_run_data(run.folder)).splits["test"]
    assert {d.id for d in found} == set(source)
    for document in found:
        theirs = source[document.id]
        assert document.label == theirs.label
        assert document.rationale == theirs.rationale
        words = [w for w, t in zip(document.words, theirs.words, strict=True) if w != t.lower()]
        assert all("[UNK]" in word for word in words)


def test_a_later_configuration_and_no_scores_are_told(own_folder: Path) -> None:
    with (own_folder / "tiny" / "config.yaml").open("a") as file:
        file.write("new_section: 1\n")
    accept_changes(own_folder / "tiny")
    texts = read_run_corpus(read_run_data(own_folder / "tiny"))
    assert "new_section" in texts.origin
    with pytest.raises(InputError, match="no text 'x' in split 'dev'"):
        texts.document("dev", "x")
    for path in (own_folder / "tiny" / "scores").iterdir():
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match=r"\.parquet: cannot be read as Parquet"):
        read_run_corpus(read_run_data(own_folder / "tiny"))


def test_search_is_letter_by_letter_and_filters_add_up() -> None:
    def ids(query: str = "", marked: bool = False, **equal: object) -> list[tuple[str, str]]:
        found = matching(TEXTS, equal, {"marked": (1, np.inf) if marked else None}, query)
        return list(found[["split", "id"]].itertuples(index=False, name=None))

    assert len(ids()) == 3
    assert ids(query=" FINE   film ") == [("test", "a")]
    assert ids(query=".*") == [("test", "b")]
    assert ids(split="test", label="pos") == [("test", "a")]
    assert ids(marked=True) == [("test", "a")]
    assert ids(query="gone") == []


def test_values_are_found_between_two_ends() -> None:
    texts = TEXTS.assign(label=[0.5, 2.0, 3.25])
    found = matching(texts, {"split": None}, {"label": (2.0, 3.25)})
    assert found["label"].tolist() == [2.0, 3.25]


@pytest.mark.parametrize(("labels", "classes"), [(["pos"], ["pos"]), ([], [])])
def test_one_class_is_no_value_and_none_no_class(
    tmp_path: Path, labels: list[str], classes: list[str]
) -> None:
    tokens = ("[CLS]", "fine", "[SEP]")
    write_table(to_frame([record("a", 0, tokens, [-1, 0, -1], None)]), tmp_path / "scores/cp.parquet")
    rows = [("top", "test", "a", label, "neg", [3, 3]) for label in labels]
    if rows:
        columns = ["method", "split", "text_id", "label", "predicted", "tokens"]
        write_table(pd.DataFrame(rows, columns=columns), tmp_path / "predictions.parquet")
    (tmp_path / "config.yaml").write_text("data: {source: file, path: gone.csv, rationales: none}\n")
    run = read_run_data(tmp_path)
    corpus = scored_corpus(run)
    assert list(corpus.labels) == classes
    assert list(data_card(corpus).classes.columns) == classes
    assert read_run_corpus(run).texts["label"].tolist() == (labels or [""])


def test_bins_by_hand() -> None:
    frame = histogram(TEXTS, "words", bins=2)
    assert frame["texts"].tolist() == [0, 2, 1, 0]
    assert frame["low"].tolist() == [0.0, 2.0, 0.0, 2.0]
    shares = histogram(TEXTS, "share", bins=2)
    assert shares["split"].tolist() == ["test", "test"]
    assert shares["texts"].tolist() == [1, 1]
    assert histogram(TEXTS.iloc[2:], "share").empty


@given(st.lists(st.integers(1, 300), min_size=1, max_size=30), st.integers(1, 30))
def test_every_text_lies_in_one_bin(lengths: list[int], bins: int) -> None:
    texts = pd.DataFrame({"split": "test", "words": lengths})
    assert histogram(texts, "words", bins)["texts"].sum() == len(lengths)
