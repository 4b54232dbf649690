"""Sets with a manifest through `datasets`: the same texts, classes and splits as from their files."""

import datasets
import pytest

from workbench.config.data import DataSettings
from workbench.data.corpus import load_corpus
from workbench.data.readers.glue import hub_task
from workbench.errors import InputError


@pytest.fixture(autouse=True)
def _quiet():
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def save(folder, columns, names, **splits):
    """Save splits given as lists of (value per column..., label index)."""
    features = {column: datasets.Value("string") for column in columns}
    features["label"] = datasets.ClassLabel(names=names)
    parts = {
        split: datasets.Dataset.from_dict(
            dict(zip(features, map(list, zip(*rows, strict=True)), strict=True)),
            features=datasets.Features(features),
        )
        for split, rows in splits.items()
    }
    datasets.DatasetDict(parts).save_to_disk(folder)


def hub(path, **more):
    return load_corpus(DataSettings(source="hub", path=str(path), rationales="none", **more))


def contents(corpus):
    """What is in each split, whatever the ids are."""
    return {
        split: [(document.words, document.second, document.label) for document in documents]
        for split, documents in corpus.splits.items()
    }


def test_mnli_equals_its_files(tmp_path):
    names = ["entailment", "neutral", "contradiction"]
    train = [(f"premise {k}", f"claim {k}", k % 3) for k in range(60)]
    matched, mismatched = [("same genre", "claim", 0)], [("other genre", "claim", 2)]
    save(
        tmp_path / "glue" / "mnli", ["premise", "hypothesis"], names, train=train,
        validation_matched=matched, validation_mismatched=mismatched, test_matched=[("x", "y", -1)],
    )  # fmt: skip
    for file, rows in (("train", train), ("dev_matched", matched), ("dev_mismatched", mismatched)):
        lines = ["\t".join([a, b, names[label]]) for a, b, label in rows]
        path = tmp_path / "MNLI" / f"{file}.tsv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(["sentence1\tsentence2\tgold_label", *lines]), encoding="utf-8")
    for subset in ("mnli", "mnli-mismatched"):
        local = load_corpus(
            DataSettings(source="glue", path=str(tmp_path), subset=subset, rationales="none")
        )
        for corpus in (hub(tmp_path / "glue", subset=subset), hub(tmp_path / "glue" / subset)):
            assert contents(corpus) == contents(local)
            assert (corpus.labels, corpus.name) == (local.labels, local.name)
            assert corpus.splits["dev"]
    assert local.splits["test"][0].words == ("other", "genre")


def test_stsb_equals_its_files_though_the_hubs_numbers_are_float32(tmp_path):
    rows = [(f"one {k}", f"two {k}", f"{k % 6 * 0.95:.3f}") for k in range(60)]
    features = {"sentence1": datasets.Value("string"), "sentence2": datasets.Value("string"),
                "label": datasets.Value("float32")}  # fmt: skip
    parts = {}
    for name, part in (("train", rows), ("validation", rows[:3]), ("test", [("x", "y", "-1")])):
        columns = [list(column) for column in zip(*part, strict=True)]
        columns[2] = [float(score) for score in columns[2]]
        values = dict(zip(features, columns, strict=True))
        parts[name] = datasets.Dataset.from_dict(values, features=datasets.Features(features))
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "glue" / "stsb")
    for file, part in (("train", rows), ("dev", rows[:3])):
        path = tmp_path / "STS-B" / f"{file}.tsv"
        path.parent.mkdir(exist_ok=True)
        lines = ["\t".join(row) for row in [("sentence1", "sentence2", "score"), *part]]
        path.write_text("\n".join(lines), encoding="utf-8")
    local = load_corpus(
        DataSettings(source="glue", path=str(tmp_path), subset="stsb", rationales="none")
    )
    found = hub(tmp_path / "glue" / "stsb")
    assert contents(found) == contents(local)
    assert found.labels == local.labels == ("similarity",)
    assert {document.label for document in found.splits["test"]} == {"0", "0.95", "1.9"}


