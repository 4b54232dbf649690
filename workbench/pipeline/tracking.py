"""Experiment trackers, through Accelerate: what trainings and runs tell TensorBoard, W&B and others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from accelerate.tracking import get_available_trackers

from workbench.config.run import RunConfig
from workbench.errors import InputError
from workbench.runs.flat import flat_params
from workbench.storage.atomic import read_json, write_json
from workbench.storage.fingerprints import fingerprint

FOLDER = "tracking"
"""In a run's folder: what trackers write that keep files, a folder per training."""
IN_EXTRA = ("tensorboard", "trackio")
"""Trackers of the extra `tracking`."""
RESULTS = "results"
"""What the tracked run with the final tables is called; the others are called as the methods."""
TOLD = "told.json"
"""In `FOLDER`: by tracker a digest of the final numbers and settings that it has heard."""


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
    A tracker that raises is warned of once and hears no more; the others and the work go on.
    """

    def __init__(
        self,
        config: RunConfig,
        folder: Path,
        name: str,
        *,
        cpu: bool,
        warn: Callable[[str], object],
        only: Sequence[str] | None = None,
    ) -> None:
        """Prepare it; nothing is written without a value.

        Args:
            config: The run's; its name is the trackers' project.
            folder: The run's, whose address the trackers are told.
            name: Of the run in its project.
            cpu: Whether the models are on the CPU.
            warn: Hears of a tracker that fails.
            only: Those of the configuration's trackers that are told; None: all.
        """
        self.config, self.folder, self.name, self.cpu = config, folder, name, cpu
        self._warn = warn
        self._names = config.report_to if only is None else only
        self._begun: dict[str, Accelerator] = {}
        self.failed: list[str] = []
        """The trackers that have raised."""

    def log(self, values: Mapping[str, Any], step: int) -> None:
        """Tell the trackers some values.

        Args:
            values: Numbers by name.
            step: Of the training, from 1 on.
        """
        for name in self._names:
            if name not in self.failed:
                with self._surviving(name):
                    if name not in self._begun:
                        self._begin(name)
                    for tracker in self._begun[name].trackers:
                        tracker.log(dict(values), step=step)

    def end(self) -> None:
        """Close the run in every tracker; without a value there is none."""
        for name, accelerator in self._begun.items():
            with self._surviving(name):
                # Not end_training: it would end the process group, which later stages need.
                for tracker in accelerator.trackers:
                    tracker.finish()

    def _begin(self, name: str) -> None:
        # An Accelerator each: one that fails takes no other with it, and each has its own project.
        accelerator = Accelerator(cpu=self.cpu, log_with=name, project_dir=self.folder / FOLDER)
        self._begun[name] = accelerator
        said = flat_params(self.config) | {"run_folder": str(self.folder.resolve()), "part": self.name}
        named = {name: {"name": self.name} for name in ("wandb", "trackio")}
        named["mlflow"] = {"run_name": self.name}
        # TensorBoard has no projects: its folder is named after the run in it.
        project = self.name if name == "tensorboard" else self.config.name
        accelerator.init_trackers(project, config=said, init_kwargs=named)

    @contextmanager
    def _surviving(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # Each tracker's libraries have exceptions of their own.
            if name not in self.failed:
                self.failed.append(name)
                said = " ".join(f"{type(error).__name__}: {error}".split())
                self._warn(f"report_to: {name} failed and hears no more of {self.name} ({said})")


def tell_results(
    config: RunConfig,
    folder: Path,
    numbers: Mapping[str, float],
    *,
    cpu: bool,
    warn: Callable[[str], object],
) -> None:
    """Tell the final numbers to the trackers that have not heard them, or heard others.

    One that fails has not heard them, so that the next command tells it again.

    Args:
        config: The run's.
        folder: The run's.
        numbers: By name.
        cpu: Whether the models are on the CPU.
        warn: Hears of a tracker that fails.
    """
    settings = {key: value for key, value in flat_params(config).items() if key != "report_to"}
    digest = fingerprint(dict(numbers), settings)
    path = folder / FOLDER / TOLD
    heard = read_json(path) if path.is_file() else {}
    waiting = [name for name in config.report_to if heard.get(name) != digest]
    if not waiting:
        return
    tracked = Tracked(config, folder, RESULTS, cpu=cpu, warn=warn, only=waiting)
    try:
        tracked.log(numbers, step=1)
    finally:
        tracked.end()
    told = {name: digest for name in waiting if name not in tracked.failed}
    path.parent.mkdir(exist_ok=True)
    write_json(path, heard | told)


def epoch_values(measured: Mapping[str, Any]) -> dict[str, float]:
    """Return what is tracked after an epoch: dev quality and speed-up, and tokens left by layer."""
    tokens = {f"dev/tokens/layer{layer}": mean for layer, mean in enumerate(measured["tokens"])}
    return {"dev/quality": measured["quality"], "dev/speedup": measured["speedup"], **tokens}
