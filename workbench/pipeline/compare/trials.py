"""One trial of a comparison: an ordinary run folder that shares its seed's dense model."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.config.comparison import spelled
from workbench.config.evaluation import FaithfulnessSettings
from workbench.config.run import RunConfig
from workbench.metrics.classification import primary_metric
from workbench.pipeline.environment import describe_environment
from workbench.pipeline.evaluate import evaluate_run, evaluations
from workbench.pipeline.job import Job, Reporter
from workbench.pipeline.train import train_run
from workbench.runs.folder import Run, create_run
from workbench.runs.stages import Stages
from workbench.storage.atomic import share_folder

Reporters = Callable[[], Reporter]
"""Makes the reporter of one run."""
SHARED = {"dense": Path("models") / "dense", "saliency": Path("targets")}
"""The stages that all trials of a seed have in common, and the folder that each leaves."""


@dataclass(frozen=True)
class Trial:
    """Which run: a method, its strength (None: it has none) and a seed."""

    method: str
    strength: float | None
    seed: int

    @property
    def name(self) -> str:
        """Where it lies below the comparison's folder."""
        return f"cells/{self.method}/{spelled(self.strength)}-seed{self.seed}"

    @property
    def title(self) -> str:
        """What progress calls it."""
        at = "" if self.strength is None else f" at {spelled(self.strength)}"
        return f"{self.method}{at}, seed {self.seed}"


def without_extras(config: RunConfig) -> RunConfig:
    """The same run with neither stopwatch nor scores of tokens nor controls: enough for a search."""
    return config.model_copy(
        update={
            "evaluation": config.evaluation.model_copy(
                update={"scorers": [], "controls": [], "faithfulness": FaithfulnessSettings()}
            ),
            "efficiency": config.efficiency.model_copy(update={"repeats": 0}),
        }
    )


def is_finished(folder: Path, config: RunConfig) -> bool:
    """Whether every stage of the run was done with this configuration."""
    job = Job(Run(folder), config)
    # The targets' key is the dense model's: where that is done, they are.
    return all(job.stages.is_done(name, job.key(name)) for name in (*config.methods, *evaluations(job)))


def run_dense(folder: Path, config: RunConfig, reporters: Reporters) -> Job:
    """Train and evaluate a seed's dense model unless that is done; return its job, for trials to share.

    Args:
        folder: Its run folder.
        config: Its configuration.
        reporters: Makes the reporter of one run.
    """
    if is_finished(folder, config):
        return Job(Run(folder), config)
    job = Job(create_run(folder, config, describe_environment(config.seed)), config, reporters())
    _work(job)
    return job


def run_trial(folder: Path, config: RunConfig, base: Job, reporters: Reporters) -> None:
    """Train and evaluate one trial on its seed's dense run, unless that is done.

    Args:
        folder: Its run folder.
        config: Its configuration.
        base: The job of the dense run.
        reporters: Makes the reporter of one run.
    """
    if is_finished(folder, config):
        return
    _ = base.training_windows  # So that all notes about the texts are there.
    run = create_run(folder, config, describe_environment(config.seed))
    job = Job(run, config, reporters(), notes=list(base.notes), base=base)
    _share_dense(base, job)
    _work(job)


def seconds_spent(folder: Path) -> float:
    """What the stages of a run took in this folder, by its stages.json."""
    return float(sum(stage["seconds"] for stage in Stages(folder).done.values()))


def _work(job: Job) -> None:
    with job.reporter:
        train_run(job)
        evaluate_run(job)


def _share_dense(base: Job, job: Job) -> None:
    """Link the dense model and its targets into the trial, unless they are there."""
    key = job.key("dense")
    if all(job.stages.is_done(name, key) for name in SHARED):
        return
    for place in SHARED.values():
        share_folder(base.run.folder / place, job.run.folder / place)
    job.stages.adopt(base.stages, SHARED)


def dev_values(run: Run, method: str) -> dict[str, Any]:
    """On the dev split: `accuracy` (a regression's `pearson`), `loss` in its points against the run's
    dense model, and `speedup`, counted in unpadded FLOPs."""
    rows = run.predictions.query("split == 'dev'")
    own, dense = (rows[rows["method"] == name] for name in (method, "dense"))
    (name, value), (_, reference) = (
        primary_metric(part["label"].to_numpy(), part["predicted"].to_numpy()) for part in (own, dense)
    )
    return {
        name: value,
        "loss": 100 * (reference - value),
        "speedup": float(own["flops_dense"].sum() / own["flops"].sum()),
    }