def test_dbpedia_equals_its_files(tmp_path):
    rows = [(f"Title {k}", f" Content {k}, really.", k % 2) for k in range(200)]
    names = list(hub_task("dbpedia_14").labels)
    save(tmp_path / "dbpedia_14", ["title", "content"], names, train=rows, test=rows[:1])
    for name, part in (("train", rows), ("test", rows[:1])):
        lines = [f'{label + 1},"{title}","{content}"\n' for title, content, label in part]
        (tmp_path / f"{name}.csv").write_text("".join(lines), encoding="utf-8")
    local = load_corpus(DataSettings(source="dbpedia", path=str(tmp_path), rationales="none"))
    found = hub(tmp_path / "dbpedia_14")
    assert contents(found) == contents(local)
    assert found.splits["dev"]
    save(tmp_path / "dbpedia_14", ["title", "content"], names, train=[("T", " ", 0)] * 2)
    with pytest.raises(InputError, match="train, row 1: content is empty"):
        hub(tmp_path / "dbpedia_14", text_column="content")


def test_hatexplain_equals_its_json(tmp_path):
    tokens = [["a", "b", "c"], ["d", "e"], ["f"], ["g"]]
    numbers = [[0, 0, 2], [1, 1, 1], [0, 1, 2], [2, 2, 2]]
    marks = [[[1, 1, 0], [0, 1, 0], [0, 0, 0]], [], [[1], [1]], [[1], [1], [0]]]
    columns = {
        "id": [f"p{k}" for k in range(4)], "post_tokens": tokens, "rationales": marks,
        "annotators": [{"label": labels} for labels in numbers],
    }  # fmt: skip
    train = datasets.Dataset.from_dict(columns)
    parts = {"train": train, "validation": train.select([0]), "test": train.select([1])}
    parts["validation"] = parts["validation"].map(lambda post: {"id": "q" + post["id"]})
    parts["test"] = parts["test"].map(lambda post: {"id": "r" + post["id"]})
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "hatexplain")
    corpus = load_corpus(
        DataSettings(source="hub", path=str(tmp_path / "hatexplain"), rationales="annotated")
    )
    assert [(d.id, d.label) for d in corpus.splits["train"]] == [
        ("p0", "hatespeech"), ("p1", "normal"), ("p3", "offensive"),
    ]  # fmt: skip
    assert [(s.start, s.end) for s in corpus.splits["train"][0].rationale] == [(1, 2)]
    union = DataSettings(
        source="hub", path=str(tmp_path / "hatexplain"), rationales="annotated", annotators="union"
    )
    marked = load_corpus(union).splits["train"][0].rationale
    assert [(s.start, s.end) for s in marked] == [(0, 2)]
    assert [d.id for d in corpus.splits["test"]] == ["rp1"]
    assert "1 post left out with three different labels (p2)." in corpus.notes


def test_names_and_own_columns(tmp_path, monkeypatch):
    asked = []

    def load(path, subset, *, trust_remote_code):
        assert trust_remote_code is False
        asked.append((path, subset))
        raise ConnectionError("no network")

    monkeypatch.setattr(datasets, "load_dataset", load)
    for path, subset in (("glue", "SST-2"), ("nyu-mll/glue/sst2", None), ("ag_news", None)):
        with pytest.raises(InputError, match="no network"):
            hub(path, subset=subset)
    assert asked == [("glue", "sst2"), ("nyu-mll/glue", "sst2"), ("ag_news", None)]
    with pytest.raises(InputError, match="no public labels"):
        hub("glue/ax")
    # A set of another name is left alone, and so is a column that was named.
    assert hub_task("mine/sst2") is None
    rows = [(f"one {k}", f"two {k}", k % 2) for k in range(40)]
    save(tmp_path / "glue" / "rte", ["sentence1", "other"], ["a", "b"], train=rows)
    with pytest.raises(InputError, match="no column sentence2; there are: sentence1, other, label"):
        hub(tmp_path / "glue" / "rte")
    found = hub(tmp_path / "glue" / "rte", text_column="other", second_column="sentence1")
    assert found.splits["train"][0].words[0] == "two"
