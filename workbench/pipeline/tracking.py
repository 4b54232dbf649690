"""Experiment trackers, through Accelerate: what trainings and runs tell TensorBoard, W&B and others."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from accelerate.tracking import get_available_trackers

from workbench.config.run import RunConfig
from workbench.errors import InputError
from workbench.runs.flat import flat_params

FOLDER = "tracking"
"""In a run's folder: what trackers write that keep files, a folder per training."""
IN_EXTRA = ("tensorboard", "trackio")
"""Trackers of the extra `tracking`."""
RESULTS = "results"
"""What the tracked run with the final tables is called; the others are called as the methods."""


def require_trackers(config: RunConfig) -> None:
    """Raise InputError, saying what to install, for a tracker that is not there."""
    there = {str(tracker) for tracker in get_available_trackers()}
    for name in config.report_to:
        if name not in there:
            package = "'rationale-workbench[tracking]'" if name in IN_EXTRA else name.replace("_", "-")
            extra = "" if name in IN_EXTRA else f" (the extra `tracking` has {' and '.join(IN_EXTRA)})"
            raise InputError(f"report_to: {name} is not installed: pip install {package}{extra}")


class Tracked:
    """One run in every tracker of a configuration: a method's training, or the results.

    It begins with the first value, after the training's own Accelerator, whose settings it then shares.
    """

    def __init__(self, config: RunConfig, folder: Path, name: str, *, cpu: bool) -> None:
        """Prepare it; nothing is written without a value.

        Args:
            config: The run's; its name is the trackers' project.
            folder: The run's, whose address the trackers are told.
            name: Of the run in its project.
            cpu: Whether the models are on the CPU.
        """
        self.config, self.folder, self.name, self.cpu = config, folder, name, cpu

    @cached_property
    def _trackers(self) -> Accelerator:
        own = self.folder / FOLDER
        accelerator = Accelerator(cpu=self.cpu, log_with=list(self.config.report_to), project_dir=own)
        said = flat_params(self.config) | {"run_folder": str(self.folder.resolve()), "part": self.name}
        named = {name: {"name": self.name} for name in ("wandb", "trackio")}
        named["mlflow"] = {"run_name": self.name}
        # TensorBoard has no projects: its folder is named after the run in it.
        only_files = set(self.config.report_to) == {"tensorboard"}
        project = self.name if only_files else self.config.name
        accelerator.init_trackers(project, config=said, init_kwargs=named)
        return accelerator

    def log(self, values: Mapping[str, Any], step: int) -> None:
        """Tell the trackers some values.

        Args:
            values: Numbers by name.
            step: Of the training, from 1 on.
        """
        if self.config.report_to:
            self._trackers.log(dict(values), step=step)

    def end(self) -> None:
        """Close the run in every tracker; without a value there is none."""
        if "_trackers" in self.__dict__:
            # Not end_training: it would end the process group, which later stages need.
            for tracker in self._trackers.trackers:
                tracker.finish()


def epoch_values(measured: Mapping[str, Any]) -> dict[str, float]:
    """Return what is tracked after an epoch: dev quality and speed-up, and tokens left by layer."""
    tokens = {f"dev/tokens/layer{layer}": mean for layer, mean in enumerate(measured["tokens"])}
    return {"dev/quality": measured["quality"], "dev/speedup": measured["speedup"], **tokens}
