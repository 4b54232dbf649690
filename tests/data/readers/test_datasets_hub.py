import datasets
import pytest

from workbench.config.data import DataSettings
from workbench.core.documents import Span
from workbench.data.corpus import load_corpus
from workbench.errors import InputError


@pytest.fixture
def saved(tmp_path):
    """Saves splits given as lists of (text, label index) with two named classes."""

    def save(**splits):
        features = datasets.Features(
            {
                "sentence": datasets.Value("string"),
                "label": datasets.ClassLabel(names=["worse", "better"]),
                "why": datasets.List(datasets.List(datasets.Value("int64"))),
            }
        )
        parts = {
            name: datasets.Dataset.from_dict(
                {
                    "sentence": [text for text, _ in rows],
                    "label": [label for _, label in rows],
                    "why": [[[0, 4]]] * len(rows),
                },
                features=features,
            )
            for name, rows in splits.items()
        }
        datasets.DatasetDict(parts).save_to_disk(tmp_path / "saved")
        return tmp_path / "saved"

    return save


def settings(path, **more):
    values = {"source": "hub", "path": str(path), "text_column": "sentence", "rationales": "none"}
    return DataSettings(**(values | more))


@pytest.fixture(autouse=True)
def _quiet():
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def rows(name, n):
    return [(f"{name} number {index}", index % 2) for index in range(n)]


def test_splits_names_classes_and_spans_are_taken_over(saved):
    path = saved(
        train=rows("train", 6), validation=rows("dev", 4), test=rows("test", 2), extra=rows("x", 2)
    )
    corpus = load_corpus(settings(path, rationales="annotated", rationale_column="why"))
    assert corpus.labels == ("worse", "better")
    assert [len(documents) for documents in corpus.splits.values()] == [6, 4, 2]
    assert corpus.splits["train"][1].label == "better"
    assert corpus.splits["dev"][0].id == "validation-1"
    assert corpus.splits["test"][0].rationale == (Span(0, 1),)
    assert "Split 'extra' is not used." in corpus.notes


def test_missing_and_unlabelled_splits_are_cut_from_train(saved):
    path = saved(train=rows("train", 400), test=[("hidden one", -1), ("hidden two", -1)])
    corpus = load_corpus(settings(path))
    assert sum(len(documents) for documents in corpus.splits.values()) == 400
    assert all(len(documents) > 20 for documents in corpus.splits.values())
    assert "Split 'test' carries no labels and is not used." in corpus.notes


def test_shared_texts_of_given_splits_are_counted(saved):
    path = saved(train=rows("same", 6), validation=rows("same", 2), test=rows("test", 2))
    assert (
        "2 texts shared by train and dev (the splits given are kept)."
        in load_corpus(settings(path)).notes
    )


def test_bad_hub_data_are_named(saved, tmp_path, monkeypatch):
    path = saved(train=[*rows("train", 4), ("odd", -1)], test=rows("test", 2))
    with pytest.raises(InputError, match=r"saved train, row 5: unknown label -1"):
        load_corpus(settings(path))
    with pytest.raises(InputError, match=r"no column text; there are: sentence, label, why"):
        load_corpus(settings(path, text_column="text"))
    with pytest.raises(InputError, match=r"needs data.path"):
        load_corpus(DataSettings(source="hub"))

    def no_network(*args, **kwargs):
        raise ConnectionError("the hub\ncannot be reached")

    monkeypatch.setattr(datasets, "load_dataset", no_network)
    with pytest.raises(
        InputError, match=r"'some/set/part' cannot be loaded \(the hub cannot be reached\)"
    ):
        load_corpus(settings("some/set", subset="part"))


def test_no_train_split(saved):
    with pytest.raises(InputError, match="no train split; there are: test"):
        load_corpus(settings(saved(test=rows("test", 2))))


def test_numbers_of_several_labels_get_their_names(tmp_path):
    classes = datasets.ClassLabel(names=["joy", "anger"])
    features = datasets.Features({"sentence": datasets.Value("string"), "label": datasets.List(classes)})
    labels = [[0], [1, 0], [], [1]]
    parts = {
        split: datasets.Dataset.from_dict(
            {"sentence": [f"{split} {n}" for n in range(4)], "label": labels}, features=features
        )
        for split in ("train", "validation", "test")
    }
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "saved")
    corpus = load_corpus(settings(tmp_path / "saved", task="multi-label"))
    assert corpus.labels == ("joy", "anger")
    targets = [corpus.task_type.target(document.label) for document in corpus.splits["dev"]]
    assert targets == [(1, 0), (1, 1), (0, 0), (0, 1)]


def test_a_value_of_a_hub_set_and_columns_of_labels(tmp_path):
    columns = {"sentence": [f"text {n}" for n in range(4)], "score": [1.5, 2.0, -1.0, 4.0],
               "joy": [1, 0, 1, 0], "anger": [0, 0, 1, 1]}  # fmt: skip
    parts = {split: datasets.Dataset.from_dict(columns) for split in ("train", "validation", "test")}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "saved")
    values = load_corpus(settings(tmp_path / "saved", task="regression", label_column="score"))
    assert (values.task, values.labels) == ("regression", ("score",))
    assert [one.label for one in values.splits["test"]] == ["1.5", "2", "-1", "4"]
    several = load_corpus(
        settings(tmp_path / "saved", task="multi-label", label_columns=["anger", "joy"])
    )
    assert [one.label for one in several.splits["test"]] == ["joy", "", "anger|joy", "anger"]
