"""A folder of `workbench answer` or `workbench tag`: what was measured, and what is missing."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench.config.data import DataSettings
from workbench.core.counts import counted
from workbench.data.rows import corpus_name
from workbench.errors import InputError
from workbench.reporting.tables.systems import (
    answers_by_layer_table,
    answers_plausibility_tables,
    answers_table,
    tags_by_layer_table,
    tags_table,
)
from workbench.reporting.tables.table import Table
from workbench.runs.answers import AnswersFolder
from workbench.runs.open_systems import OpenedSystems, systems_folder
from workbench.runs.systems import RESAMPLES, System, systems_of


@dataclass(frozen=True)
class SystemsData:
    """One folder of answers or tags; frames are None where nothing of the kind was measured."""

    opened: OpenedSystems
    systems: tuple[System, ...]
    """Those of the configuration."""
    trained: frozenset[str]
    """Names of those whose training has ended."""
    texts: str
    """What the corpus is called."""
    seed: int
    measured: pd.DataFrame | None
    by_layer: pd.DataFrame | None
    scored: pd.DataFrame | None

    @property
    def missing(self) -> list[str]:
        """Return a sentence for each system that is not trained or not judged yet."""
        measured = set() if self.measured is None else set(self.measured["system"])
        told = []
        for system in self.systems:
            if system.name not in self.trained:
                told.append(f"{system.title}: its training has not ended.")
            elif system.title not in measured:
                told.append(f"{system.title}: not judged yet.")
        return told

    @property
    def removed(self) -> list[str]:
        """Return the titles of systems that were measured, and that the configuration no longer has."""
        if self.measured is None:
            return []
        known = {system.title for system in self.systems}
        return [str(one) for one in self.measured["system"].unique() if one not in known]

    def values(self, metric: str) -> dict[str, float]:
        """Return a metric of every judged system, by title."""
        if self.measured is None:
            return {}
        rows = self.measured[self.measured["metric"] == metric]
        return dict(zip(rows["system"], rows["value"].astype(float), strict=True))


def read_systems(path: Path) -> SystemsData:
    """Read a folder; InputError where it is none of both, or a file of it is damaged.

    No plug-in that its configuration names is run.
    """
    opened = systems_folder(path)
    if opened is None:
        raise InputError(f"{path}: holds neither answers nor tags")
    config = opened.config
    return SystemsData(
        opened, tuple(systems_of(config)), frozenset(opened.trained), _name(config.run.data),
        config.run.seed, opened.measured, opened.by_layer, opened.plausibility,
    )  # fmt: skip


def _name(data: DataSettings) -> str:
    return corpus_name(data) if data.path or data.paths else str(data.source)


def quality_table(data: SystemsData) -> Table | None:
    """Return the table of F1 and FLOPs by system; None where nothing was judged."""
    if data.measured is None:
        return None
    n = data.measured.loc[data.measured["metric"] == "f1", "n"].max()
    answers = isinstance(data.opened, AnswersFolder)
    texts = f"{counted(0 if pd.isna(n) else int(n), 'question' if answers else 'text')} of {data.texts}"
    return (answers_table if answers else tags_table)(data.measured, texts, RESAMPLES)


def by_layer_table(data: SystemsData) -> Table | None:
    """Return the table of what passes each layer; None where no system drops tokens."""
    if data.by_layer is None:
        return None
    if isinstance(data.opened, AnswersFolder):
        return answers_by_layer_table(data.by_layer)
    return tags_by_layer_table(data.by_layer)


def plausibility_tables(data: SystemsData) -> dict[str, Table]:
    """Return the tables of scorers by what they are compared with: `answer`, `sentence`."""
    if data.scored is None:
        return {}
    marks = data.scored["marks"].astype(str)
    return {
        name: table
        for name in marks.unique()
        for table in answers_plausibility_tables(data.scored[marks == name], mark_best=False)
    }
