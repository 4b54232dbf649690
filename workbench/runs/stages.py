"""Which stages of a run are done, from which inputs, and what each of them left in the folder."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from workbench.errors import InputError
from workbench.runs.environment import now
from workbench.runs.flat import FLAT_METRICS, FLAT_PARAMS
from workbench.runs.folder import CARDS, CONFIG, ENVIRONMENT, PREDICTIONS
from workbench.runs.manifest import STAGES, changes, read_stages, write_stages
from workbench.storage.atomic import write_json, write_text
from workbench.storage.fingerprints import file_sha256, fingerprint
from workbench.storage.scratch import scratch_folder

Recipe = Mapping[str, Any]
"""What a stage's result depends on: settings, content of files, keys of the stages that it reads."""

_ALWAYS = ("predictions", "plausibility", "efficiency")
"""Stages of every run, after training."""
_RESULTS = ("models", PREDICTIONS, "metrics", "scores")


class Stages:
    """The stages of a run that are done; one whose recipe is unchanged and whose files are whole is
    skipped.

    At any moment all results in the folder were made under its config.yaml: the first stage that ends
    under another configuration takes away what was made under the old one and does not hold any more.
    """

    def __init__(
        self,
        folder: Path,
        *,
        writes: bool = True,
        config: str | None = None,
        describe: Callable[[], dict[str, Any]] | None = None,
        recipe: Callable[[str], Recipe | None] = lambda name: None,
    ) -> None:
        """Read a run's stages.json, if it has one.

        Args:
            folder: The run's.
            writes: Whether this process writes what it does; the other processes of a run do not.
            config: The configuration under which stages are carried out, as config.yaml will hold it.
            describe: Gives the environment, which the first stage that really runs writes anew.
            recipe: Gives what a stage depends on under that configuration; None where it has none.
        """
        self.folder, self.writes = folder, writes
        self._config, self._describe, self._recipe = config, describe, recipe
        recorded = read_stages(folder)
        self.done: dict[str, dict[str, Any]] = recorded["stages"]
        self.files: dict[str, str] = recorded["files"]
        """SHA-256 of what is no stage's: the configuration and the environment."""
        self.content: dict[str, Any] = recorded["content"]
        """What the stages read from outside the folder, for whoever computes recipes to keep."""
        self._loose: dict[str, list[str]] = recorded["loose"]
        """By stage the files that are being put in place: some may be there, of a stage not yet done."""

    def refuse_unrecorded(self) -> None:
        """Raise InputError for results of which nobody knows what they were made from.

        Those of an earlier version, and those whose stages.json is gone while the configuration is now
        another.
        """
        if not self.done and not self._loose and self._config is not None:
            results = [name for name in _RESULTS if (self.folder / name).exists()]
            path = self.folder / CONFIG
            if results and not (path.is_file() and path.read_text(encoding="utf-8") == self._config):
                raise InputError(
                    f"{self.folder}: holds {', '.join(results)} of another configuration, and no "
                    f"{STAGES} that tells what they were made from; choose another --out"
                )
        if any("recipe" not in record for record in self.done.values()):
            raise InputError(
                f"{self.folder}: was made by an earlier version, which did not record what each stage "
                "read and wrote; it can be read, but not continued: choose another --out"
            )

    def is_done(self, name: str, recipe: Recipe) -> bool:
        """Return whether a stage was done from these inputs and what it left is there, unchanged."""
        record = self.done.get(name)
        return record is not None and record["key"] == fingerprint(recipe) and not self.damage(name)

    def damage(self, name: str) -> list[str]:
        """Return which of a stage's files are gone or hold something else, each with that said."""
        files = self.done[name].get("files", {})
        changed = changes(self.folder, files)
        return [f"{file} {'has changed' if there else 'is gone'}" for file, there in changed]

    def why(self, name: str, recipe: Recipe) -> str:
        """Return why a stage that was done before is not now, in a few words; empty for a new one."""
        record = self.done.get(name)
        if record is None:
            return ""
        before, after = _leaves(record.get("recipe", {})), _leaves(recipe)
        keys = [key for key in before | after if before.get(key) != after.get(key)]
        reasons = [_change(key, before.get(key), after.get(key)) for key in keys] or self.damage(name)
        more = len(reasons) - 3
        return "; ".join(reasons[:3]) + (f"; and {more} more" if more > 0 else "")

    @contextmanager
    def record(self, name: str, recipe: Recipe, *, shared: bool = False) -> Iterator[Path]:
        """Time a stage; unless it raises, put what it wrote in place, and note it as done.

        Yields a folder for the stage to write into as if it were the run's.

        Args:
            name: The stage.
            recipe: What it depends on.
            shared: Its files are another run's, where its seconds were spent.
        """
        if not self.writes:
            yield self.folder
            return
        scratch = scratch_folder(self.folder)
        try:
            start = perf_counter()
            yield scratch
            seconds = 0.0 if shared else round(perf_counter() - start, 2)
            record = self._new_record(recipe, seconds) | ({"shared": True} if shared else {})
            self._put_in_place(name, record, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def adopt_config(self) -> None:
        """Make the configuration the folder's, and remove the results that were made under another."""
        if self._config is None or not self.writes:
            return
        path = self.folder / CONFIG
        if path.is_file() and path.read_text(encoding="utf-8") == self._config and CONFIG in self.files:
            return
        stale = {name: r for name, r in self.done.items() if r["key"] != self._key(name)}
        # They speak of settings and numbers; a shared model's are its own.
        cards = (file for card in CARDS for file in self.folder.glob(f"models/*/{card}"))
        for file in cards:
            if not self.done.get(file.parent.name, {}).get("shared"):
                file.unlink()
        # No stage's either, and written anew from what the stages leave.
        self._remove([FLAT_METRICS, FLAT_PARAMS])
        self._remove([file for record in stale.values() for file in record.get("files", {})])
        self._remove([file for files in self._loose.values() for file in files])
        self._loose.clear()
        self.done = {name: record for name, record in self.done.items() if name not in stale}
        self.files.pop(CONFIG, None)
        self._write()
        write_text(path, self._config)
        self.files[CONFIG] = file_sha256(path)
        self._write()

    def rewritten(self, name: str, recipe: Recipe, paths: list[Path]) -> None:
        """Note that a command wrote some files anew.

        Args:
            name: What the command is called among the stages; it gets those files that no stage has.
            recipe: What it depends on.
            paths: The files.
        """
        self.done[name] = self._new_record(recipe, 0.0) | {"files": {}}
        for path in paths:
            file = path.relative_to(self.folder).as_posix()
            owner = next((n for n, r in self.done.items() if file in r.get("files", {})), name)
            self.done[owner]["files"][file] = file_sha256(path)
        self._write()

    def _new_record(self, recipe: Recipe, seconds: float) -> dict[str, Any]:
        return {"key": fingerprint(recipe), "recipe": recipe, "seconds": seconds, "finished": now()}

    def _put_in_place(self, name: str, record: dict[str, Any], scratch: Path) -> None:
        self.adopt_config()
        files = {
            path.relative_to(scratch).as_posix(): file_sha256(path)
            for path in sorted(scratch.rglob("*"))
            if path.is_file()
        }
        before = {*self.done.pop(name, {}).get("files", {}), *self._loose.get(name, [])}
        if self._describe is not None:
            self.files.pop(ENVIRONMENT, None)
        # Before anything moves: a reader must not miss the old files' hashes in the new ones.
        self._loose[name] = sorted(before | files.keys())
        self._write()
        self._remove(sorted(before - files.keys()))
        _move(scratch, self.folder)
        del self._loose[name]
        if self._describe is not None:
            write_json(self.folder / ENVIRONMENT, self._describe())
            self.files[ENVIRONMENT] = file_sha256(self.folder / ENVIRONMENT)
            self._describe = None
        self.done[name] = record | {"files": files}
        self._write()

    def _key(self, name: str) -> str:
        recipe = self._recipe(name)
        return "" if recipe is None else fingerprint(recipe)

    def _remove(self, files: list[str]) -> None:
        for file in files:
            path = self.folder / file
            path.unlink(missing_ok=True)
            if path.parent != self.folder and path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()

    def _write(self) -> None:
        if self.writes:
            parts = {"files": self.files, "content": self.content, "loose": self._loose}
            write_stages(self.folder, {**parts, "stages": self.done})


def _move(source: Path, target: Path) -> None:
    """Rename all files of a folder into another; a folder that is new there moves as a whole."""
    for entry in sorted(source.iterdir()):
        place = target / entry.name
        if entry.is_dir() and place.is_dir():
            _move(entry, place)
        else:
            os.replace(entry, place)


def _leaves(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for key, value in values.items():
        inner = isinstance(value, Mapping)
        leaves |= _leaves(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return leaves


def _change(key: str, before: Any, after: Any) -> str:
    """Say what has changed; hashes of content tell nothing but that."""
    kind, _, name = key.partition(".")
    if kind == "settings":
        return f"{name} was {before}, is {after}"
    return f"{name} ({kind}) has changed"


def unfinished_sentence(folder: Path, config: dict[str, Any]) -> str:
    """Return which stages a run has not finished; empty for a finished one, or one without a record."""
    if not (folder / STAGES).is_file() or "methods" not in config:
        return ""
    evaluation = config.get("evaluation") or {}
    sections = {name: evaluation.get(name) for name in ("controls", "faithfulness")}
    extras = [n for n, s in sections.items() if (s.get("scorers") if isinstance(s, dict) else s)]
    done = read_stages(folder)["stages"]
    missing = [name for name in (*config["methods"], *_ALWAYS, *extras) if name not in done]
    if not missing:
        return ""
    return (
        f"This run has not finished: {', '.join(missing)} still to come. What is below speaks of what "
        "there is; give the command that started the run again to go on, then `workbench report`."
    )
