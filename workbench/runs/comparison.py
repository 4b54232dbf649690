"""What a comparison folder holds: a row per finished trial, predictions, and the groups of trials."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS, where_cut
from workbench.config.comparison import pruner, spelled
from workbench.errors import InputError
from workbench.metrics.classification import QUALITIES, judged_by
from workbench.metrics.method_rows import quality_row, speed_row
from workbench.runs.folder import COMPARISON
from workbench.runs.tables import RunData, read_run_data
from workbench.storage.atomic import read_json

COUNTED = "flops_speedup_unpadded"


@dataclass(frozen=True)
class Group:
    """Trials that differ in their seed, and, where they were searched, in their strength."""

    key: str
    """The method, with its label; with its strength where the grid has several of it, or none was
    searched."""
    method: str
    """With its label after a space, where the comparison gave it one."""
    kind: str
    """dense, grid or matched."""
    trials: tuple[str, ...]


@dataclass(frozen=True)
class ComparisonData:
    """A comparison, read from its folder."""

    folder: Path
    about: dict[str, Any]
    """compare.json."""
    split: str
    trials: pd.DataFrame
    """A row per finished run: name, method, strength, seed, kind (dense, grid, matched, or `try` for
    what a search passed by), dev_quality, dev_speedup, seconds, then what `quality_row` and
    `speed_row` say on the split, `cut` (where its layers do), and random_quality and random_high where
    the trial has controls."""
    predictions: dict[str, pd.DataFrame]
    """By trial: its own method's rows of the split."""
    groups: tuple[Group, ...]
    aims: dict[str, pd.DataFrame]
    """By trial: what settings asked of its own method, where they asked for something."""

    @property
    def quality(self) -> str:
        """The column of `trials` by which methods are judged: `accuracy`, of a regression `pearson`."""
        return next(name for name in QUALITIES if name in self.trials.columns)

    @property
    def compared(self) -> list[Group]:
        """The groups that stand against each other: a searched method's matched one, else all of it."""
        searched = {group.method for group in self.groups if group.kind == "matched"}
        return [g for g in self.groups if g.kind != "grid" or g.method not in searched]

    def rows(self, group: Group) -> pd.DataFrame:
        """Return the trials of one group."""
        return self.trials[self.trials["name"].isin(group.trials)]


def read_comparison(folder: Path) -> ComparisonData:
    """Read compare.json and the trials it names; InputError where the folder is no comparison, a file
    is damaged, or no run has finished."""
    folder = Path(folder)
    if not (folder / COMPARISON).is_file():
        raise InputError(f"{folder}: not a comparison (it has no {COMPARISON})")
    about = read_json(folder / COMPARISON, "cells", "groups")
    groups = _groups(about["groups"])
    kinds = {name: group.kind for group in reversed(groups) for name in group.trials}
    finished = [trial for trial in about["cells"] if not trial["error"]]
    if not finished:
        errors = "; ".join(f"{trial['name']}: {trial['error']}" for trial in about["cells"])
        raise InputError(f"{folder}: no run has finished ({errors or 'none was begun'})")
    runs = {trial["name"]: read_run_data(folder / trial["name"]) for trial in finished}
    rows = [
        {"kind": kinds.get(trial["name"], "try")} | _facts(trial) | _measured(runs[trial["name"]], trial)
        for trial in finished
    ]
    predictions = {}
    for trial in finished:
        frame = runs[trial["name"]].predicted
        if frame is None:
            raise InputError(f"{folder / trial['name']}: has no predictions; run the comparison again")
        own = frame[frame["method"] == pruner(trial["method"])]
        predictions[trial["name"]] = own.reset_index(drop=True)
    split = next(iter(runs.values())).split
    aims = {
        trial["name"]: held[held["method"].astype(str) == pruner(trial["method"])]
        for trial in finished
        if (held := runs[trial["name"]].aims) is not None
    }
    return ComparisonData(folder, about, split, pd.DataFrame(rows), predictions, groups, aims)


def in_words(method: str) -> str:
    """Return a comparison's `method@label` as tables name it, `method label`."""
    return method.replace("@", " ")


def _groups(described: list[dict[str, Any]]) -> tuple[Group, ...]:
    """In the order dense, then by method its matched group before its grid."""
    methods = list(dict.fromkeys(group["method"] for group in described))
    groups = []
    for group in sorted(described, key=lambda g: (methods.index(g["method"]), g["kind"] == "grid")):
        name = key = in_words(group["method"])
        if group["kind"] == "grid" and group["strength"] is not None:
            strength = METHODS[pruner(group["method"])].strength
            assert strength is not None
            key = f"{name} {strength.key}={spelled(group['strength'])}"
        groups.append(Group(key, name, group["kind"], tuple(group["cells"])))
    return tuple(groups)


def _facts(trial: dict[str, Any]) -> dict[str, Any]:
    dev = trial["dev"]
    return {
        "name": trial["name"],
        "strength": np.nan if trial["strength"] is None else trial["strength"],
        "seed": trial["seed"],
        "dev_quality": next(dev[name] for name in QUALITIES if name in dev),
        "dev_speedup": dev["speedup"],
        "seconds": trial["seconds"],
    }


def _measured(run: RunData, trial: dict[str, Any]) -> dict[str, Any]:
    classification = run.rows("classification")
    if classification is None:
        raise InputError(f"{run.folder}: has no classification metrics; run the comparison again")
    method = pruner(trial["method"])
    cut = where_cut(method, run.config)
    metric = judged_by(classification)
    row = quality_row(classification, method, QUALITIES[metric])
    row |= speed_row(method, run.rows("efficiency"))
    row |= {"method": in_words(trial["method"]), "cut": cut}
    controls = run.rows("controls")
    if controls is not None:
        at_random = controls.query("method == @method and control == 'random' and metric == @metric")
        if len(at_random):
            row["random_quality"], row["random_high"] = at_random[["value", "ci_high"]].mean()
    return row
