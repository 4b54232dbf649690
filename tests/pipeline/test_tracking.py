"""Trackers hear losses, dev quality and final numbers; a tracker changes no stage of a run."""

import json
import shutil
from pathlib import Path
from typing import ClassVar

import accelerate
import pytest
import yaml
from accelerate.tracking import GeneralTracker

from tests.helpers.tiny_runs import METHODS, call, finished_tiny_run, write_settings
from workbench.config.loading import load_config
from workbench.config.run import RunConfig
from workbench.pipeline import tracking
from workbench.runs.flat import FLAT_METRICS, FLAT_PARAMS
from workbench.runs.folder import load_run
from workbench.runs.manifest import read_stages


@pytest.fixture
def finished(tmp_path_factory, tmp_path: Path) -> tuple[Path, Path]:
    """The configuration of a finished run, and a copy of its folder."""
    made = finished_tiny_run(tmp_path_factory)
    return made.config, Path(shutil.copytree(made.folder, tmp_path / "run"))


def test_a_run_leaves_flat_numbers_and_settings(finished) -> None:
    _, folder = finished
    numbers = json.loads((folder / FLAT_METRICS).read_text())
    quality = load_run(folder).metrics("classification")
    row = quality.query("method == 'top' and split == 'test' and metric == 'accuracy'")
    assert numbers["top.test.accuracy"] == row["value"].item()
    assert numbers["dense.test.flops_speedup_unpadded"] == 1.0
    assert "top.test.speedup_vs_hf.batch4" in numbers
    params = yaml.safe_load((folder / FLAT_PARAMS).read_text())
    assert (params["adapler.phi"], params["data.max_tokens"]) == (0.5, 32)
    assert params["methods"] == ", ".join(METHODS)
    assert not any(isinstance(value, dict | list) or value is None for value in params.values())
    assert "ltp.epochs" not in params


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("trackio", "report_to: trackio is not installed: pip install 'rationale-workbench[tracking]'"),
        ("wandb", "pip install wandb (the extra `tracking` has tensorboard and trackio)"),
    ],
)
def test_a_tracker_that_is_not_installed_is_refused_before_training(
    tmp_path: Path, monkeypatch, capsys, name: str, told: str
) -> None:
    monkeypatch.setattr(tracking, "get_available_trackers", list)
    out = tmp_path / "run"
    assert call("run", write_settings(tmp_path), "--out", out, "--set", f"report_to=[{name}]") == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert not (out / "config.yaml").exists()


def test_a_finished_run_that_reports_from_now_on_trains_nothing(finished, monkeypatch) -> None:
    config, folder = finished
    told: list[tuple[str, int]] = []
    before = read_stages(folder)["stages"]
    monkeypatch.setattr(tracking, "get_available_trackers", lambda: ["tensorboard"])
    monkeypatch.setattr(
        tracking.Tracked, "log", lambda self, values, step: told.append((self.name, len(values)))
    )
    again = ("run", config, "--out", folder, "--set", "report_to=[tensorboard]")
    assert call(*again) == 0
    assert load_config(folder / "config.yaml").report_to == ["tensorboard"]
    assert read_stages(folder)["stages"] == before
    assert told == [("results", len(json.loads((folder / FLAT_METRICS).read_text())))]
    assert call(*again) == 0
    assert len(told) == 1


class Notebook(GeneralTracker):
    """Notes what it hears in `heard`; the tracker called `broken` raises at each of the `faults`."""

    requires_logging_directory = True
    heard: ClassVar[list[tuple[str, str, str, str]]] = []
    """Tracker, its project, its folder's name, and what was called."""
    faults: ClassVar[set[str]] = set()

    def __init__(self, project: str, logging_dir: str, **_: object) -> None:
        super().__init__(_blank=True)
        self.project, self.place = project, Path(logging_dir).name

    @property
    def tracker(self) -> None:
        return None

    def _note(self, what: str) -> None:
        self.heard.append((self.name, self.project, self.place, what))
        if self.name == "wandb" and what in self.faults:
            raise ConnectionError(f"no {what}:\nunreachable")

    def start(self) -> None:
        self._note("start")

    def store_init_configuration(self, values: dict) -> None:
        self._note("settings")

    def log(self, values: dict, step: int | None, **_: object) -> None:
        self._note("values")

    def finish(self) -> None:
        self._note("finish")


