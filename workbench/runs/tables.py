"""Everything a report needs from a run folder, with what is missing named instead of invented."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.catalog.ordering import ordered
from workbench.catalog.scorers import SCORERS
from workbench.errors import InputError
from workbench.runs.folder import ABOUT, CONFIG, ENVIRONMENT, TABLES, Run, refuse_unregistered

_NEEDED = ("classification", "plausibility", "efficiency")
"""The metric tables that every finished run has."""


@dataclass(frozen=True)
class RunData:
    """The tables of one run; a frame is None, or absent from `metrics`, where its file is."""

    folder: Path
    config: dict[str, Any]
    environment: dict[str, Any]
    about: dict[str, Any]
    """`notes`: what was left out; `warnings`: what of the data is probably not what was meant;
    `explains`: what each scorer's numbers speak of; `data`: what each split holds
    (`DataCard.recorded`)."""
    predictions: pd.DataFrame | None
    metrics: dict[str, pd.DataFrame]
    missing: tuple[str, ...]
    """One sentence per file of the contract that is not there."""

    @cached_property
    def split(self) -> str:
        """The split that is reported: test where there is one, else the first."""
        frames = [f for f in (*self.metrics.values(), self.predictions) if f is not None]
        splits = [str(split) for frame in frames for split in frame["split"].unique()]
        return "test" if "test" in splits or not splits else splits[0]

    def rows(self, name: str, split: str | None = None) -> pd.DataFrame | None:
        """Return a split's rows, by default the reported one's, of a metric table; None without any."""
        return _of_split(self.metrics.get(name), split or self.split)

    @property
    def aims(self) -> pd.DataFrame | None:
        """What settings asked of the models, held against them on dev; None where nothing did."""
        return self.metrics.get("aims")

    @property
    def predicted(self) -> pd.DataFrame | None:
        """The reported split's predictions; None where there are none."""
        return _of_split(self.predictions, self.split)

    @property
    def warnings(self) -> list[str]:
        """Return what was warned of the data; nothing for a run of an earlier version."""
        told = self.about.get("warnings", [])
        return [f"Warning: {one}" for one in told] if isinstance(told, list) else []

    def score_files(self) -> list[Path]:
        """Return the score tables, scorers in the order of the figures."""
        run = Run(self.folder)
        return [run.score_file(name) for name in ordered(run.scorers, SCORERS)]


def read_run_data(folder: Path) -> RunData:
    """Read a run folder's configuration, environment, predictions and metrics.

    Missing files end up in `missing`. Raises InputError naming the path when the folder does not
    exist, holds no part of a run, or a file is damaged or lacks a column of its table's schema.
    """
    run = Run(Path(folder))
    if not run.folder.is_dir():
        raise InputError(f"{folder}: no such run folder")
    texts = {name: run.written(name) for name in (CONFIG, ENVIRONMENT, ABOUT)}
    missing = [f"{name} is not there." for name, text in texts.items() if text is None]
    metrics = {name: frame for name in TABLES if (frame := run.table(name)) is not None}
    predictions = metrics.pop("predictions", None)
    if predictions is None:
        missing.append("predictions.parquet is not there: no tokens per layer, no paired differences.")
    missing += [f"metrics/{name}.parquet is not there." for name in _NEEDED if name not in metrics]
    if not run.scorers:
        missing.append("scores/ is empty: no examples.")
    if not (texts[CONFIG] or metrics) and predictions is None:
        raise InputError(f"{folder}: not a run folder (no config.yaml, predictions or metrics)")
    config, environment, about = (text or {} for text in texts.values())
    refuse_unregistered(run.folder, config)
    return RunData(run.folder, config, environment, about, predictions, metrics, tuple(missing))


def _of_split(frame: pd.DataFrame | None, split: str) -> pd.DataFrame | None:
    if frame is None:
        return None
    frame = frame[frame["split"].astype(str) == split]
    return frame.reset_index(drop=True) if len(frame) else None
