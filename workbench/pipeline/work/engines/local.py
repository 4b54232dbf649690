"""Processes of this machine, each with as many threads as a unit has processors."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from workbench.pipeline.work.unit import RESULT, Unit
from workbench.pipeline.work.workers import Workers

TAKES = frozenset({"processes", "cpus", "retries"})
_GRACE = 5.0
"""Seconds that a process has to end once it is told to."""


def at_once(workers: Workers) -> int:
    """Return how many processes there will be; unless that is said, all processors have something."""
    return workers.processes or max(1, (os.cpu_count() or 1) // workers.cpus)


def open_engine(workers: Workers, folder: Path) -> "LocalEngine":
    """Return a pool of processes, none of which is there yet.

    Args:
        workers: How many, with how many threads each.
        folder: Not needed.
    """
    return LocalEngine(at_once(workers))


class LocalEngine:
    """A process carries out one unit after another, so that it imports what that takes once."""

    begins_again = False

    def __init__(self, at_once: int) -> None:
        self.at_once: int | None = at_once
        self.processes: list[subprocess.Popen[str]] = []
        self.idle: list[subprocess.Popen[str]] = []

    def submit(self, unit: Unit) -> "_LocalRun":
        """Hand a unit to an idle process, or a new one; one that measures time gets a new one."""
        if unit.resources.alone:
            self.close()  # Idle ones hold memory.
            process = self._start({})
        else:
            self.idle = [one for one in self.idle if one.poll() is None]
            process = self.idle.pop() if self.idle else self._start(_threads(unit.resources.cpus))
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(str(unit.folder)) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # It died just now: its run will tell.
        return _LocalRun(self, process, unit)

    def _start(self, environment: dict[str, str]) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "workbench.pipeline.work.pool"]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
        )  # fmt: skip
        self.processes.append(process)
        return process

    def close(self) -> None:
        """End all processes: those that do not end by SIGTERM are killed."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin is not None:
                process.stdin.close()
        self.processes, self.idle = [], []


@dataclass(frozen=True)
class _LocalRun:
    engine: LocalEngine
    process: "subprocess.Popen[str]"
    unit: Unit

    def ended(self) -> bool:
        if (self.unit.folder / RESULT).is_file():
            if not self.unit.resources.alone:
                self.engine.idle.append(self.process)
            return True
        return self.process.poll() is not None

    def why(self) -> str:
        code = self.process.wait()
        if code < 0:
            return f"its process was ended by {signal.Signals(-code).name}"
        return f"its process ended with code {code}"

    def stop(self) -> None:
        self.process.terminate()


def _threads(count: int) -> dict[str, str]:
    return {"OMP_NUM_THREADS": str(count)}
