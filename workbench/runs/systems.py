"""What is trained side by side on one task, every method at each of its strengths, and its folder."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd
from pandas.api.types import is_numeric_dtype

from workbench.catalog.methods import METHODS
from workbench.config.comparison import spelled
from workbench.config.systems import SystemsConfig
from workbench.errors import InputError
from workbench.metrics.schemas import ANSWERS_PLAUSIBILITY, SYSTEMS, SYSTEMS_BY_LAYER
from workbench.metrics.table_schema import TableSchema
from workbench.storage.atomic import read_json
from workbench.storage.tables import read_table

DONE = "trained.json"
"""In the folder: by model what it was trained with."""
RESAMPLES = 5000
"""Behind the intervals and tests of what systems are worth."""


@dataclass(frozen=True)
class System:
    """A method at a strength."""

    method: str
    strength: float | None = None

    @property
    def name(self) -> str:
        """Return what its files are called."""
        return self.method if self.strength is None else f"{self.method}-{spelled(self.strength)}"

    @property
    def title(self) -> str:
        """Return how it is called in tables."""
        own = METHODS[self.method].title
        return own if self.strength is None else f"{own} {spelled(self.strength)}"


def systems_of(config: SystemsConfig) -> Iterator[System]:
    """Yield every method at each of its strengths, the dense model first."""
    for method in config.run.methods:
        for strength in config.strengths.get(method, [None]):
            yield System(method, strength)


@dataclass(frozen=True)
class SystemsFolder(ABC):
    """What `workbench answer` or `workbench tag` wrote, read as it is now."""

    folder: Path

    config_file: ClassVar[str]
    """What the configuration is called in the folder, which tells the two kinds apart."""
    said_name: ClassVar[Literal["answers", "tags"]]
    """What folders and frames of what models say are called."""

    @property
    @abstractmethod
    def config(self) -> SystemsConfig:
        """The configuration; InputError where it is damaged. No plug-in that it names is run."""

    @abstractmethod
    def said(self, system: str) -> dict[str, Any] | None:
        """Return what a system said of the judged texts by id; None where it has not been judged.

        InputError for a damaged file.
        """

    @property
    def trained(self) -> list[str]:
        """Return the names of the systems whose training has ended."""
        done = read_json(self.folder / DONE) if (self.folder / DONE).is_file() else {}
        return [name for name in done if (self.folder / "models" / name).is_dir()]

    def model_folder(self, system: str) -> Path:
        """Return where the model of a system, such as `dense` or `top-0.3`, lies.

        InputError, which lists those there are, where it is not there or its training has not ended.
        """
        trained = self.trained
        if system not in trained:
            there = ", ".join(trained) or "none yet"
            raise InputError(f"{self.folder}: no trained model {system!r} (there: {there})")
        return self.folder / "models" / system

    def system(self, name: str) -> System:
        """Return which system of the configuration is called so; InputError where there is none."""
        for system in systems_of(self.config):
            if system.name == name:
                return system
        raise InputError(f"{self.folder / self.config_file}: has no system {name!r} any more")

    @property
    def measured(self) -> pd.DataFrame | None:
        """Rows of `schemas.SYSTEMS`; None where nothing has been judged yet."""
        return self._table("", SYSTEMS)

    @property
    def by_layer(self) -> pd.DataFrame | None:
        """Rows of `schemas.SYSTEMS_BY_LAYER`; None where nothing has been judged yet."""
        return self._table("_by_layer", SYSTEMS_BY_LAYER)

    @property
    def plausibility(self) -> pd.DataFrame | None:
        """Rows of `schemas.ANSWERS_PLAUSIBILITY`; None where no scorer was asked for."""
        return self._table("_plausibility", ANSWERS_PLAUSIBILITY)

    def _table(self, ending: str, schema: TableSchema) -> pd.DataFrame | None:
        path = self.folder / "metrics" / f"{self.said_name}{ending}.parquet"
        if not path.is_file():
            return None
        frame = read_table(path)
        schema.refuse_lacking(frame, path)
        if not is_numeric_dtype(frame["value"]):
            raise InputError(f"{path}: the column value holds something else than numbers")
        return frame if len(frame) else None

    def _said(self, system: str) -> dict[str, Any] | None:
        path = self.said_file(system)
        return read_json(path) if path.is_file() else None

    def said_file(self, system: str) -> Path:
        """Return where what a system said lies, or would lie."""
        return self.folder / self.said_name / f"{system}.json"
