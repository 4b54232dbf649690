"""Evidence Inference: votes and evidence of several people, splits by article, abstracts."""

import csv
import io
import zipfile

import pytest

from workbench.config.data import DataSettings
from workbench.data.corpus import load_corpus
from workbench.data.sources import data_settings
from workbench.errors import InputError

ARTICLE = "TITLE: Tea\n\n  ABSTRACT: Tea raised sleep.\n\n  BODY.RESULTS: Pain did not change."
UP, SAME = "significantly increased", "no significant difference"
COLUMNS = ("UserID", "PromptID", "PMCID", "Valid Label", "Valid Reasoning", "Label", "Annotations",
           "Evidence Start", "Evidence End")  # fmt: skip


def said(user, prompt, label, evidence, valid=("True", "True"), start=None):
    text = ARTICLE.replace("Tea", "Ale") if prompt.startswith("2") else ARTICLE
    at = text.find(evidence) if start is None else start
    end = at + len(evidence) if evidence else -1
    return (user, prompt, prompt[0], *valid, label, evidence, at if evidence else -1, end)


def table(columns, rows):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([columns, *rows])
    return out.getvalue()


def write(folder, *annotations, splits=("1", "2"), prompts=("1a", "1b", "2a")):
    asked = [(p, p[0], f"outcome {p}", "tea", "water") for p in prompts]
    files = {
        "annotations_merged.csv": table(COLUMNS, annotations),
        "prompts_merged.csv": table(
            ("PromptID", "PMCID", "Outcome", "Intervention", "Comparator"), asked
        ),
        "txt_files/PMC1.txt": ARTICLE,
        "txt_files/PMC2.txt": ARTICLE.replace("Tea", "Ale"),
    }
    for name, numbers in zip(("train", "validation"), splits or (), strict=False):
        files[f"splits/{name}_article_ids.txt"] = f"PMC{numbers}\n"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def load(path, **more):
    settings = DataSettings(source="evidence-inference", path=str(path), rationales="annotated", **more)
    return load_corpus(settings, training=False)


ALL = (
    said("7", "1a", UP, "Tea raised sleep"),
    said("8", "1a", UP, "raised sleep"),
    said("9", "1a", SAME, "Pain did"),
    said("7", "1b", SAME, "Pain did not change"),
    said("7", "1b", SAME, "Tea raised"),
    said("8", "1b", SAME, "", start=-1),
    said("7", "2a", UP, "Ale raised"),
    said("8", "2a", SAME, "Ale", ("False", "True")),
    said("9", "2a", SAME, "Ale", ("True", "False")),
    said("9", "2a", "invalid prompt", ""),
)


def words(document, spans):
    return [" ".join(document.words[span.start : span.end]) for span in spans]


def test_votes_and_evidence_of_several_people(tmp_path):
    corpus = load(write(tmp_path, *ALL))
    first, second = corpus.splits["train"]
    assert (first.id, first.label, second.label) == ("1a", UP, SAME)
    assert " ".join(first.second) == "What does tea , compared with water , do to outcome 1a ?"
    assert words(first, first.rationale) == ["raised sleep"]
    assert [one.annotator for one in first.annotations] == ["7", "8", "9"]
    assert [words(first, one.spans) for one in first.annotations] == [
        ["Tea raised sleep"], ["raised sleep"], ["Pain did"],
    ]  # fmt: skip
    # One of two marked two passages, the other nothing: no majority.
    assert second.rationale == ()
    assert [len(one.spans) for one in second.annotations] == [2, 0]
    assert first.label_shares is not None
    shares = dict(zip(corpus.labels, first.label_shares, strict=True))
    assert shares == {UP: 2 / 3, SAME: 1 / 3}
    (dev,) = corpus.splits["dev"]
    assert (dev.label, words(dev, dev.rationale)) == (UP, ["Ale raised"])
    assert list(corpus.notes[:3]) == [
        "2 annotations with an invalid label or reasoning left out.",
        "1 annotation that calls its question invalid left out.",
        "1 annotation without evidence: nothing is marked.",
    ]
    assert corpus.counts["mismatching_spans"] == {"train": 0, "dev": 0}
    (dev,) = load(tmp_path, annotators="7").splits["dev"]
    assert words(dev, dev.rationale) == ["Ale raised"]


def test_abstracts_alone(tmp_path):
    corpus = load(write(tmp_path, *ALL), subset="abstract")
    first = corpus.splits["train"][0]
    assert first.words[-3:] == ("raised", "sleep", ".")
    assert "2 annotations with evidence outside the abstract left out." in corpus.notes
    assert words(first, first.rationale) == ["raised sleep"]


def test_articles_in_no_split_and_undecided_questions(tmp_path):
    rows = [*ALL[:2], ALL[6], said("7", "1b", UP, ""), said("8", "1b", SAME, "")]
    corpus = load(write(tmp_path, *rows, splits=("1",)))
    assert [d.id for d in corpus.splits["train"]] == ["1a"]
    assert "1 annotation of articles in no split left out." in corpus.notes
    assert "1 question without a class that most annotators gave left out." in corpus.notes


def test_an_archive_and_recognition(tmp_path):
    folder = write(tmp_path / "ei", *ALL)
    packed = tmp_path / "ei.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in folder.rglob("*.*"):
            if path.is_file():
                archive.write(path, f"evidence/{path.relative_to(folder)}")
    assert load(packed).splits == load(folder).splits
    assert data_settings(str(folder)).source == "evidence-inference"
    assert data_settings(str(packed)).source == "evidence-inference"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (said("7", "1a", UP, "Ale raised", start=30), r"span \[30, 40\] has the text 'Ale raised'"),
        (said("7", "1a", UP, "Tea", start=900), r"span \[900, 903\] lies outside the text"),
        (said("7", "1z", UP, "Tea"), r"row 1: no prompt '1z' in prompts_merged\.csv"),
        (said("7", "3a", UP, "Tea"), r"row 1: no article PMC3\.txt"),
        (said("7", "1a", UP, "Tea", ("yes", "True")), r"Valid Label 'yes' is neither True nor False"),
        (said("7", "1a", "", "Tea"), r"row 1: Label is missing"),
        ((*said("7", "1a", UP, "Tea")[:-1], "x"), r"Evidence End 'x' is no whole number"),
    ],
)
def test_bad_rows_are_named(row, message, tmp_path):
    write(tmp_path, row, splits=None, prompts=("1a", "1b", "2a", "3a"))
    with pytest.raises(InputError, match=message):
        load(tmp_path)


def test_missing_files_are_named(tmp_path):
    write(tmp_path, *ALL)
    with pytest.raises(InputError, match=r"data\.subset 'title': abstract, or null"):
        load(tmp_path, subset="title")
    (tmp_path / "prompts_merged.csv").unlink()
    with pytest.raises(InputError, match=r"no prompts_merged\.csv in it"):
        load(tmp_path)
    (tmp_path / "annotations_merged.csv").unlink()
    with pytest.raises(InputError, match=r"no annotations_merged\.csv in it"):
        load(tmp_path)
