"""Which stages of a run are done, and with which inputs."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from workbench.runs.environment import now
from workbench.runs.folder import ENVIRONMENT
from workbench.storage.atomic import read_json, write_json

STAGES = "stages.json"
_ALWAYS = ("predictions", "plausibility", "efficiency")


class Stages:
    """The stages of a run that are done; one whose key is unchanged is skipped."""

    def __init__(
        self,
        folder: Path,
        *,
        writes: bool = True,
        describe: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        """Read a run's stages.json, if it has one.

        Args:
            folder: The run's.
            writes: Whether this process writes what it does; the other processes of a run do not.
            describe: Gives the environment, which the first stage that really runs writes anew.
        """
        self.path, self.writes, self._describe = folder / STAGES, writes, describe
        self.done: dict[str, dict[str, Any]] = read_json(self.path) if self.path.is_file() else {}

    def is_done(self, name: str, key: str) -> bool:
        """Return whether a stage was done with the inputs that `key` stands for."""
        return self.done.get(name, {}).get("key") == key

    @contextmanager
    def record(self, name: str, key: str) -> Iterator[None]:
        """Time a stage and note it as done unless it raises."""
        if self.done.pop(name, None) is not None:
            # On disk too: a killed stage may have replaced its results already.
            self._write()
        if self.writes and self._describe is not None:
            write_json(self.path.with_name(ENVIRONMENT), self._describe())
            self._describe = None
        start = perf_counter()
        yield
        seconds = round(perf_counter() - start, 2)
        self.done[name] = {"key": key, "seconds": seconds, "finished": now()}
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
    """Return a short stable hash of JSON-able values."""
    text = json.dumps(parts, sort_keys=True, default=lambda value: value.model_dump(mode="json"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def unfinished_sentence(folder: Path, config: dict[str, Any]) -> str:
    """Return which stages a run has not finished; empty for a finished one, or one without a record."""
    if not (folder / STAGES).is_file() or "methods" not in config:
        return ""
    evaluation = config.get("evaluation") or {}
    sections = {name: evaluation.get(name) for name in ("controls", "faithfulness")}
    extras = [n for n, s in sections.items() if (s.get("scorers") if isinstance(s, dict) else s)]
    done = read_json(folder / STAGES)
    missing = [name for name in (*config["methods"], *_ALWAYS, *extras) if name not in done]
    if not missing:
        return ""
    return (
        f"This run has not finished: {', '.join(missing)} still to come. What is below speaks of what "
        "there is; give the command that started the run again to go on, then `workbench report`."
    )
