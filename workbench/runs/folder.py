"""A run is a folder, and the folder is the database: the one place that opens and reads it."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.scorers import SCORERS
from workbench.config.loading import load_config, renamed_keys
from workbench.config.run import RunConfig
from workbench.errors import InputError
from workbench.metrics.label_sets import with_label_sets
from workbench.metrics.schemas import PREDICTIONS as PREDICTIONS_SCHEMA
from workbench.metrics.schemas import RUN_TABLES
from workbench.runs.answers import holds_answers
from workbench.runs.manifest import verify
from workbench.storage.atomic import read_json
from workbench.storage.locks import is_empty
from workbench.storage.strict_yaml import read_yaml
from workbench.storage.tables import read_table

CONFIG, ENVIRONMENT, ABOUT = "config.yaml", "environment.json", "about.json"
PREDICTIONS = "predictions.parquet"
MODEL_CARD, DATA_CARD = CARDS = ("README.md", "data_card.md")
"""They lie in the folder of every model."""
COMPARISON = "compare.json"
"""What makes a folder a comparison: its trials and searches."""
PARTS = "parts"
"""In a comparison's folder: what workers still write; gone once all of it has ended well."""
BENCH, ENGINE_BENCH = "bench.json", "engines.json"
"""What was timed by `bench`, and by `bench --engines`; the times are metric tables."""
_SCHEMAS = RUN_TABLES | {"predictions": PREDICTIONS_SCHEMA}
TABLES = tuple(_SCHEMAS)
"""The tables that a run may have; those of metrics/ that it was not asked for are not there."""


@dataclass(frozen=True)
class Run:
    """A run folder, read as it is now; everything after training is a function of it."""

    folder: Path

    @property
    def config(self) -> RunConfig:
        """The configuration; InputError where it is of a version that called its keys otherwise."""
        self.refuse_unreadable()
        return load_config(self.folder / CONFIG, run_plugins=False)

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, commit, seed and machine."""
        verify(self.folder, self.folder / ENVIRONMENT)
        return read_json(self.folder / ENVIRONMENT)

    @property
    def predictions(self) -> pd.DataFrame:
        """method, split, text_id, label, predicted, prob_<class>..., tokens, flops, flops_dense.

        Of a regression `label` and `predicted` are numbers, and there are no probabilities. Where a text
        has any number of labels they are tuples of names (lists in the file), in the model's order.
        `tokens` are those in each layer's self-attention. A method that cuts after it (PoWER-BERT) shows
        a layer's cut in the next layer's count; its FLOPs count the feed-forward part by itself. A
        student (DistilBERT) has as many entries as layers; `flops_dense` is its teacher's.
        """
        return self.metrics("predictions")

    def metrics(self, name: str) -> pd.DataFrame:
        """Return `classification`, `plausibility` or another metric table; InputError without it."""
        frame = self.table(name)
        return read_table(self.table_file(name)) if frame is None else frame

    def table(self, name: str) -> pd.DataFrame | None:
        """Return `predictions` or a table of metrics/; None where it is not there.

        Raises InputError where the file is damaged or lacks a column of the table's schema.
        """
        path = self.table_file(name)
        if not path.is_file():
            path = path.with_suffix(".csv")
        if not path.is_file():
            return None
        verify(self.folder, path)
        frame = read_table(path)
        if name in _SCHEMAS:
            _SCHEMAS[name].refuse_lacking(frame, path)
        return with_label_sets(frame) if name == "predictions" else frame

    def has_table(self, name: str) -> bool:
        """Return whether `table` finds a file, without reading it."""
        path = self.table_file(name)
        return path.is_file() or path.with_suffix(".csv").is_file()

    def table_file(self, name: str) -> Path:
        """Return where `predictions` or a table of metrics/ lies; metrics/ has the rows as CSV too."""
        if name == "predictions":
            return self.folder / PREDICTIONS
        return self.folder / "metrics" / f"{name}.parquet"

    def scores(self, scorer: str) -> pd.DataFrame:
        """Return one scorer's rows; see `token_scores.COLUMNS`."""
        verify(self.folder, self.score_file(scorer))
        return read_table(self.score_file(scorer))

    def score_file(self, scorer: str) -> Path:
        """Return where a scorer's table lies."""
        return self.folder / "scores" / f"{scorer}.parquet"

    @property
    def scorers(self) -> list[str]:
        """Names of the scorers that have been run."""
        return sorted(path.stem for path in self.folder.glob("scores/*.parquet"))

    def model_folder(self, method: str) -> Path:
        """Return where a method's model lies.

        Raises InputError, which lists the methods there are, without one, and for files that have
        changed since they were written.
        """
        folder = self.folder / "models" / method
        if not folder.is_dir():
            trained = ", ".join(sorted(path.name for path in folder.parent.glob("[!.]*"))) or "none yet"
            raise InputError(f"{self.folder}: no model {method!r} (there: {trained})")
        verify(self.folder, folder)
        return folder

    def written(self, name: str) -> dict[str, Any] | None:
        """Return `CONFIG`, `ENVIRONMENT` or `ABOUT` as it was written; None where it is not there.

        Raises InputError where the file is no mapping.
        """
        path = self.folder / name
        verify(self.folder, path)
        if not path.exists():
            return None
        return read_json(path) if path.suffix == ".json" else read_yaml(path)

    def refuse_unreadable(self) -> None:
        """Raise InputError for a configuration of a version that called its keys otherwise, and for one
        whose plug-ins are not loaded."""
        values = self.written(CONFIG) or {}
        refuse_unregistered(self.folder, values)
        renamed = renamed_keys(values)
        if renamed:
            version = (self.written(ENVIRONMENT) or {}).get("workbench")
            writer = f"workbench {version}" if version else "an earlier version"
            raise InputError(
                f"{self.folder}: was written by {writer}, whose keys {', '.join(renamed)} are called "
                f"{', '.join(dict.fromkeys(renamed.values()))} now; make it anew: "
                "workbench run CONFIG --out NEW"
            )


