"""ERASER data that are not whole: documents without a file, splits without train, the hub's tables."""

import os
from pathlib import Path

import pandas as pd
import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Span
from workbench.data.corpus import load_corpus
from workbench.errors import InputError


def load(path, training=True, **more):
    settings = DataSettings(source="eraser", path=str(path), rationales="annotated", **more)
    return load_corpus(settings, training=training)


def test_a_missing_document_is_refused_with_the_nearest_name(eraser_folder):
    eraser_folder.document("Marion_Inc", "some words here\n")
    evidence = eraser_folder.evidence("Marion_Inc.", 0, 1, "some")
    eraser_folder.instance("train", "extra", "POS", evidence)
    path = eraser_folder.write()
    message = (
        r"train\.jsonl:3: extra: unknown document 'Marion_Inc\.' \(the most similar name is"
        r" 'Marion_Inc'\); data\.missing_documents: skip leaves such instances out"
    )
    with pytest.raises(InputError, match=message):
        load(path)
    corpus = load(path, missing_documents="skip")
    assert [d.id for d in corpus.splits["train"]] == ["a", "b"]
    assert "1 instance naming a document without a file left out (extra)." in corpus.notes


def test_nothing_is_left_out_where_all_are_there(eraser_folder):
    path = eraser_folder.write()
    assert load(path, missing_documents="skip").splits == load(path).splits


@pytest.mark.parametrize("kept", ["val", "test"])
def test_one_split_alone_can_be_judged(kept, eraser_folder):
    path = eraser_folder.write()
    for split in {"train", "val", "test"} - {kept}:
        (path / f"{split}.jsonl").unlink()
    corpus = load(path, training=False)
    split = {"val": "dev"}.get(kept, kept)
    assert [len(members) for members in corpus.splits.values()].count(0) == 2
    (document,) = corpus.splits[split]
    assert document.rationale == (Span(6, 8),)
    with pytest.raises(InputError, match="there are no training texts"):
        load(path)


def test_the_hubs_table_is_read_as_a_file(tmp_path):
    path, boat = tmp_path / "multirc.parquet", "The boat left at noon. Rain fell."
    rows = [
        (boat, "When did it leave? || at noon", 1, ["The boat left at noon."]),
        (boat, "What fell? || snow", 0, ["Rain fell."]),
        ("Nobody came.", "Who came? || Ann", 0, ["Nobody"]),
    ]  # fmt: skip
    columns = ["passage", "query_and_answer", "label", "evidences"]
    pd.DataFrame(rows, columns=columns).to_parquet(path)
    settings = DataSettings(
        source="file", paths={"test": str(path)}, text_column="passage", rationales="annotated",
        second_column="query_and_answer", rationale_column="evidences", rationale_form="quotes",
    )  # fmt: skip
    first, second, third = load_corpus(settings, training=False).splits["test"]
    assert first.words[:3] == ("The", "boat", "left")
    assert first.second[:4] == ("When", "did", "it", "leave")
    assert (first.label, first.rationale) == ("1", (Span(0, 6),))
    assert second.rationale == (Span(6, 9),)
    assert third.rationale == (Span(0, 1),)


@pytest.mark.parametrize(("name", "sizes"), [("multirc", (0, 3214, 4848)), ("fever", (0, 2500, 2500))])
def test_real_archives_without_train(name, sizes):
    default = Path(__file__).parents[4] / "shared" / "data" / "eraser"
    path = Path(os.environ.get("WORKBENCH_ERASER", default)) / f"{name}.tar.gz"
    if not path.exists():
        pytest.skip(f"ERASER's {name} is not here: set WORKBENCH_ERASER to the folder of its archives")
    corpus = load(path, training=False)
    assert tuple(len(corpus.splits[split]) for split in ("train", "dev", "test")) == sizes
    assert corpus.counts["mismatching_spans"] == {"dev": 0, "test": 0}
    assert all(d.evidence and d.second for members in corpus.splits.values() for d in members)
