"""A run is a folder, and the folder is the database."""

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
import yaml
from pyarrow import ArrowInvalid

from workbench.config.loading import dump_config, load_config
from workbench.config.run import RunConfig
from workbench.errors import InputError
from workbench.storage.atomic import replacing, write_json, write_text

CONFIG, ENVIRONMENT, STAGES = "config.yaml", "environment.json", "stages.json"
PREDICTIONS = "predictions.parquet"
ABOUT = "about.json"
COMPARISON = "compare.json"
"""What makes a folder a comparison: its cells and searches."""
PACKAGES = (
    "torch",
    "transformers",
    "captum",
    "accelerate",
    "datasets",
    "pandas",
    "numpy",
    "scikit-learn",
)


@dataclass(frozen=True)
class Run:
    """Read access to a run folder; everything after training is a function of it."""

    folder: Path

    @property
    def config(self) -> RunConfig:
        return load_config(self.folder / CONFIG, run_plugins=False)

    @property
    def environment(self) -> dict[str, Any]:
        return read_json(self.folder / ENVIRONMENT)

    @property
    def predictions(self) -> pd.DataFrame:
        """method, split, text_id, label, predicted, prob_<class>..., tokens, flops, flops_dense.

        Of a regression `label` and `predicted` are numbers, and there are no probabilities.
        `tokens` are those in each layer's self-attention. A method that cuts after it (PoWER-BERT) shows
        a layer's cut in the next layer's count; its FLOPs count the feed-forward part by itself. A
        student (DistilBERT) has as many entries as layers; `flops_dense` is its teacher's.
        """
        return read_table(self.folder / PREDICTIONS)

    def scores(self, scorer: str) -> pd.DataFrame:
        """One scorer's rows; see `records.COLUMNS`."""
        return read_table(self.folder / "scores" / f"{scorer}.parquet")

    @property
    def scorers(self) -> list[str]:
        """Names of the scorers that have been run."""
        return sorted(path.stem for path in (self.folder / "scores").glob("*.parquet"))

    def metrics(self, name: str) -> pd.DataFrame:
        """`classification`, `plausibility`, `efficiency`, `controls` or another of metrics/."""
        return read_table(self.metrics_file(name))

    def metrics_file(self, name: str) -> Path:
        """Where a metric table lies; the same rows are in a CSV file beside it."""
        return self.folder / "metrics" / f"{name}.parquet"

    def model_folder(self, method: str) -> Path:
        """Where a method's model lies; InputError lists the methods there are."""
        folder = self.folder / "models" / method
        if not folder.is_dir():
            there = ", ".join(sorted(path.name for path in folder.parent.glob("[!.]*"))) or "none yet"
            raise InputError(f"{self.folder}: no model {method!r} (there: {there})")
        return folder


def load_run(folder: str | Path) -> Run:
    """Open a run folder; InputError if it is none."""
    folder = Path(folder)
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder}: not a run folder (it has no {CONFIG})")
    return Run(folder)


def refuse_foreign(folder: Path, ours: str, kind: str) -> None:
    """InputError unless `folder` is new, empty, or a `kind` folder, which holds a file `ours`."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, not a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / ours).is_file():
        raise InputError(f"{folder}: is neither empty nor a {kind} folder; choose another --out")


def create_run(folder: Path, config: RunConfig) -> Run:
    """Make or update a run folder's config.yaml, and its environment.json if there is none.

    InputError for a folder that holds something else, or a run of another name.
    """
    refuse_foreign(folder, CONFIG, "run")
    if (folder / CONFIG).is_file() and (name := _name_of(folder)) != config.name:
        raise InputError(f"{folder}: holds the run {name!r}, not {config.name!r}; choose another --out")
    write_text(folder / CONFIG, dump_config(config))
    if not (folder / ENVIRONMENT).is_file():
        write_json(folder / ENVIRONMENT, describe_environment(config.seed))
    return Run(folder)


def _name_of(folder: Path) -> str:
    """The name in a run's configuration, be it of another version."""
    try:
        found = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        found = None
    return str(found.get("name")) if isinstance(found, dict) else ""


class Stages:
    """Which stages of a run are done, with which inputs; a stage whose key is unchanged is skipped."""

    def __init__(self, folder: Path, *, writes: bool = True, seed: int | None = None) -> None:
        """With `seed` the first stage that really runs describes the environment anew."""
        self.path, self.writes, self._seed = folder / STAGES, writes, seed
        self.done: dict[str, dict[str, Any]] = read_json(self.path) if self.path.is_file() else {}

    def is_done(self, name: str, key: str) -> bool:
        return self.done.get(name, {}).get("key") == key

    @contextmanager
    def record(self, name: str, key: str) -> Iterator[None]:
        """Time a stage and note it as done unless it raises."""
        if self.done.pop(name, None) is not None:
            # On disk too: a killed stage may have replaced its results already.
            self._write()
        if self.writes and self._seed is not None:
            write_json(self.path.with_name(ENVIRONMENT), describe_environment(self._seed))
            self._seed = None
        start = perf_counter()
        yield
        seconds = round(perf_counter() - start, 2)
        self.done[name] = {"key": key, "seconds": seconds, "finished": _now()}
        self._write()

    def adopt(self, other: "Stages", names: Iterable[str]) -> None:
        """Note as done what `other` has done and this folder shares; its seconds were spent there."""
        for name in names:
            self.done[name] = {**other.done[name], "seconds": 0.0, "shared": True}
        self._write()

    def _write(self) -> None:
        if self.writes:
            write_json(self.path, self.done)


def fingerprint(*parts: Any) -> str:
    """Short stable hash of JSON-able values."""
    text = json.dumps(parts, sort_keys=True, default=lambda value: value.model_dump(mode="json"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def write_table(frame: pd.DataFrame, path: Path, *, csv: bool = False, group: int | None = None) -> None:
    """Write Parquet (and the same rows as CSV beside it), whole or not at all; `group` rows at most in a
    row group."""
    with replacing(path) as beside:
        frame.to_parquet(beside, index=False, row_group_size=group)
    if csv:
        with replacing(path.with_suffix(".csv")) as beside:
            frame.to_csv(beside, index=False)


def remove_table(path: Path) -> None:
    """Remove what `write_table` wrote, if it is there."""
    for kind in (".parquet", ".csv"):
        path.with_suffix(kind).unlink(missing_ok=True)


def read_table(path: Path) -> pd.DataFrame:
    """Read Parquet; InputError for a missing or broken file."""
    if not path.is_file():
        raise InputError(f"{path}: missing; run `workbench evaluate` on this folder")
    try:
        return pd.read_parquet(path)
    except (ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not readable as Parquet: {str(error).splitlines()[0]}") from None


def read_json(path: Path) -> Any:
    """Read JSON; InputError for a missing or broken file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON: {error}") from None


def describe_environment(seed: int) -> dict[str, Any]:
    """Versions, commit, seed and machine, for environment.json."""
    # Here, because reading a run's tables needs no torch.
    import torch

    versions: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "workbench": importlib.metadata.version("rationale-workbench"),
        "commit": _commit(),
        "seed": seed,
        "started": _now(),
        "python": platform.python_version(),
        "packages": versions,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": _processor(),
            "cores": os.cpu_count(),
            "torch_threads": torch.get_num_threads(),
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        },
    }


def _commit() -> str | None:
    """Commit of the source tree, with -dirty when it has changes; None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
