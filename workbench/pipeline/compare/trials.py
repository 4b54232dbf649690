"""One trial of a comparison: an ordinary run folder that shares its seed's dense model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.config.comparison import spelled
from workbench.config.evaluation import FaithfulnessSettings
from workbench.config.run import RunConfig
from workbench.metrics.classification import primary_metric
from workbench.runs.folder import Run
from workbench.runs.stages import Stages


@dataclass(frozen=True)
class Trial:
    """Which run: a method, or `method@label`, its strength (None: it has none) and a seed."""

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
    evaluation = config.evaluation.model_copy(
        update={"scorers": [], "controls": [], "faithfulness": FaithfulnessSettings()}
    )
    return without_stopwatch(config).model_copy(update={"evaluation": evaluation})


def without_stopwatch(config: RunConfig) -> RunConfig:
    """The same run with counted costs only, for times to be measured later, alone."""
    efficiency = config.efficiency.model_copy(update={"repeats": 0})
    return config.model_copy(update={"efficiency": efficiency})


def seconds_spent(folder: Path) -> float:
    """What the stages of a run took in this folder, by its stages.json."""
    return float(sum(stage["seconds"] for stage in Stages(folder).done.values()))


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