@pytest.fixture
def notebooks(monkeypatch) -> type[Notebook]:
    """Trackers in the place of TensorBoard and W&B; the second has faults."""
    for name in ("tensorboard", "wandb"):
        kind = type(name, (Notebook,), {"name": name})
        monkeypatch.setitem(accelerate.tracking.LOGGER_TYPE_TO_CLASS, name, kind)
    there = [accelerate.utils.LoggerType(name) for name in ("tensorboard", "wandb")]
    for module in (accelerate.tracking, tracking):
        monkeypatch.setattr(module, "get_available_trackers", lambda: there)
    monkeypatch.setattr(Notebook, "heard", [])
    monkeypatch.setattr(Notebook, "faults", set())
    return Notebook


BOTH = ("--set", "report_to=[tensorboard, wandb]")


@pytest.mark.parametrize("fault", ["start", "settings", "values", "finish"])
def test_a_tracker_that_failed_is_told_the_results_once_more(
    tmp_path: Path, notebooks, fault: str
) -> None:
    config = RunConfig(report_to=["tensorboard", "wandb"])
    warnings: list[str] = []

    def heard() -> list[tuple[str, str]]:
        notebooks.heard.clear()
        tracking.tell_results(config, tmp_path, {"a": 0.5}, cpu=True, warn=warnings.append)
        return [(name, what) for name, *_, what in notebooks.heard]

    notebooks.faults.add(fault)
    calls = heard()
    said = f"ConnectionError: no {fault}: unreachable"
    assert warnings == [f"report_to: wandb failed and hears no more of results ({said})"]
    assert ("tensorboard", "values") in calls
    assert calls[-2:] == [("tensorboard", "finish"), ("wandb", "finish")]
    notebooks.faults.clear()
    assert heard() == [("wandb", what) for what in ("start", "settings", "values", "finish")]
    assert heard() == []
    assert len(warnings) == 1


def test_a_tracker_that_fails_ends_no_training_and_each_training_has_its_folder(
    tmp_path: Path, notebooks, capsys
) -> None:
    notebooks.faults.add("values")
    config = write_settings(tmp_path, evaluation={"scorers": []})
    assert call("run", config, "--out", tmp_path / "run", *BOTH, "--set", "methods=[dense, top]") == 0
    said = " ".join(capsys.readouterr().err.split())
    for part in ("dense", "top", "results"):
        assert said.count(f"report_to: wandb failed and hears no more of {part} (") == 1
    projects = [(name, project) for name, project, _, what in notebooks.heard if what == "start"]
    assert [project for name, project in projects if name == "tensorboard"] == [
        "dense",
        "top",
        "results",
    ]
    assert [project for name, project in projects if name == "wandb"] == ["tiny"] * 3
    assert {place for *_, place, _ in notebooks.heard} == {"tracking"}
    failed = [heard for heard in notebooks.heard if heard[0] == "wandb" and heard[-1] == "values"]
    assert len(failed) == 3
    assert (tmp_path / "run" / "report.html").is_file()
    notebooks.heard.clear()
    notebooks.faults.clear()
    assert call("run", config, "--out", tmp_path / "run", *BOTH, "--set", "methods=[dense, top]") == 0
    assert {heard[0] for heard in notebooks.heard} == {"wandb"}
    assert [heard[-1] for heard in notebooks.heard] == ["start", "settings", "values", "finish"]


def test_tensorboard_hears_losses_quality_and_results(tmp_path: Path) -> None:
    events = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed"
    )
    out = tmp_path / "run"
    arguments = ("--set", "report_to=[tensorboard]", "--set", "methods=[dense, top]")
    assert (
        call("run", write_settings(tmp_path, evaluation={"scorers": []}), "--out", out, *arguments) == 0
    )

    def heard(name: str) -> dict[str, list]:
        read = events.EventAccumulator(str(out / "tracking" / name))
        read.Reload()
        return {tag: read.Scalars(tag) for tag in read.Tags()["scalars"]}

    for method in ("dense", "top"):
        values = heard(method)
        steps = [event.step for event in values["train/loss"]]
        assert steps == list(range(1, len(steps) + 1))
        assert [event.step for event in values["dev/quality"]] == [steps[-1]]
        assert {"dev/speedup", "dev/tokens/layer0", "dev/tokens/layer2"} <= set(values)
    numbers = json.loads((out / FLAT_METRICS).read_text())
    told = {tag: event.value for tag, (event,) in heard("results").items()}
    assert told == pytest.approx(numbers, rel=1e-6)


def test_trackio_hears_it_without_a_connection(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    trackio = pytest.importorskip("trackio", reason="trackio is not installed")
    arguments = ("--set", "report_to=[trackio]", "--set", "methods=[dense]")
    config = write_settings(tmp_path, evaluation={"scorers": []})
    assert call("run", config, "--out", tmp_path / "run", *arguments) == 0
    runs = {run.name: run for run in trackio.Api().runs("tiny")}
    assert set(runs) == {"dense", "results"}
