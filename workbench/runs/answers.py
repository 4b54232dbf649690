"""The folder of `workbench answer`, read as it is now."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.config.comparison import spelled
from workbench.config.questions import QuestionsConfig, load_questions_config
from workbench.errors import InputError
from workbench.storage.atomic import read_json
from workbench.storage.tables import read_table

CONFIG, DONE = "questions.yaml", "trained.json"
"""In the folder: the configuration, and by model what it was trained with."""


@dataclass(frozen=True)
class System:
    """A method at a strength."""

    method: str
    strength: float | None = None

    @property
    def name(self) -> str:
        """Return what its files are called."""
        return self.method if self.strength is None else f"{self.method}-{spelled(self.strength)}"


def systems_of(config: QuestionsConfig) -> Iterator[System]:
    """Yield every method at each of its strengths, the dense model first."""
    for method in config.run.methods:
        for strength in config.strengths.get(method, [None]):
            yield System(method, strength)


def title(system: System) -> str:
    """Return how a system is called in tables."""
    own = METHODS[system.method].title
    return own if system.strength is None else f"{own} {spelled(system.strength)}"


def holds_answers(folder: Path) -> bool:
    """Return whether a folder is one of `workbench answer`."""
    return (folder / CONFIG).is_file()


@dataclass(frozen=True)
class AnswersFolder:
    """What `workbench answer` wrote."""

    folder: Path

    @property
    def config(self) -> QuestionsConfig:
        """The configuration; InputError where it is damaged."""
        return load_questions_config(self.folder / CONFIG)

    def model_folder(self, system: str) -> Path:
        """Return where the model of a system, such as `dense` or `top-0.3`, lies.

        InputError, which lists those there are, where it is not there or its training has not ended.
        """
        done = read_json(self.folder / DONE) if (self.folder / DONE).is_file() else {}
        trained = [name for name in done if (self.folder / "models" / name).is_dir()]
        if system not in trained:
            there = ", ".join(trained) or "none yet"
            raise InputError(f"{self.folder}: no trained model {system!r} (there: {there})")
        return self.folder / "models" / system

    def system(self, name: str) -> System:
        """Return which system of the configuration is called so; InputError where there is none."""
        for system in systems_of(self.config):
            if system.name == name:
                return system
        raise InputError(f"{self.folder / CONFIG}: has no system {name!r} any more")

    @property
    def measured(self) -> pd.DataFrame | None:
        """Rows of `schemas.ANSWERS`; None where nothing has been judged yet."""
        path = self.folder / "metrics" / "answers.parquet"
        return read_table(path) if path.is_file() else None
