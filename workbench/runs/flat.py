"""A run's numbers and settings without nesting, as DVC, MLflow and other trackers take them."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from workbench.catalog.methods import METHODS
from workbench.config.run import RunConfig
from workbench.runs.folder import Run
from workbench.storage.atomic import write_text

FLAT_METRICS, FLAT_PARAMS = "metrics.json", "params.yaml"
"""In a run's folder: number by name, and setting by dotted key."""


def flat_metrics(run: Run) -> dict[str, float]:
    """Return quality and speed as `method.split.name`; what was measured by batch ends in `.batch32`.

    Raises InputError where the run has no tables of them yet.
    """
    numbers: dict[str, float] = {}
    for table, column in (("classification", "metric"), ("efficiency", "quantity")):
        for row in run.metrics(table).to_dict("records"):
            if pd.notna(row["value"]):
                batch = row.get("batch_size")
                ending = "" if batch is None or pd.isna(batch) else f".batch{int(batch)}"
                numbers[f"{row['method']}.{row['split']}.{row[column]}{ending}"] = float(row["value"])
    return numbers


def flat_params(config: RunConfig) -> dict[str, bool | int | float | str]:
    """Return the settings by dotted key, without those of methods that are not trained.

    Lists are joined by commas, and `null` stands for a setting that has no value.
    """
    values = config.model_dump(mode="json")
    for method in METHODS:
        if method not in config.methods:
            values.pop(method, None)
    return dict(_flattened(values, ""))


def _flattened(value: Any, name: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        dot = f"{name}." if name else ""
        return [pair for key, inner in value.items() for pair in _flattened(inner, f"{dot}{key}")]
    if isinstance(value, list | dict):
        return [(name, ", ".join(map(str, value)))]
    return [(name, "null" if value is None else value)]


def write_flat(run: Run, config: RunConfig) -> dict[str, float]:
    """Write metrics.json and params.yaml into a run's folder where they say something new.

    Args:
        run: The run, evaluated.
        config: Its configuration.

    Returns:
        The numbers of metrics.json.
    """
    numbers = flat_metrics(run)
    texts = {
        FLAT_METRICS: json.dumps(numbers, indent=2) + "\n",
        FLAT_PARAMS: yaml.safe_dump(flat_params(config), sort_keys=False, allow_unicode=True),
    }
    for name, text in texts.items():
        if text != _text(run.folder / name):
            write_text(run.folder / name, text)
    return numbers


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