def load_run(folder: str | Path) -> Run:
    """Open a run folder; InputError if it is none, or one whose configuration has renamed keys.

    Example:
        >>> import workbench
        >>> run = workbench.load_run("runs/demo")
        >>> quality = run.metrics("classification")  # a data frame, one value per row
        >>> accuracy = quality[quality["metric"] == "accuracy"].set_index(["method", "split"])["value"]
    """
    run = Run(Path(folder))
    if holds_answers(run.folder):
        raise InputError(
            f"{folder}: holds models that answer questions (workbench answer), not a run; "
            "`workbench ask`, `export` and `bench` take it"
        )
    if not (run.folder / CONFIG).is_file():
        raise InputError(f"{folder}: not a run folder (it has no {CONFIG})")
    run.refuse_unreadable()
    return run


def refuse_unregistered(folder: Path, config: dict[str, Any]) -> None:
    """Raise InputError where a run's methods or scorers are not in the catalogue; tells what to do.

    Args:
        folder: The run's, for the message.
        config: What its config.yaml says.
    """
    unknown = [name for name in _names(config, "methods") if name not in METHODS]
    scorers = (name.partition("@")[0] for name in _names(config.get("evaluation"), "scorers"))
    unknown += [name for name in scorers if name not in SCORERS]
    if unknown:
        files = " ".join(f"--plugin {shlex.quote(file)}" for file in _names(config, "plugins"))
        advice = f"add {files}" if files else "install the package that registers them"
        raise InputError(
            f"{folder}: was made with {', '.join(dict.fromkeys(unknown))} of a plug-in that is not "
            f"loaded; {advice}"
        )


def _names(section: Any, key: str) -> list[str]:
    values = section.get(key) if isinstance(section, dict) else None
    return [str(value) for value in values] if isinstance(values, list) else []


def refuse_foreign(folder: Path, ours: str, kind: str) -> None:
    """Raise InputError unless a folder may be written.

    Args:
        folder: May be new or empty.
        ours, kind: The file that makes it one of ours, and what those are called.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, not a folder")
    if folder.is_dir() and not is_empty(folder) and not (folder / ours).is_file():
        raise InputError(f"{folder}: is neither empty nor a {kind} folder; choose another --out")


def refuse_other_run(folder: Path, name: str) -> None:
    """Raise InputError unless a folder is new, empty, or holds a run.

    Args:
        folder: What is to be written.
        name: What the run in it must be called.
    """
    refuse_foreign(folder, ENVIRONMENT, "run")
    try:
        before = Run(folder).written(CONFIG)
    except InputError:
        return  # Damaged: it is written anew.
    if before is not None and before.get("name") != name:
        raise InputError(
            f"{folder}: holds the run {before.get('name')!r}, not {name!r}; choose another --out"
        )
