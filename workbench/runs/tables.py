"""Everything a report needs from a run folder, with what is missing named instead of invented."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from workbench.catalog.methods import METHODS
from workbench.errors import InputError
from workbench.storage.atomic import yaml_value

_KEY = ("method", "split")
_NEEDED = {
    "classification": (*_KEY, "metric", "value", "ci_low", "ci_high", "n"),
    "plausibility": (
        "scorer", *_KEY, "layer", "unit", "universe", "selection", "metric", "value", "ci_low",
        "ci_high", "n",
    ),
    "efficiency": (*_KEY, "quantity", "batch_size", "value"),
}  # fmt: skip
_OPTIONAL = {
    "plausibility_counts": (
        "scorer", *_KEY, "unit", "universe", "windows", "windows_dropped", "texts", "texts_dropped",
    ),
    "random_spread": ("scorer", *_KEY, "layer", "unit", "universe", "metric", "sd", "draws"),
    "comparisons": (
        "scorer", *_KEY, "layer", "unit", "universe", "metric", "difference", "p_holm",
    ),
    "control_comparisons": (
        *_KEY, "control", "method_value", "control_value", "difference", "ci_low", "ci_high", "p_holm",
        "n", "draws",
    ),
    "faithfulness": (
        "scorer", *_KEY, "layer", "unit", "removal", "selection", "metric", "value", "ci_low", "ci_high",
        "n",
    ),
    "controls": (*_KEY, "control", "metric", "value", "ci_low", "ci_high", "n"),
    "stopwatch": ("contestant", "split", "batch_size", "round", "seconds"),
    "limits": (*_KEY, "batch_size", "measured", "predicted", "limit"),
    "chance": ("split", "unit", "universe", "selection", "metric", "value", "how", "draws", "n"),
    "earliest": (
        "scorer", *_KEY, "unit", "universe", "selection", "fpr_below", "tpr_above", "layer",
        "texts_share", "texts_median", "n",
    ),
    "agreement": (
        "scorer", "method", "layer", "against", "against_method", "against_layer", "split", "unit",
        "metric", "value", "ci_low", "ci_high", "n",
    ),
    "fpr_comparisons": (
        "scorer", *_KEY, "against", "layer", "unit", "universe", "selection", "metric", "difference",
        "p_holm", "n",
    ),
}  # fmt: skip
_PREDICTIONS = (*_KEY, "text_id", "label", "predicted", "tokens")
METRIC_TABLES = (*_NEEDED, *_OPTIONAL)
"""Tables of metrics/; those that a run was not asked for are not there."""

METHOD_ORDER = METHODS
CONTROLS = ("random", "uniform", "oracle")
SCORER_ORDER = (
    "cp", "top", "ltp", "transkimmer", "powerbert", "trbert", "saliency", "attention", "rollout",
)  # fmt: skip


@dataclass(frozen=True)
class RunData:
    """The tables of one run; a frame is None, or absent from `metrics`, where its file is."""

    folder: Path
    config: dict[str, Any]
    environment: dict[str, Any]
    about: dict[str, Any]
    """`notes`: what was left out; `explains`: what each scorer's numbers speak of; `data`: what each
    split holds (`DataCard.recorded`)."""
    predictions: pd.DataFrame | None
    metrics: dict[str, pd.DataFrame]
    missing: tuple[str, ...]
    """One sentence per file of the contract that is not there."""

    @cached_property
    def split(self) -> str:
        """The split that is reported: test where there is one, else the first."""
        splits: list[str] = []
        for frame in (*self.metrics.values(), self.predictions):
            if frame is not None:
                splits += map(str, frame["split"].unique())
        return "test" if "test" in splits or not splits else splits[0]

    def rows(self, name: str, split: str | None = None) -> pd.DataFrame | None:
        """The rows of a split, by default the reported one, of a metric table; None without any."""
        frame = self.metrics.get(name)
        if frame is None:
            return None
        frame = frame[frame["split"].astype(str) == (split or self.split)]
        return frame.reset_index(drop=True) if len(frame) else None

    @property
    def predicted(self) -> pd.DataFrame | None:
        """The reported split's predictions; None where there are none."""
        if self.predictions is None:
            return None
        frame = self.predictions[self.predictions["split"].astype(str) == self.split]
        return frame.reset_index(drop=True) if len(frame) else None

    def score_files(self) -> list[Path]:
        """The score tables, scorers in the order of the figures."""
        files = {path.stem: path for path in self.folder.glob("scores/*.parquet")}
        return [files[name] for name in ordered(files, (*SCORER_ORDER, *CONTROLS))]


def read_run_data(folder: Path) -> RunData:
    """Read a run folder's configuration, environment, predictions and metrics.

    Missing files end up in `missing`. Raises InputError naming the path when the folder does not
    exist, holds no part of a run, or a file is damaged or lacks a column of the contract.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such run folder")
    missing: list[str] = []
    config = _mapping(folder / "config.yaml", missing)
    environment = _mapping(folder / "environment.json", missing)
    about = _mapping(folder / "about.json", missing)
    predictions = read_run_table(folder, "predictions")
    if predictions is None:
        missing.append("predictions.parquet is not there: no tokens per layer, no paired differences.")
    metrics = {}
    for name in METRIC_TABLES:
        frame = read_run_table(folder, name)
        if frame is not None:
            metrics[name] = frame
        elif name in _NEEDED:
            missing.append(f"metrics/{name}.parquet is not there.")
    if not any(folder.glob("scores/*.parquet")):
        missing.append("scores/ is empty: no examples.")
    if not (config or metrics) and predictions is None:
        raise InputError(f"{folder}: not a run folder (no config.yaml, predictions or metrics)")
    return RunData(folder, config, environment, about, predictions, metrics, tuple(missing))


def read_run_table(folder: Path, name: str) -> pd.DataFrame | None:
    """`predictions` or one of `METRIC_TABLES` of a run folder; None where it is not there.

    Raises InputError where the file is damaged or lacks a column of the contract.
    """
    if name == "predictions":
        return _table(folder / name, _PREDICTIONS)
    return _table(folder / "metrics" / name, (_NEEDED | _OPTIONAL)[name])


def columns_of(name: str) -> list[str]:
    """The columns that every such table has."""
    return list(_PREDICTIONS if name == "predictions" else (_NEEDED | _OPTIONAL)[name])


def read_config(folder: Path) -> dict[str, Any]:
    """config.yaml of a run folder as it was written; empty where it is not there."""
    return _mapping(folder / "config.yaml", [])


def ordered(names: Iterable[object], known: Iterable[str]) -> list[str]:
    """The distinct names, known ones first and in their order, the others as they came."""
    distinct = list(dict.fromkeys(str(name) for name in names))
    first = [name for name in known if name in distinct]
    return [*first, *(name for name in distinct if name not in first)]


def _mapping(path: Path, missing: list[str]) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        value = json.loads(text) if path.suffix == ".json" else yaml_value(text)
    except FileNotFoundError:
        missing.append(f"{path.name} is not there.")
        return {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(value, dict):
        raise InputError(f"{path}: the top level must be a mapping of keys")
    return value


def _table(stem: Path, columns: tuple[str, ...]) -> pd.DataFrame | None:
    """`stem`.parquet, or `stem`.csv where only that exists."""
    for path in (stem.with_name(f"{stem.name}.parquet"), stem.with_name(f"{stem.name}.csv")):
        if not path.exists():
            continue
        try:
            frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
        lost = [name for name in columns if name not in frame.columns]
        if lost:
            raise InputError(f"{path}: lacks the column(s) {', '.join(lost)}")
        return frame
    return None
