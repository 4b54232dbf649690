"""PoWER-BERT and TR-BERT go through the whole pipeline: models, predictions, scores, report."""

import json

import numpy as np
import pytest

from tests.helpers.tiny_runs import TinyRun, call, save_bert, times, write_settings
from workbench.models.classifier import load_classifier
from workbench.reporting.pages import run as report
from workbench.runs.folder import Run, load_run

NEW = ["powerbert", "trbert"]
SETTINGS = (
    "methods=[dense, powerbert, trbert]",
    "evaluation.scorers=[powerbert, trbert, saliency, random]",
    # Six steps must be enough to drop something.
    "powerbert={epochs: 1, batch_size: 8, retention_weight: 1, retention_learning_rate: 0.2}",
    "trbert={epochs: 1, batch_size: 8, keep_start: 0.51, selector_learning_rate: 0.05, samples: 2}",
)


def run(config, folder, *more: str) -> int:
    return call(
        "run", config, "--out", folder, *(part for s in (*SETTINGS, *more) for part in ("--set", s))
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    folder = tmp_path_factory.mktemp("between")
    config = write_settings(folder)
    save_bert(folder / "bert", layers=4)
    assert run(config, folder / "run") == 0
    return TinyRun(config, folder / "run")


@pytest.fixture
def found(made: TinyRun) -> Run:
    return load_run(made.folder)


@pytest.mark.parametrize("method", NEW)
def test_the_model_folder_is_whole(made: TinyRun, found: Run, method: str) -> None:
    folder = made.folder / "models" / method
    described = json.loads((folder / "config.json").read_text())["workbench"]
    assert described["method"] == method
    assert (folder / "policy.safetensors").is_file()
    assert not list((made.folder / "checkpoints").glob(f"{method}-*"))
    assert found.model_folder(method) == folder


def test_powerberts_counts_are_what_its_predictions_show(made: TinyRun, found: Run) -> None:
    model, _ = load_classifier(made.folder / "models" / "powerbert")
    assert model.policy.length == 32
    counts = np.array(model.policy.counts())
    assert (np.diff(counts) <= 0).all()
    assert 1 <= counts[-1] < 32
    kept = found.scores("powerbert").groupby(["text_id", "window", "layer"])["kept"].sum().unstack()
    windows = found.scores("powerbert").groupby(["text_id", "window"])["token_index"].max() + 1
    for layer, count in enumerate(counts):
        assert (kept[layer] == windows.clip(upper=count)).all()
    # Self-attention of layer l sees what layer l - 1 passed on.
    tokens = found.predictions.query("method == 'powerbert' and split == 'test'").set_index("text_id")
    for text_id, row in tokens["tokens"].items():
        own = kept.loc[text_id].sum()
        assert list(row) == [windows.loc[text_id].sum(), *own.iloc[:3]]


@pytest.mark.parametrize("method", NEW)
def test_predictions_show_dropped_tokens_and_their_cost(found: Run, method: str) -> None:
    frame = found.predictions.query("method == @method")
    assert len(frame) == 20
    tokens = np.stack(frame["tokens"].to_list())
    assert tokens.shape == (20, 4)
    assert (np.diff(tokens, axis=1) <= 0).all()
    assert tokens[:, -1].sum() < tokens[:, 0].sum()
    if method == "powerbert":
        assert (frame["flops"] < frame["flops_dense"]).all()


@pytest.mark.parametrize("method", NEW)
def test_scores_are_written_under_the_methods_name(made: TinyRun, found: Run, method: str) -> None:
    frame = found.scores(method)
    assert set(frame["scorer"]) == set(frame["method"]) == {method}
    assert set(frame["kept"]) == {True, False}
    scored = frame.dropna(subset=["score"])
    assert set(scored["layer"]) == ({0, 1, 2, 3} if method == "powerbert" else {1, 2})
    assert (scored["score"] >= 0).all()
    assert frame.query("token == '[CLS]'")["kept"].all()
    assert {path.stem for path in (made.folder / "scores").iterdir()} == {*NEW, "saliency", "random"}


def test_metrics_and_report_know_both(made: TinyRun, found: Run) -> None:
    for name in ("classification", "plausibility", "efficiency"):
        assert set(NEW) <= set(found.metrics(name)["method"])
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert "PoWER-BERT" in page
    assert "TR-BERT" in page


def test_a_second_run_trains_nothing(made: TinyRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "write_report", lambda folder: folder / "report.html")
    models = times(made.folder / "models")
    assert run(made.config, made.folder) == 0
    assert models == times(made.folder / "models")


def test_a_backbone_with_too_few_layers_for_two_selectors_is_named(tmp_path, capsys) -> None:
    config = write_settings(tmp_path)
    assert run(config, tmp_path / "run", "methods=[dense, trbert]") != 0
    assert "trbert needs a backbone of at least 4 layers" in " ".join(capsys.readouterr().err.split())
