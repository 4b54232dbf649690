"""STS-B, a regression, goes through everything: eight methods, evaluation, report, comparison."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy import stats

from tests.helpers.tiny_comparisons import write_comparison_settings
from tests.helpers.tiny_regression import write_encoder, write_stsb
from tests.helpers.tiny_runs import TinyRun, call, write_settings
from workbench import classify
from workbench.attribution.options import Options
from workbench.attribution.registry import check_scorers
from workbench.errors import InputError
from workbench.models.classifier import load_classifier
from workbench.reporting.tables.comparison import comparison_table, pairs_table
from workbench.reporting.text.summary import quality_sentences
from workbench.runs.comparison import read_comparison
from workbench.runs.folder import Run, load_run
from workbench.runs.tables import read_run_data

METHODS = ["dense", "distilbert", "adapler", "top", "ltp", "transkimmer", "powerbert", "trbert"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    folder = tmp_path_factory.mktemp("stsb")
    evaluation = {"scorers": ["cp", "saliency", "random"], "controls": ["random"]}
    config = write_settings(folder, data=write_stsb(folder), evaluation=evaluation)
    write_encoder(folder / "bert")
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    training = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-3}
    settings |= {name: training for name in METHODS if name not in settings}
    settings["ltp"] = training | {"distil": 0.5}
    settings["methods"] = METHODS
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    assert call("run", config, "--out", folder / "run") == 0
    return TinyRun(config, folder / "run")


@pytest.fixture
def found(made: TinyRun) -> Run:
    return load_run(made.folder)


def test_every_method_predicts_a_value_for_every_pair(found: Run) -> None:
    frame = found.predictions.query("split == 'test'")
    assert frame["method"].drop_duplicates().tolist() == METHODS
    assert (frame.groupby("method").size() == 8).all()
    assert frame["label"].dtype == frame["predicted"].dtype == np.float64
    assert not [name for name in frame.columns if name.startswith("prob_")]
    assert sorted(frame.query("method == 'dense'")["label"]) == [0, 1, 2, 3, 4, 4, 5, 5]


def test_quality_is_both_correlations_with_intervals(found: Run) -> None:
    table = found.metrics("classification").query("split == 'test'").set_index(["method", "metric"])
    for method, own in found.predictions.query("split == 'test'").groupby("method"):
        for metric, compute in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
            row = table.loc[(method, metric)]
            assert row["value"] == pytest.approx(compute(own["label"], own["predicted"]).statistic)
            assert row["ci_low"] <= row["value"] <= row["ci_high"]
    assert set(table.index.get_level_values("metric")) == {"pearson", "spearman"}


def test_what_is_explained_is_the_value(found: Run) -> None:
    (said,) = found.scores("saliency")["target"].unique()
    assert said.endswith("the predicted similarity")


def test_controls_compare_squared_errors(found: Run) -> None:
    table = found.metrics("control_comparisons")
    assert set(table["metric"]) == {"neg_squared_error"}
    assert (table["method_value"] < 0).all()
    assert set(found.metrics("controls")["metric"]) == {"pearson", "spearman"}


def test_a_model_folder_says_that_it_is_a_regression(found: Run) -> None:
    folder = found.model_folder("adapler")
    model, tokenizer = load_classifier(folder)
    assert model.labels == ("similarity",)
    assert json.loads((folder / "config.json").read_text())["id2label"] == {"0": "similarity"}
    with pytest.raises(InputError, match="texts are put into classes, and here a value is predicted"):
        classify(model, tokenizer, ["a text"])


def test_the_report_and_the_terminal_name_the_metric(made: TinyRun, capsys) -> None:
    assert call("report", "--run", made.folder) == 0
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert "Pearson × 100" in page
    assert "accuracy" not in page.lower()
    dense, *_, last = quality_sentences(read_run_data(made.folder))
    assert "Pearson correlation" in dense
    assert "points" in last
    assert call("explain", "--run", made.folder, "--second", "a good film", "the wedding") == 0
    assert "similarity (" in capsys.readouterr().out


def test_what_needs_classes_is_refused(made: TinyRun, tmp_path: Path, capsys) -> None:
    asked = ["--set", "evaluation.faithfulness.scorers=[saliency]"]
    assert call("run", made.config, "--out", tmp_path / "run", *asked) == 2
    assert "drop of a class's probability" in capsys.readouterr().err
    out = tmp_path / "predictions.jsonl"
    assert call("export-predictions", "--run", made.folder, "--scorer", "cp", "--out", out) == 2
    assert "format is one of classes" in capsys.readouterr().err


def test_a_probability_is_not_explained(found: Run) -> None:
    model, _ = load_classifier(found.model_folder("dense"))
    with pytest.raises(InputError, match="'probability': classes have one"):
        check_scorers(["saliency"], model, Options(output="probability"))


def test_a_comparison_is_matched_in_points_of_pearson(tmp_path: Path) -> None:
    config = write_comparison_settings(tmp_path, methods=["adapler"], seeds=[0])
    write_encoder(tmp_path / "bert")
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    settings["run"]["data"] |= write_stsb(tmp_path)
    settings["strengths"] = {}
    settings["match"] = {"drop": 1.0, "tries": 1}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    assert call("compare", config, "--out", tmp_path / "out") in (0, 1)
    about = json.loads((tmp_path / "out" / "compare.json").read_text())
    dev = about["cells"][-1]["dev"]
    reference = load_run(tmp_path / "out" / "dense" / "seed0").predictions.query("split == 'dev'")
    pearson = stats.pearsonr(reference["label"], reference["predicted"]).statistic
    assert dev["loss"] == pytest.approx(100 * (pearson - dev["pearson"]))
    data = read_comparison(tmp_path / "out")
    assert data.quality == "pearson"
    assert "Pearson × 100" in comparison_table(data).shown.columns
    assert "squared error" in pairs_table(data).caption
