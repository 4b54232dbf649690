"""Own files go through everything: any number of labels under eight methods, and values."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score
from transformers import AutoModelForSequenceClassification

from tests.helpers.own_labels import (
    LABELS,
    METHODS,
    SIZES,
    finished_tiny_labels,
    labels_of,
    write_valued,
)
from tests.helpers.tiny_regression import write_encoder
from tests.helpers.tiny_runs import TinyRun, call, write_settings
from workbench import classify, explain_text
from workbench.attribution.options import Options
from workbench.attribution.registry import check_scorers
from workbench.core.task_type import MultiLabel, Regression
from workbench.errors import InputError
from workbench.models.classifier import load_classifier
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.reporting.text.summary import quality_sentences
from workbench.runs.folder import Run, load_run
from workbench.runs.tables import read_run_data


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return finished_tiny_labels(tmp_path_factory)


@pytest.fixture
def found(made: TinyRun) -> Run:
    return load_run(made.folder)


def test_every_method_predicts_labels_for_every_text(found: Run) -> None:
    frame = found.predictions.query("split == 'test'")
    assert frame["method"].drop_duplicates().tolist() == METHODS
    first = sum(size for split, size in SIZES.items() if split != "test")
    truth = [tuple(labels_of(first + number)) for number in range(SIZES["test"])]
    shares = frame[[f"prob_{name}" for name in LABELS]].to_numpy()
    assert not np.allclose(shares.sum(axis=1), 1, atol=0.05)
    for method, rows in frame.groupby("method"):
        assert rows["label"].tolist() == truth, method
    for (_, row), answers in zip(frame.iterrows(), shares, strict=True):
        assert row["predicted"] == tuple(np.array(LABELS)[answers >= 0.5])


def test_quality_is_scikit_learns(found: Run) -> None:
    table = found.metrics("classification").query("split == 'test'").set_index(["method", "metric"])
    labels = found.metrics("labels").query("split == 'test'").set_index(["method", "class"])
    for method, rows in found.predictions.query("split == 'test'").groupby("method"):
        true, given = (
            [[name in one for name in LABELS] for one in rows[c]] for c in ("label", "predicted")
        )
        micro = f1_score(true, given, average="micro")
        assert table.loc[(method, "micro_f1"), "value"] == pytest.approx(micro)
        each = f1_score(true, given, average=None, zero_division=0)
        assert labels.loc[method].reindex(LABELS)["f1"].tolist() == pytest.approx(list(each))
    assert set(found.metrics("control_comparisons")["metric"]) == {"example_f1"}


def test_a_model_folder_says_what_its_outputs_mean(found: Run) -> None:
    for method in METHODS:
        folder = found.model_folder(method)
        assert json.loads((folder / "config.json").read_text())["problem_type"] == (
            "multi_label_classification"
        )
    model, tokenizer = load_classifier(found.model_folder("top"))
    assert isinstance(model.task_type, MultiLabel)
    text = "the bride falls in a"
    (answer,) = classify(model, tokenizer, [text])
    explained = explain_text(model, tokenizer, text)
    assert explained.probabilities == pytest.approx(answer.probabilities)
    expected = tuple(name for name, share in answer.probabilities.items() if share >= 0.5)
    assert explained.predicted == answer.predicted == expected


def test_gold_is_refused_and_a_label_can_be_named(found: Run) -> None:
    model, _ = load_classifier(found.model_folder("dense"))
    with pytest.raises(InputError, match="target 'gold': a text may have several labels"):
        check_scorers(["saliency"], model, Options(target="gold"))
    check_scorers(["saliency"], model, Options(target="joy", output="probability"))
    (said,) = found.scores("saliency")["target"].unique()
    assert said.endswith("logit of the likeliest label")


def test_an_export_answers_the_same_in_transformers_and_as_a_graph(
    found: Run, made: TinyRun, tmp_path: Path
) -> None:
    assert call("export", "--run", made.folder, "--method", "top", "--to", tmp_path / "hf") == 0
    exported = AutoModelForSequenceClassification.from_pretrained(tmp_path / "hf")
    assert exported.config.problem_type == "multi_label_classification"
    out = tmp_path / "onnx"
    assert call("export", "--run", made.folder, "--method", "top", "--to", out, "--format", "onnx") == 0
    manifest = json.loads((out / "graphs.json").read_text())
    assert (manifest["task"], manifest["dev"]["accuracy"]) == ("multi-label", None)
    (tmp_path / "texts.txt").write_text("the bride falls in a\nevery joke\n", encoding="utf-8")
    answers = []
    for folder, engine in ((found.model_folder("top"), "torch"), (out, "onnxruntime")):
        name = tmp_path / f"{engine}.jsonl"
        arguments = ["--model", folder, "--engine", engine, "--texts", tmp_path / "texts.txt"]
        assert call("predict", *arguments, "--out", name) == 0
        answers.append([json.loads(line) for line in name.read_text().splitlines()])
    for ours, theirs in zip(*answers, strict=True):
        assert ours["predicted"] == theirs["predicted"]
        assert ours["probabilities"] == pytest.approx(theirs["probabilities"], abs=1e-5)


def test_the_report_names_the_metric(made: TinyRun) -> None:
    assert call("report", "--run", made.folder) == 0
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert all(QUALITY_NAMES[name] in page for name in ("micro_f1", "macro_f1", "subset_accuracy"))
    dense, *_ = quality_sentences(read_run_data(made.folder))
    assert dense.startswith("dense: micro F1 ")
    card = (made.folder / "models" / "top" / "README.md").read_text(encoding="utf-8")
    assert "each with a probability of its own: anger, joy, surprise." in card


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["export-predictions", "--scorer", "cp"], "format is one of classes, and here a text has any"),
        (["run", "--set", "evaluation.faithfulness.scorers=[saliency]"], "here a text has any number"),
        (["data", "plant"], "shortcuts decide between classes, and here a text has any number"),
        (["data", "convert", "--to", "label-studio"], "asks for one class, jsonl holds several labels"),
    ],
)
def test_what_needs_one_class_is_refused(
    made: TinyRun, tmp_path: Path, capsys, command: list[str], said: str
) -> None:
    of = ["--run", made.folder] if command[0] == "export-predictions" else [made.config]
    name, rest = (command[:2], command[2:]) if command[0] == "data" else (command[:1], command[1:])
    assert call(*name, *of, *rest, "--out", tmp_path / "out") == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out" / "models").exists()


def test_another_wrong_problem_type_is_refused(found: Run, tmp_path: Path) -> None:
    source = found.model_folder("dense")
    folder = tmp_path / "model"
    folder.mkdir()
    for path in source.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"problem_type": "regression"}))
    with pytest.raises(InputError, match=r"problem_type is 'regression' of 3 outputs"):
        load_classifier(folder)


def test_a_csv_file_of_values_from_file_to_report(tmp_path: Path) -> None:
    evaluation = {"scorers": ["cp", "saliency"], "controls": []}
    config = write_settings(tmp_path, data=write_valued(tmp_path), evaluation=evaluation)
    write_encoder(tmp_path / "bert")
    folder = tmp_path / "run"
    assert call("run", config, "--out", folder) == 0
    run = load_run(folder)
    model, _ = load_classifier(run.model_folder("adapler"))
    assert (type(model.task_type), model.labels) == (Regression, ("stars",))
    frame = run.predictions.query("split == 'test' and method == 'dense'")
    first = SIZES["train"] + SIZES["dev"]
    assert frame["label"].tolist() == [(first + n) % 6 + 0.25 for n in range(SIZES["test"])]
    assert set(run.metrics("classification")["metric"]) == {"pearson", "spearman"}
    assert call("report", "--run", folder) == 0
    assert "Pearson × 100" in (folder / "report.html").read_text(encoding="utf-8")
