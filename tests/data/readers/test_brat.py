"""brat's standoff files: spans in pieces, classes from folders or a table, offsets in other units."""

import zipfile

import pytest

from workbench.config.data import DataSettings
from workbench.data.corpus import load_corpus
from workbench.data.readers.brat import cut, load_brat
from workbench.data.sources import data_settings
from workbench.errors import InputError


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def settings(path, **more):
    return DataSettings(source="brat", path=str(path), rationales="annotated", **more)


def load(path, **more):
    return load_corpus(settings(path, **more), training=False)


def by_id(corpus):
    return {document.id: document for documents in corpus.splits.values() for document in documents}


def marked(document):
    words = document.words
    return [" ".join(words[span.start : span.end]) for span in document.rationale]


@pytest.fixture
def folder(tmp_path):
    return write(
        tmp_path / "films",
        good__one_txt="A warm and very funny film .\n",
        good__one_ann="T1\tReason 2 6;16 21\twarm funny\nA1\tSure T1\n#1\tNote T1\thm\n",
        bad__two_txt="The plot is dull.\nSo long!\n",
        bad__two_ann="T1\tReason 12 16\tdull\nT2\tDoubt 18 25\tSo long\n",
        bad__three_txt="Nobody looked here\n",
        bad__four_txt="Nothing to mark\n",
        bad__four_ann="",
    )


def test_spans_in_pieces_and_the_class_of_the_folder(folder):
    corpus = load(folder)
    assert corpus.labels == ("bad", "good")
    found = by_id(corpus)
    assert sorted(found) == ["bad/four", "bad/three", "bad/two", "good/one"]
    assert found["good/one"].words == ("A", "warm", "and", "very", "funny", "film", ".")
    assert marked(found["good/one"]) == ["warm", "funny"]
    assert found["good/one"].label == "good"
    assert marked(found["bad/two"]) == ["dull", "So long"]
    assert found["bad/three"].rationale is None
    assert found["bad/four"].rationale == ()
    assert "1 attribute not used: only spans are." in corpus.notes
    assert "1 remark not used: only spans are." in corpus.notes
    assert corpus.counts["mismatching_spans"]["train"] == 0


def test_types_are_chosen(folder):
    found = by_id(load(folder, rationale_labels=["Reason"]))
    assert marked(found["bad/two"]) == ["dull"]


def test_folders_of_splits_and_an_archive(folder, tmp_path):
    for split in ("train", "dev", "test"):
        write(tmp_path / "all" / split, **{
            f"{label}__{split}{n}_txt": f"text {split} {label} {n}" for label in ("a", "b") for n in "12"
        })  # fmt: skip
    packed = tmp_path / "all.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (tmp_path / "all").rglob("*.txt"):
            archive.write(path, f"all/{path.relative_to(tmp_path / 'all')}")
    for path in (tmp_path / "all", packed):
        corpus = load(path)
        assert [len(corpus.splits[split]) for split in ("train", "dev", "test")] == [4, 4, 4]
        assert [d.label for d in corpus.splits["dev"]] == ["a", "a", "b", "b"]
        assert corpus.splits["dev"][0].id == "dev/a/dev1"


def test_a_table_of_classes(tmp_path):
    write(tmp_path, one_txt="first", two_txt="second", three_txt="third", four_txt="more",
          labels_csv="id,label,split\none,x,train\ntwo.txt,y,dev\nfour,y,test\nno,y,test\n")  # fmt: skip
    corpus = load(tmp_path)
    assert [(d.id, d.label) for d in corpus.splits["train"]] == [("one", "x")]
    assert [(d.id, d.label) for d in corpus.splits["dev"]] == [("two", "y")]
    assert [(d.id, d.label) for d in corpus.splits["test"]] == [("four", "y")]
    assert "1 text without a class left out." in corpus.notes
    assert "1 row of labels.csv without a text not used." in corpus.notes


def test_offsets_in_bytes_are_seen_by_the_stored_text(tmp_path):
    text = "Très bien, vraiment bien joué"
    start = len("Très bien, ".encode())
    at = [start, start + 8, len("Très bien, vraiment bien ".encode()), len(text.encode())]
    line = f"T1\tR {at[0]} {at[1]};{at[2]} {at[3]}\tvraiment joué\n"
    write(tmp_path, a__one_txt=text, a__one_ann=line, b__two_txt="x")
    corpus = load(tmp_path)
    assert marked(by_id(corpus)["a/one"]) == ["vraiment", "joué"]
    assert any(note.startswith("Spans count bytes of UTF-8") for note in corpus.notes)
    with pytest.raises(InputError, match=r"has the text 'vraiment', but there stands"):
        load(tmp_path, offsets="code-point")


def test_pieces_are_cut_at_single_spaces():
    assert cut("ab  c", [2, 2]) == ["ab", " c"]
    assert cut("é ü", [2, 2]) == ["é", "ü"]
    assert cut("other", [1, 1]) == ["other", None]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("T1\tReason 2 6\tcold", r"span \[2, 6\] has the text 'cold', but there stands 'warm'"),
        ("T1\tReason 2 99\twarm", r"span \[2, 99\] lies outside the text"),
        ("T1\tReason 6 2\twarm", r"one\.ann:1: rationale span \[6, 2\] is negative, empty or reversed"),
        ("T1\tReason 2\twarm", r"one\.ann:1: not a span of brat"),
        ("T1 Reason 2 6 warm", r"one\.ann:1: not a span of brat"),
        ("1\tx", r"one\.ann:1: not a line of brat: '1\\tx'"),
    ],
)
def test_bad_lines_are_named(line, message, folder):
    write(folder, good__one_ann=line + "\n")
    with pytest.raises(InputError, match=message):
        load(folder)


def test_mismatches_can_be_kept(folder):
    write(folder, good__one_ann="T1\tReason 2 6;16 21\tfoo\n")
    corpus = load(folder, mismatches="keep")
    assert corpus.counts["mismatching_spans"]["train"] == 1
    assert "1 span of another text than given, kept by offset." in corpus.notes


def test_the_form_is_recognised(folder):
    assert data_settings(str(folder)).source == "brat"
    # A folder of texts alone is something else.
    for path in folder.rglob("*.ann"):
        path.unlink()
    assert data_settings(str(folder)).source == "eraser"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name,label\none,x\n", r"labels\.csv: no column id; there are: name, label"),
        ("id,label\none,x\none,y\n", r"labels\.csv, row 2: a second row of 'one'"),
        ("id,label\nnone,x\n", r"no text with a class: put the texts of a class into a folder"),
        ("id,label,split\none,x,later\n", r"split 'later' is none of train, dev, test"),
    ],
)
def test_bad_tables_are_named(table, message, tmp_path):
    write(tmp_path, one_txt="first", labels_csv=table)
    with pytest.raises(InputError, match=message):
        load(tmp_path)


def test_one_id_of_two_texts(tmp_path):
    write(tmp_path, a__one_txt="x", b__one_txt="y", labels_csv="id,label\none,x\n")
    with pytest.raises(InputError, match=r"'one' is the id of several texts"):
        load(tmp_path)


def test_what_cannot_be_read_is_refused(folder):
    with pytest.raises(InputError, match=r"one document; data.path is the folder"):
        load(folder / "good" / "one.txt")
    with pytest.raises(InputError, match=r"reads single texts"):
        load_brat(settings(folder, second_column="other"))
