"""A comparison of tiny runs, whose trials take seconds, and one whose trainers are functions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.helpers.tiny_runs import save_bert, tiny_settings
from workbench.config.comparison import CompareConfig
from workbench.config.run import RunConfig
from workbench.errors import WorkbenchError
from workbench.pipeline.compare import run as compare
from workbench.pipeline.compare.run import Comparison
from workbench.pipeline.job import Reporter
from workbench.runs.folder import Run


def write_comparison_settings(folder: Path, **more: object) -> Path:
    """A backbone and a configuration of two methods, one with two strengths, and two seeds."""
    run = tiny_settings(save_bert(folder / "bert"))
    del run["name"]
    run["evaluation"] = {"bootstrap": 20, "scorers": []}
    run["efficiency"] = {"batch_sizes": [1, 4], "texts": 4, "repeats": 1}
    values = {
        "name": "tiny", "run": run, "methods": ["adapler", "top"], "seeds": [0, 1],
        "strengths": {"adapler": [0.4, 0.5]},
    }  # fmt: skip
    path = folder / "compare.yaml"
    path.write_text(yaml.safe_dump(values | more), encoding="utf-8")
    return path


@dataclass
class FakeJob:
    """A job without data."""

    run: Run
    config: RunConfig
    reporter: Reporter | None = None
    notes: list[str] = field(default_factory=list)
    base: "FakeJob | None" = None
    training_windows: tuple[()] = ()


class FakeTrainers:
    """Stands in for training: `speedup(method, strength, seed)`, which may raise; remembers calls."""

    def __init__(self, monkeypatch, speedup) -> None:
        self.speedup, self.made, self.lean, self.jobs = speedup, {}, [], []
        monkeypatch.setattr(compare, "Job", FakeJob)
        monkeypatch.setattr(compare, "make_run", self.make_run)
        monkeypatch.setattr(compare, "is_finished", lambda job: False)
        monkeypatch.setattr(compare, "is_trained", lambda job: compare.is_finished(job))
        monkeypatch.setattr(compare, "seconds_spent", lambda folder: 1.0)
        monkeypatch.setattr(compare, "dev_values", lambda run, method: self.made[str(run.folder)])

    def make_run(self, job, doing, finish) -> None:
        config = job.config
        self.jobs.append(job)
        if job.base is None:
            self.made[str(job.run.folder)] = {"accuracy": 0.9, "loss": 0.0, "speedup": 1.0}
            self.speedup("dense", None, config.seed)
            return
        assert job.base.config.seed == config.seed
        method = config.methods[1]
        strength = {"top": config.top.target_sparsity, "adapler": config.adapler.phi}[method]
        self.lean.append((method, strength, config.seed, not config.efficiency.repeats))
        value = self.speedup(method, strength, config.seed)
        self.made[str(job.run.folder)] = {"accuracy": 0.8, "loss": 10 * value, "speedup": value}

    def compare(
        self, folder: Path, only: Sequence[str] = (), **values: object
    ) -> tuple[bool, list[str]]:
        """Whether all went well, and what was told."""
        told: list[str] = []
        config = CompareConfig.model_validate({"methods": ["adapler"], "seeds": [0], **values})
        return Comparison(folder, config, Reporter, told.append, lambda _: None, only).run(), told


def diverging(*_: object) -> float:
    raise WorkbenchError("diverged")
