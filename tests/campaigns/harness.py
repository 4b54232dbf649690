"""Commands as forked children of a process that has imported everything: a start takes no time."""

import importlib
import os
import pkgutil
import select
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import workbench
from tests.campaigns.clock import fake_clocks, fake_pictures

LIMIT = 150.0
"""Seconds after which a child counts as hanging."""


@dataclass(frozen=True)
class Case:
    """One attack."""

    name: str
    """Says where and how; with the seed it is the reproduction."""
    command: str
    """What the counts are grouped by."""
    attack: Callable[[], str]
    """Does it; the reason why it was not survived, or nothing."""
    line: str = ""
    """The command line."""


class Skipped(Exception):
    """This attack needs what the machine does not have."""


@dataclass(frozen=True)
class Outcome:
    """How a child ended."""

    code: int
    """Exit code; -N for signal N."""
    out: str
    err: str
    seconds: float
    cpu: float
    """Processor seconds."""
    hung: bool = False

    @property
    def errors(self) -> list[str]:
        """The lines that say why."""
        return [line for line in self.err.splitlines() if line.startswith("error: ")]

    @property
    def last(self) -> str:
        """The last line said."""
        return ([*self.out.splitlines(), *self.err.splitlines()] or ["(nothing said)"])[-1][:400]

    def fault(self) -> str:
        """Why this is no clear refusal: nothing for exit code 1 or 2, and one line that says why."""
        if self.hung:
            return f"no end after {self.seconds:.0f} s"
        if self.code not in (1, 2):
            return f"exit {self.code}: {self.last}"
        if "Traceback" in self.err or "Traceback" in self.out:
            return f"a traceback: {self.last}"
        if self.code == 2 and self.err.count("─ Error ─") == 1:
            return ""
        if len(self.errors) != 1:
            return f"{len(self.errors)} error lines: {self.last}"
        said = self.errors[0].removeprefix("error: ")
        kind = said.split(":")[0]
        if kind.isidentifier() and kind.endswith(("Error", "Exception", "Zip", "Zipfile", "BadZipFile")):
            return f"a generic message: {said[:300]}"
        if any(ord(sign) < 32 or ord(sign) == 127 for sign in said):
            return f"control characters: {said[:300]!r}"
        return ""


class Child:
    """A function running in a fork of this process, what it prints kept."""

    numbers = count()

    def __init__(
        self, work: Callable[[], object], folder: Path, log: Path, pictures: bool = False
    ) -> None:
        """Start it.

        Args:
            work: What it does; its whole number is the exit code.
            folder: Where it stands.
            log: Folder for what it prints.
            pictures: Whether figures are really drawn.
        """
        self.pictures = pictures
        log.mkdir(parents=True, exist_ok=True)
        number = next(self.numbers)
        self.files = [log / f"{number}.{kind}" for kind in ("out", "err")]
        for path in self.files:
            path.touch()  # It may be killed before it can.
        sys.stdout.flush()
        sys.stderr.flush()
        ready, told = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(ready)
            self._be(work, folder, told)
        os.close(told)
        os.read(ready, 1)  # What a command is like begins when the child is set up.
        os.close(ready)
        self.start = time.monotonic()

    def _be(self, work: Callable[[], object], folder: Path, told: int) -> None:
        code = 70
        try:
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, path in enumerate(self.files, 1):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
            sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="backslashreplace")
            sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            warnings.resetwarnings()
            warnings.simplefilter("ignore")
            os.chdir(folder)
            fake_clocks()
            if not self.pictures:
                fake_pictures()
            os.close(told)
            code = int(work() or 0)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1 if end.code else 0
        except BaseException:
            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code)

    def wait(self, limit: float = LIMIT) -> Outcome:
        """Wait for its end; what is still there after `limit` seconds is killed and counts as hung."""
        handle = os.pidfd_open(self.process)
        ready, _, _ = select.select([handle], [], [], max(0, self.start + limit - time.monotonic()))
        os.close(handle)
        if not ready:
            os.killpg(self.process, signal.SIGKILL)
        _, status, usage = os.wait4(self.process, 0)
        out, err = (path.read_text(encoding="utf-8", errors="replace") for path in self.files)
        for path in self.files:
            path.unlink()
        code = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - self.start
        return Outcome(code, out, err, seconds, usage.ru_utime + usage.ru_stime, not ready)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal."""
        os.kill(self.process, number)


def import_all() -> None:
    """Import every module of the workbench and of the app's data, so that children have them."""
    import app.data

    for package in (workbench, app.data):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def call_main(arguments: Sequence[str]) -> None:
    """Be the command line."""
    from workbench.cli import main

    sys.argv = ["workbench", *arguments]
    main()
