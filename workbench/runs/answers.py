"""The folder of `workbench answer`, read as it is now."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench.config.questions import QuestionsConfig
from workbench.config.systems import load_systems_config
from workbench.errors import InputError
from workbench.runs.systems import DONE, System, systems_of
from workbench.storage.atomic import read_json
from workbench.storage.tables import read_table

CONFIG = "questions.yaml"
"""In the folder: the configuration."""


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
        return load_systems_config(QuestionsConfig, self.folder / CONFIG, run_plugins=False)

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
        """Rows of `schemas.SYSTEMS`; None where nothing has been judged yet."""
        path = self.folder / "metrics" / "answers.parquet"
        return read_table(path) if path.is_file() else None
