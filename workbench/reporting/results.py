"""Quality and speed of every method of every run as one table, and its means over seeds."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from workbench.evaluation import seed_variance
from workbench.reporting.frames import RunFolder, Runs, reported
from workbench.reporting.run_data import METHOD_ORDER, ordered
from workbench.reporting.tables import quality_row, speed_row
from workbench.reporting.wording import spread

QUALITIES = ("accuracy", "macro_f1", "matthews")
_SHARED = ("backbone", "kernels")
"""Keys outside a method's own section and the dense model's that change what a method gives."""


def results(runs: Runs) -> pd.DataFrame:
    """One row per run and method on the reported split: run, data, seed, variant, then what
    `tables.quality_row` and `speed_row` say; NaN for what a run has not measured.

    A method, its settings and its seed count once: in a comparison every cell repeats the dense model
    of its seed. Raises InputError where no run has classification metrics.
    """
    runs.need("classification")
    quality = reported(runs.classification)
    speed = reported(runs.efficiency) if len(runs.efficiency) else runs.efficiency
    names = variants(runs, quality)
    rows = []
    for run in runs.runs:
        own, fast = quality[quality["run"] == run.name], speed[speed["run"] == run.name]
        for method in ordered(own["method"], METHOD_ORDER):
            row: dict[str, object] = {"run": run.name, "data": run.data, "seed": run.seed}
            row["variant"] = names[run.name, method]
            rows.append(row | quality_row(own, method, QUALITIES) | speed_row(method, fast))
    frame = pd.DataFrame(rows).astype({"seed": "Int64"})
    rank = ordered(frame["method"], METHOD_ORDER)
    frame = frame.sort_values("method", key=lambda c: c.map(rank.index), kind="stable")
    return frame.drop_duplicates(["data", "variant", "seed"]).reset_index(drop=True)


def variants(runs: Runs, frame: pd.DataFrame) -> dict[tuple[str, str], str]:
    """A name for every (run, method) of `frame`: the method, and after it the settings in which runs
    of the same data differ, seeds and names aside: `adapler phi=0.003`. Where a comparison searched the
    strength seed by seed, the method alone."""
    there = frame[["run", "method"]].astype(str).drop_duplicates().itertuples(index=False)
    by_name = {run.name: run for run in runs.runs}
    pairs = [(by_name[name], method) for name, method in there]
    settings = [_settings(run, method) for run, method in pairs]
    names: dict[tuple[str, str], str] = {}
    for (run, method), own in zip(pairs, settings, strict=True):
        alike = [
            other
            for (its, name), other in zip(pairs, settings, strict=True)
            if name == method and its.data == run.data and its.matched == run.matched
        ]
        differing = (
            []
            if run.matched
            else [key for key in own if any(other.get(key) != own[key] for other in alike)]
        )
        told = "".join(f" {key}={_spelled(own[key])}" for key in differing)
        names[run.name, method] = method + told
    return names


def in_method_order(names: Iterable[str]) -> list[str]:
    """The distinct variants, by their method."""
    distinct = list(dict.fromkeys(names))
    rank = ordered((name.partition(" ")[0] for name in distinct), METHOD_ORDER)
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


def over_seeds(frame: pd.DataFrame, quantities: list[str]) -> pd.DataFrame:
    """Mean and spread over seeds of `quantities`, columns of `results`: one row per data, variant,
    method and quantity with the columns of `seed_variance.SPREAD`. Missing values have no row."""
    keys = ["data", "variant", "method"]
    long = frame.melt(keys, quantities, var_name="quantity").astype({"value": float})
    return seed_variance.spread(long, [*keys, "quantity"])


def with_spread(row: Mapping[str, Any] | None, write: Callable[[float], str]) -> str:
    """`mean ± standard deviation`, the mean alone for one seed, a dash for nothing."""
    if row is None:
        return "–"
    return spread(row["value"], row["sd_seeds"], write)


def seeds_note(frame: pd.DataFrame) -> str:
    """What stands behind ±, of a frame of `over_seeds`."""
    counts = sorted(set(frame["seeds"].tolist()))
    if counts == [1]:
        return "One seed per method: there is no ±, and a difference may be luck of the seed."
    single = " A number without ± is of one seed." if 1 in counts else ""
    told = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"± is the standard deviation over seeds (n - 1); n = {told}.{single}"
