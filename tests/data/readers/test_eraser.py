import io
import json
import tarfile
import zipfile

import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Span
from workbench.data.cards import data_card
from workbench.data.corpus import load_corpus
from workbench.errors import InputError


def load(path, **more):
    return load_corpus(DataSettings(source="eraser", path=str(path), rationales="annotated", **more))


def test_sample_loads_whole_and_balanced(sample):
    corpus = load(sample)
    assert {split: len(documents) for split, documents in corpus.splits.items()} == {
        "train": 24,
        "dev": 10,
        "test": 10,
    }
    assert corpus.labels == ("NEG", "POS")
    for documents in corpus.splits.values():
        assert 2 * sum(d.label == "POS" for d in documents) == len(documents)
        # Counted without the punctuation marks.
        assert all(25 <= sum(w[0].isalnum() for w in d.words) <= 60 for d in documents)
    without = [d.id for documents in corpus.splits.values() for d in documents if d.rationale == ()]
    assert without == ["reunion.txt"]
    assert "1 text without any evidence (reunion.txt)." in corpus.notes
    assert any(note.startswith("The query is the same everywhere") for note in corpus.notes)
    assert all(not d.second for d in corpus.splits["train"])


def test_sample_sentence_numbers_hold_their_tokens(sample):
    for file in sample.glob("*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            lines = (sample / "docs" / record["annotation_id"]).read_text(encoding="utf-8").splitlines()
            starts = [sum(len(text.split()) for text in lines[:n]) for n in range(len(lines) + 1)]
            for evidence in (e for group in record["evidences"] for e in group):
                assert starts[evidence["start_sentence"]] <= evidence["start_token"]
                assert evidence["end_token"] <= starts[evidence["end_sentence"]]


def test_real_movies(movies):
    corpus = load(movies)
    assert [len(corpus.splits[split]) for split in ("train", "dev", "test")] == [1600, 200, 199]
    documents = [d for split in corpus.splits.values() for d in split]
    lengths = [len(d.words) for d in documents]
    assert round(sum(lengths) / len(lengths)) == 774
    assert max(lengths) == 2809
    assert [d.id for d in documents if not d.evidence] == ["posR_161.txt"]
    assert sum(len(d.rationale) for d in documents) == 17_462
    assert sum(len(d.evidence) for d in documents) == 17_462 - 20
    assert "20 evidence spans of no tokens, which only ERASER's IoU counts." in corpus.notes


def test_folder_archives_and_docs_jsonl_give_the_same(eraser_folder, tmp_path):
    folder = eraser_folder.write()
    (folder / "test.jsonl.bak").write_text("not json")
    expected = load(folder).splits
    assert expected["train"][0].rationale == (Span(6, 8),)
    with tarfile.open(tmp_path / "tiny.tar.gz", "w:gz") as archive:
        archive.add(folder, "inner")
    with zipfile.ZipFile(tmp_path / "tiny.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(tmp_path))
    docs = [{"docid": p.name, "document": p.read_text()} for p in (folder / "docs").iterdir()]
    assert load(tmp_path / "tiny.tar.gz").splits == expected
    assert load(tmp_path / "tiny.zip").splits == expected
    for path in (folder / "docs").iterdir():
        path.unlink()
    (folder / "docs").rmdir()
    (folder / "docs.jsonl").write_text("".join(json.dumps(d) + "\n" for d in docs))
    assert load(folder).splits == expected


def test_several_documents_are_joined_in_order_of_first_mention(eraser_folder):
    eraser_folder.document("e", "one two\nthree\n")
    parts = [eraser_folder.evidence("e", 1, 3, "two three"), eraser_folder.evidence("a", 0, 1, "a")]
    eraser_folder.instance("train", "both", "POS", *parts)
    corpus = load(eraser_folder.write())
    document = corpus.splits["train"][-1]
    assert document.words[:5] == ("one", "two", "three", "a", "a")
    assert document.rationale == (Span(1, 3), Span(3, 4))
    assert "1 text joined from several documents, in order of first mention." in corpus.notes


def test_empty_spans_are_kept_and_stay_in_their_document(eraser_folder):
    eraser_folder.document("e", "one two\nthree\n")
    parts = [
        eraser_folder.evidence("e", 1, 1, ""),
        # Behind the last token of `e` the next document begins.
        eraser_folder.evidence("e", 3, 3, ""),
        eraser_folder.evidence("a", 0, 0, ""),
    ]
    eraser_folder.instance("train", "both", "POS", *parts)
    corpus = load(eraser_folder.write())
    document = corpus.splits["train"][-1]
    assert document.rationale == (Span(1, 1), Span(2, 2), Span(3, 3))
    assert document.evidence == ()
    assert "3 evidence spans of no tokens, which only ERASER's IoU counts." in corpus.notes
    assert "1 text without any evidence (both)." in corpus.notes
    card = data_card(corpus)
    assert card.splits.loc["train", "spans_per_text"] == 2 / 3
    assert card.splits.loc["train", "without_evidence"] == 1


def test_differing_queries_become_the_second_text(eraser_folder):
    eraser_folder.splits["train"][0]["query"] = "is it good ?"
    corpus = load(eraser_folder.write())
    assert corpus.splits["train"][0].second == ("is", "it", "good", "?")
    assert corpus.splits["train"][1].second == ("?",)


def test_other_white_space_inside_a_token_does_not_shift_offsets(eraser_folder):
    eraser_folder.document("e", "x\u00a0y \u00a0 p\u0085q  good film\r\nthe end")
    eraser_folder.instance("train", "e", "POS", eraser_folder.evidence("e", 3, 5, "good film"))
    # ERASER's own reader counts the lone no-break space inside the line.
    assert load(eraser_folder.write()).splits["train"][-1].words == (
        "x\u00a0y", "\u00a0", "p\u0085q", "good", "film", "the", "end",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        (
            ("a", 6, 8, "NEG indeed"),
            r"train.jsonl:3: bad: evidence text 'NEG indeed' is not what 'a' has",
        ),
        (("a", 6, 99, "x"), r"train.jsonl:3: bad: evidence span \[6, 99\] is reversed or outside"),
        (("a", 8, 6, "x"), r"train.jsonl:3: bad: .*reversed or outside"),
        (("a", -1, 1, "x"), r"train.jsonl:3: bad: .*reversed or outside"),
        (("a", "6", 8, "x"), r"train.jsonl:3: bad: .*reversed or outside"),
        (("gone", 0, 1, "x"), r"train.jsonl:3: bad: unknown document 'gone'"),
        (("../train.jsonl", 0, 1, "x"), r"train.jsonl:3: bad: unknown document"),
    ],
)
def test_bad_evidence_is_named(evidence, message, eraser_folder):
    eraser_folder.instance("train", "bad", "POS", eraser_folder.evidence(*evidence))
    with pytest.raises(InputError, match=message):
        load(eraser_folder.write())


def test_ids_in_two_splits(eraser_folder):
    span = eraser_folder.evidence("a", 0, 1, "a")
    eraser_folder.instance("train", "c", "POS", span)
    corpus = load(eraser_folder.write())
    assert "c" not in [d.id for d in corpus.splits["train"]]
    assert "1 training text dropped whose id is in dev or test." in corpus.notes
    eraser_folder.instance("test", "c", "POS", span)
    with pytest.raises(
        InputError, match=r"'c' is in both dev and test: .*val.jsonl:1.* and .*test.jsonl:2"
    ):
        load(eraser_folder.write())


def test_broken_folders_are_named(eraser_folder, tmp_path):
    folder = eraser_folder.write()
    (folder / "docs" / "a").write_bytes(b"fine\nbad \xff\n")
    with pytest.raises(InputError, match=r"docs/a:2: not UTF-8"):
        load(folder)
    (folder / "docs" / "a").write_bytes(b" \n")
    with pytest.raises(InputError, match=r"docs/a: the file is empty"):
        load(folder)
    for content, message in (
        (b"", "empty"),
        (b"{}\n", r"train.jsonl:1: no annotation_id"),
        (b'{"annotation_id": "a", "classification": null}\n', r"classification is missing"),
        (b'{"annotation_id": "a", "classification": "P"}\n', r"evidences is not a list"),
        (b'{"annotation_id": "a", "classification": "P", "evidences": [[1]]}\n', r"without docid"),
    ):
        (folder / "train.jsonl").write_bytes(content)
        with pytest.raises(InputError, match=message):
            load(folder)
    (folder / "train.jsonl").unlink()
    with pytest.raises(InputError, match=r"tiny: there are no training texts"):
        load(folder)
    settings = DataSettings(source="eraser", path=str(folder), rationales="annotated")
    splits = load_corpus(settings, training=False).splits
    assert (len(splits["train"]), len(splits["test"]) > 0) == (0, True)
    for split in ("val", "test"):
        (folder / f"{split}.jsonl").unlink()
    with pytest.raises(InputError, match=r"no train.jsonl in it"):
        load(folder)
    with pytest.raises(InputError, match=r"no such folder or archive"):
        load(tmp_path / "gone")


def test_without_a_path_the_fetched_set_is_meant(home):
    with pytest.raises(InputError, match=r"workbench data fetch eraser-movies"):
        load_corpus(DataSettings(source="eraser", rationales="annotated"))


@pytest.mark.parametrize("name", ["../evil", "/evil", "inner/../../evil", "..\\evil", "C:/evil"])
@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_archives_that_leave_their_folder_are_refused(name, kind, tmp_path):
    path = tmp_path / "box" / f"evil.{kind}"
    path.parent.mkdir()
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, "x")
    else:
        with tarfile.open(path, "w:gz") as archive:
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(InputError, match=r"evil.*leaves the archive's folder, refused"):
        load(path)
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [path.name]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_archives_are_refused(kind, tmp_path):
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        member = tarfile.TarInfo("train.jsonl")
        member.type, member.linkname = kind, "/etc/hostname"
        archive.addfile(member)
    with pytest.raises(InputError, match="link or device, refused"):
        load(tmp_path / "evil.tar")


def test_links_in_zip_archives_and_broken_archives_are_refused(tmp_path, eraser_folder):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        member = zipfile.ZipInfo("train.jsonl")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/hostname")
    with pytest.raises(InputError, match="is a link, refused"):
        load(tmp_path / "evil.zip")
    with tarfile.open(tmp_path / "whole.tar.gz", "w:gz") as archive:
        archive.add(eraser_folder.write(), "inner")
    whole = (tmp_path / "whole.tar.gz").read_bytes()
    for content in (b"no archive at all", whole[: len(whole) // 2]):
        (tmp_path / "cut.tar.gz").write_bytes(content)
        with pytest.raises(InputError, match=r"cut.tar.gz: not a readable"):
            load(tmp_path / "cut.tar.gz")
