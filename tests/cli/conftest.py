"""The command line in this process, on the tiny run that the pipeline's tests use."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))

from tiny_runs import TinyRun, call, finished_tiny_run


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The only line on standard error."""
        assert "Traceback" not in self.err + self.out
        (line,) = self.err.splitlines()
        assert line.startswith("error: ")
        return line


Command = Callable[..., Answer]


@pytest.fixture
def workbench(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`workbench("run", path)`: exit code and output of the command."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        return Answer(call(*arguments), *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """A finished run of the tiny configuration; tests leave it as it is."""
    return finished_tiny_run(tmp_path_factory)


@pytest.fixture
def copied(tiny: TinyRun, tmp_path: Path) -> Path:
    """A copy of the finished run that a test may change."""
    return Path(shutil.copytree(tiny.folder, tmp_path / "run"))
