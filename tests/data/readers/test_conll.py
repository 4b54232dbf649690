"""Columns as in CoNLL: tokens, tags of several schemes, comments, and what can be wrong."""

import gzip

import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Span
from workbench.data.corpus import load_corpus
from workbench.data.sources import data_settings
from workbench.errors import InputError

TWO = """# id = one
# label = good
A\tO
warm\tB-Reason
, funny\tI-Reason
film\tO

-DOCSTART- O

# a remark of several words
# label = bad
#\tO
dull\tB-Doubt
plot\tB-Reason
"""


def load(path, content=None, **more):
    if content is not None:
        path.write_text(content, encoding="utf-8")
    settings = DataSettings(source="conll", path=path and str(path), rationales="annotated", **more)
    return load_corpus(settings, training=False)


def documents(corpus):
    return {d.id: d for members in corpus.splits.values() for d in members}


def test_tokens_tags_and_classes(tmp_path):
    (tmp_path / "films.conll").write_text(TWO, encoding="utf-8")
    paths = {"test": str(tmp_path / "films.conll")}
    corpus = load(None, paths=paths)
    assert corpus.name == "films"
    assert corpus.labels == ("bad", "good")
    found = documents(corpus)
    # A space inside a column is no border of a token.
    assert found["one"].words == ("A", "warm", ",funny", "film")
    assert found["one"].rationale == (Span(1, 3),)
    assert found["one"].label == "good"
    assert found["text-2"].words == ("#", "dull", "plot")
    assert found["text-2"].rationale == (Span(1, 2), Span(2, 3))
    chosen = documents(load(None, paths=paths, rationale_labels=["Reason"]))
    assert chosen["text-2"].rationale == (Span(2, 3),)


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O B-x I-x O", [(1, 3)]),
        ("B-x E-x S-x O", [(0, 2), (2, 3)]),
        ("B-x L-x U-x _", [(0, 2), (2, 3)]),
        ("I I O I", [(0, 2), (3, 4)]),
        ("O O O O", []),
    ],
)
def test_schemes_of_tags(tags, spans, tmp_path):
    lines = "\r\n".join(f"w{n}   NN {tag}" for n, tag in enumerate(tags.split()))
    corpus = load(tmp_path / "a.bio", f"# label: x\r\n{lines}\r\n")
    (document,) = corpus.splits["train"]
    assert document.words == ("w0", "w1", "w2", "w3")
    assert [(s.start, s.end) for s in document.rationale] == spans


def test_other_columns_and_several_annotators(tmp_path):
    content = "# class = x\n# fold = test\n# name = first\n1 good B B O\n2 film O B B\n3 . O O O\n"
    keys = {"label_column": "class", "split_column": "fold", "id_column": "name", "text_column": "1"}
    path = tmp_path / "a.conll"
    (one,) = load(path, content, rationale_column="2", **keys).splits["test"]
    assert (one.id, one.words, one.rationale) == ("first", ("good", "film", "."), (Span(0, 1),))
    (three,) = load(path, rationale_column="2,3,4", **keys).splits["test"]
    assert three.rationale == (Span(0, 2),)
    assert three.shares == (2 / 3, 2 / 3, 0.0)
    (last,) = load(path, rationale_column="2,3,4", annotators="column 4", **keys).splits["test"]
    assert last.rationale == (Span(1, 2),)


def test_a_folder_and_compression(tmp_path):
    for split in ("train", "dev", "test"):
        content = f"# label = b\nword {split} O\n\n# label = z\nother {split} B\n"
        (tmp_path / f"films-{split}.bio.gz").write_bytes(gzip.compress(content.encode()))
    table = load(tmp_path)
    assert [d.label for d in table.splits["dev"]] == ["b", "z"]
    assert [d.id for d in table.splits["test"]] == ["films-test.bio.gz-1", "films-test.bio.gz-2"]


def test_the_form_is_recognised_by_its_ending(tmp_path):
    path = tmp_path / "films.conll"
    path.write_text(TWO, encoding="utf-8")
    assert data_settings(str(path)).source == "conll"
    assert data_settings(str(path)).rationales == "annotated"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("good O\n", r"a\.conll:1: no class: the line `# label = \.\.\.` is missing above the text"),
        ("# label = x\ngood Q\n", r"a\.conll:2: 'Q' is no tag: O, B-label or I-label"),
        ("# label = x\ngood\n", r"a\.conll:2: one column only"),
        ("# label = x\n# label = y\ngood O\n", r"a\.conll:2: a second label of one text"),
        ("# label = \ngood O\n", r"a\.conll:2: label is missing"),
        ("# label = x\n\tO\n", r"a\.conll:2: no token in it"),
        ("# label = x\n", r"a\.conll: holds no texts"),
        ("", r"a\.conll: the file is empty"),
    ],
)
def test_bad_files_are_named_by_line(content, message, tmp_path):
    with pytest.raises(InputError, match=message):
        load(tmp_path / "a.conll", content)


def test_bad_settings_are_named(tmp_path):
    path = tmp_path / "a.conll"
    with pytest.raises(InputError, match=r"no names of columns: 'why' is no number"):
        load(path, TWO, rationale_column="why")
    with pytest.raises(InputError, match=r"a\.conll:3: no column 7; the line has 2"):
        load(path, rationale_column="7")
    with pytest.raises(InputError, match=r"needs data\.path, the file"):
        load_corpus(DataSettings(source="conll"))
