"""Quality and speed of every method of every run as one table."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.metrics.method_rows import quality_row, speed_row
from workbench.reporting.tables.main import QUALITY_NAMES, primary_column
from workbench.reporting.tables.table import sorted_by
from workbench.runs.many import RunFolder, Runs, reported

_SHARED = ("backbone", "kernels")
"""Keys outside a method's own section and the dense model's that change what a method gives."""


def results(runs: Runs) -> pd.DataFrame:
    """Return a row per run and method on the reported split: run, data, seed, variant, then what
    `quality_row` and `speed_row` say; NaN for what a run has not measured.

    A method that a run's configuration names has a row, measured or not. A method, its settings and
    its seed count once: in a comparison every cell repeats the dense model of its seed. Raises
    InputError where no run has classification metrics.
    """
    runs.need("classification")
    quality = reported(runs.classification)
    speed = reported(runs.efficiency) if len(runs.efficiency) else runs.efficiency
    metrics = [name for name in QUALITY_NAMES if (quality["metric"] == name).any()]
    rows, pairs = [], []
    for run in runs.runs:
        judged, timed = quality[quality["run"] == run.name], speed[speed["run"] == run.name]
        for method in ordered([*judged["method"], *run.config.get("methods", [])], METHODS):
            keys: dict[str, object] = {"run": run.name, "data": run.data, "seed": run.seed}
            rows.append(keys | quality_row(judged, method, metrics) | speed_row(method, timed))
            pairs.append((run.name, method))
    frame = pd.DataFrame(rows).astype({"seed": "Int64"})
    names = variants(runs, pairs)
    frame.insert(3, "variant", [names[pair] for pair in pairs])
    measured_first = frame.sort_values("n", key=lambda n: n == 0, kind="stable")
    measured = sorted_by(measured_first, {"method": ordered(frame["method"], METHODS)})
    return measured.drop_duplicates(["data", "variant", "seed"]).reset_index(drop=True)


def primary_metric(frame: pd.DataFrame, data: str) -> str:
    """Return the column of `results` that judges a data set's methods: accuracy, or Pearson's r."""
    return primary_column(frame[frame["data"] == data]) or "accuracy"


def variants(runs: Runs, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Name every (run's name, method) of `pairs`: the method, and after it the settings in which
    runs of the same data differ, seeds and names aside: `adapler phi=0.003`. Where a comparison
    searched the strength seed by seed, the method alone."""
    by_name = {run.name: run for run in runs.runs}
    settings = {(run, method): _settings(by_name[run], method) for run, method in dict.fromkeys(pairs)}
    alike: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
    for (run, method), mine in settings.items():
        alike.setdefault((by_name[run].data, method, by_name[run].matched), []).append(mine)
    names = {}
    for (run, method), mine in settings.items():
        folder = by_name[run]
        others = [] if folder.matched else alike[folder.data, method, False]
        differing = [key for key in mine if any(other.get(key) != mine[key] for other in others)]
        names[run, method] = method + "".join(f" {key}={_spelled(mine[key])}" for key in differing)
    return names


def in_method_order(names: Iterable[str]) -> list[str]:
    """Sort the distinct variants by their method."""
    distinct = list(dict.fromkeys(names))
    rank = ordered((name.partition(" ")[0] for name in distinct), METHODS)
    return sorted(distinct, key=lambda name: rank.index(name.partition(" ")[0]))


def _settings(run: RunFolder, method: str) -> dict[str, Any]:
    sections: dict[str, Any] = {key: run.config.get(key) for key in _SHARED}
    for name in dict.fromkeys(("dense", method)):
        section = run.config.get(name)
        prefix = "" if name == method else f"{name}."
        sections |= {prefix + key: v for key, v in (section or {}).items() if isinstance(section, dict)}
    return sections


def _spelled(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
