"""IMDB and 20 Newsgroups: a folder per class, a file per text."""

import tarfile

import pytest

from workbench.config.data import DataSettings
from workbench.data.corpus import load_corpus
from workbench.data.readers.text_folders import stripped
from workbench.errors import InputError


def settings(path, source, **more):
    return DataSettings(**{"source": source, "path": str(path), "rationales": "none"} | more)


@pytest.fixture
def acl(tmp_path):
    """aclImdb with 20 training reviews, 2 test reviews and 1 unlabelled one."""
    root = tmp_path / "aclImdb"
    for split, n in (("train", 10), ("test", 1)):
        for label in ("pos", "neg"):
            folder = root / split / label
            folder.mkdir(parents=True)
            for k in range(n):
                (folder / f"{k}_7.txt").write_text(f"{split} {label} film<br />number {k}")
    (root / "train" / "unsup").mkdir()
    (root / "train" / "unsup" / "0_0.txt").write_text("no label")
    (root / "README").write_text("x")
    return root


def test_imdb_reads_both_classes_and_leaves_out_the_unlabelled(acl):
    corpus = load_corpus(settings(acl, "imdb-folder"))
    assert corpus.labels == ("neg", "pos")
    assert len(corpus.splits["train"]) + len(corpus.splits["dev"]) == 20
    tests = {document.id: document for document in corpus.splits["test"]}
    assert tests["test/pos/0_7"].words == ("test", "pos", "film", "number", "0")
    assert {document.label for document in tests.values()} == {"neg", "pos"}
    assert "1 unlabelled review not used." in corpus.notes
    # The positive class is known, so the valence proxy needs no further key.
    assert load_corpus(settings(acl, "imdb-folder", rationales="valence")).rationales.startswith("val")


def test_imdb_reads_an_archive_and_the_folder_above(acl, tmp_path):
    whole = load_corpus(settings(acl, "imdb-folder"))
    with tarfile.open(tmp_path / "imdb.tar.gz", "w:gz") as archive:
        archive.add(acl, "outer/aclImdb")
    assert load_corpus(settings(tmp_path / "imdb.tar.gz", "imdb-folder")).splits == whole.splits


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", r"pos/0_7\.txt: the file is empty"), (b"ok\n\xe9t\xe9", r"pos/0_7\.txt:2: not UTF-8")],
)
def test_imdb_refuses_bad_reviews_by_file(content, message, acl):
    (acl / "train" / "pos" / "0_7.txt").write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_corpus(settings(acl, "imdb-folder"))


def test_imdb_names_what_is_missing(acl, tmp_path):
    for path in (acl / "test" / "neg").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="no reviews in test/neg/"):
        load_corpus(settings(acl, "imdb-folder"))
    with pytest.raises(InputError, match="no folder train/pos in it"):
        load_corpus(settings(acl / "test", "imdb-folder"))


POST = """From: a@b.c (A)
Subject: engines

In article <1@x> b@c.d (B) writes:
> an old engine
JD> and so on

My engine is new.
It runs -- well.

--
A, somewhere
"""


def test_a_post_is_stripped_of_header_quotes_and_signature():
    assert stripped(POST) == "My engine is new.\nIt runs -- well."
    assert stripped("From: x\n\n> only quoted\n") == ""
    long = "\n".join(f"line {k}" for k in range(9))
    assert stripped(f"From: x\n\nintro\n--\n{long}").endswith("line 8")
    assert stripped("From: x\n\nintro\n--\nline\n") == "intro"


@pytest.fixture
def news(tmp_path):
    """Two groups of 10 posts, and 2 more of each for later dates."""
    for split, numbers in (("train", range(10)), ("test", range(10, 12))):
        for group in ("rec.autos", "sci.med"):
            folder = tmp_path / f"20news-bydate-{split}" / group
            folder.mkdir(parents=True)
            for k in numbers:
                (folder / str(k)).write_bytes(f"From: {k}\n\ncaf\xe9 {group} {k}\n".encode("latin-1"))
    return tmp_path


def test_newsgroups_are_split_by_date(news):
    (news / "20news-bydate-test" / "sci.med" / "99").write_text("From: x\n\n> quoted\n")
    corpus = load_corpus(settings(news, "20newsgroups"))
    assert corpus.labels == ("rec.autos", "sci.med")
    assert len(corpus.splits["train"]) + len(corpus.splits["dev"]) == 20
    first, *_ = corpus.splits["test"]
    assert first.id == "20news-bydate-test/rec.autos/10"
    assert first.words == ("café", "rec", ".", "autos", "10")
    assert len(corpus.splits["test"]) == 4
    assert "test: 1 post dropped in which no text was left." in corpus.notes
    whole = load_corpus(settings(news, "20newsgroups", subset="whole"))
    assert whole.splits["test"][0].words[:3] == ("From", ":", "10")
    assert len(whole.splits["test"]) == 5


def test_newsgroups_without_dates_are_split_by_hash(news):
    corpus = load_corpus(settings(news / "20news-bydate-train", "20newsgroups"))
    assert sum(len(documents) for documents in corpus.splits.values()) == 20
    assert any("dev and test cut from train by a hash" in note for note in corpus.notes)


def test_newsgroups_need_posts(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="no posts in it"):
        load_corpus(settings(tmp_path, "20newsgroups"))
    with pytest.raises(InputError, match=r"no task 'body' in data.subset \(one of stripped, whole\)"):
        load_corpus(settings(tmp_path, "20newsgroups", subset="body"))
