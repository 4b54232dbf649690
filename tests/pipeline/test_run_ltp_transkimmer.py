"""LTP and Transkimmer go through the whole pipeline: models, predictions, scores, report."""

import json

import numpy as np
import pytest

from tests.helpers.tiny_runs import LAYERS, TinyRun, call, times, write_settings
from workbench.reporting.pages import run as report
from workbench.runs.folder import Run, load_run

NEW = ["ltp", "transkimmer"]
SETTINGS = (
    "methods=[dense, ltp, transkimmer]",
    "evaluation.scorers=[ltp, transkimmer, saliency, random]",
    # A few steps must be enough to drop something: the windows hold up to 32 tokens.
    "ltp={epochs: 1, batch_size: 8, last_threshold: 0.06, temperature: 0.02, checkpoint_steps: 2}",
    "transkimmer={epochs: 1, batch_size: 8, keep_bias: 0.3, checkpoint_steps: 2}",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    folder = tmp_path_factory.mktemp("priced")
    config = write_settings(folder)
    assert run(config, folder / "run") == 0
    return TinyRun(config, folder / "run")


def run(config, folder) -> int:
    return call("run", config, "--out", folder, *(part for s in SETTINGS for part in ("--set", s)))


@pytest.fixture
def found(made: TinyRun) -> Run:
    return load_run(made.folder)


@pytest.mark.parametrize("method", NEW)
def test_the_model_folder_is_whole(made: TinyRun, method: str) -> None:
    folder = made.folder / "models" / method
    described = json.loads((folder / "config.json").read_text())["workbench"]
    assert described["method"] == method
    assert (folder / "policy.safetensors").is_file()
    assert not list((made.folder / "checkpoints").glob(f"{method}-*"))


@pytest.mark.parametrize("method", NEW)
def test_predictions_show_dropped_tokens_and_their_cost(found: Run, method: str) -> None:
    frame = found.predictions.query("method == @method")
    assert len(frame) == 20
    tokens = np.stack(frame["tokens"].to_list())
    assert tokens.shape == (20, LAYERS)
    assert tokens[:, -1].sum() < found.predictions.query("method == 'dense'")["tokens"].str[-1].sum()
    assert (np.diff(tokens, axis=1) <= 0).all()
    if method == "ltp":
        assert (frame["flops"] <= frame["flops_dense"]).all()


@pytest.mark.parametrize("method", NEW)
def test_scores_are_written_under_the_methods_name(made: TinyRun, found: Run, method: str) -> None:
    frame = found.scores(method)
    assert set(frame["scorer"]) == set(frame["method"]) == {method}
    assert frame["kept"].notna().all()
    assert set(frame["kept"]) == {True, False}
    first = frame.query("layer == 0")
    assert first["score"].isna().all() == (method == "ltp")
    assert frame.query("layer == 1")["score"].dropna().between(0, 1).all()
    assert frame.query("token == '[CLS]'")["kept"].all()
    assert {path.stem for path in (made.folder / "scores").iterdir()} == {*NEW, "saliency", "random"}


def test_metrics_and_report_know_both(made: TinyRun, found: Run) -> None:
    for name in ("classification", "plausibility", "efficiency"):
        assert set(NEW) <= set(found.metrics(name)["method"])
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert "LTP importance" in page
    assert "Transkimmer" in page


def test_what_each_score_explains_is_told(made: TinyRun) -> None:
    about = json.loads((made.folder / "about.json").read_text())
    assert about["explains"].keys() == {*NEW, "saliency", "random"}
    assert not any("needs the method" in note for note in about["notes"])


def test_a_second_run_trains_nothing(made: TinyRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "write_report", lambda folder: folder / "report.html")
    models = times(made.folder / "models")
    assert run(made.config, made.folder) == 0
    assert models == times(made.folder / "models")
