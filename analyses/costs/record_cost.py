"""What locks, hashes and checks take of a run's time: a number of docs/reliability.md.

python analyses/costs/record_cost.py --config workbench/config/presets/demo.yaml
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from filelock import FileLock

from analyses.lib.study import run_script
from workbench.config.loading import load_config
from workbench.pipeline.checks import check_run
from workbench.pipeline.content import read_content
from workbench.pipeline.job import Job
from workbench.pipeline.run import make_run
from workbench.runs.folder import Run
from workbench.runs.manifest import write_stages
from workbench.storage.fingerprints import file_sha256
from workbench.storage.scratch import sweep

TIMED: dict[str, Callable[..., Any]] = {
    "hashes of files": file_sha256,
    "hashes of texts": read_content,
    "checks before the first step": check_run,
    "stages.json": write_stages,
    "sweeping": sweep,
}
OPTIONS = {"--config": {"type": Path, "required": True, "help": "a run's configuration"}}


def main(options: argparse.Namespace) -> None:
    """Make the run twice in a scratch folder; print the seconds and shares of each."""
    config = load_config(options.config)
    with TemporaryDirectory() as place:
        for title in ("a new run", "the finished run again"):
            seconds: Counter[str] = Counter()
            restore = _time(seconds)
            start = perf_counter()
            make_run(Job(Run(Path(place) / "run"), config), "run", lambda job: None)
            whole = perf_counter() - start
            restore()
            _tell(title, whole, seconds)


def _time(seconds: Counter[str]) -> Callable[[], None]:
    """Add up what the functions take, wherever they were imported; return what undoes it.

    A function inside another that is timed counts for the outer one; so does what reading texts takes,
    which a run needs anyway: it is taken off.
    """
    running: list[str] = []

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            running.append(name)
            start = perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                running.pop()
                if not running or name == "reading":
                    seconds[name] += perf_counter() - start

        return run

    changed = []
    texts = timed("reading", Job._texts)
    changed.append((Job, "_texts", Job._texts))
    Job._texts = texts
    changed.append((FileLock, "acquire", FileLock.acquire))
    FileLock.acquire = timed("the lock", FileLock.acquire)
    for module in [module for name, module in sys.modules.items() if name.startswith("workbench.")]:
        for name, function in TIMED.items():
            if getattr(module, function.__name__, None) is function:
                changed.append((module, function.__name__, function))
                setattr(module, function.__name__, timed(name, function))

    def restore() -> None:
        for owner, name, function in changed:
            setattr(owner, name, function)

    return restore


def _tell(title: str, whole: float, seconds: Counter[str]) -> None:
    reading = seconds.pop("reading", 0.0)
    if "hashes of texts" in seconds:
        seconds["hashes of texts"] -= reading
    spent = sum(seconds.values())
    print(f"{title}: {spent:.2f} of {whole:.1f} s, {spent / whole:.2%}")
    for name, value in seconds.most_common():
        print(f"  {name}: {value:.3f} s")


if __name__ == "__main__":
    run_script(main, __doc__, OPTIONS)
