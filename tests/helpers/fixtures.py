"""Fixtures of several folders' tests: the tiny run, the invented run, and the command line."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from tests.helpers.fake_run import build_run
from tests.helpers.tiny_runs import TinyRun, call, finished_tiny_run
from workbench.cli.terminal import ERR, OUT
from workbench.reporting.pages.run import write_report
from workbench.runs.folder import Run, load_run


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """A finished run of the tiny configuration; tests leave it as it is."""
    return finished_tiny_run(tmp_path_factory)


@pytest.fixture(scope="session")
def finished(tiny: TinyRun) -> Run:
    """Read access to that run."""
    return load_run(tiny.folder)


@pytest.fixture
def copied(tiny: TinyRun, tmp_path: Path) -> Path:
    """A copy of the finished run, times of modification included."""
    return Path(shutil.copytree(tiny.folder, tmp_path / "run"))


@pytest.fixture(scope="session")
def built_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder without a report, to be copied."""
    return build_run(tmp_path_factory.mktemp("built") / "run")


@pytest.fixture(scope="session")
def finished_run(built_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a report; tests read it and leave it as it is."""
    folder = Path(shutil.copytree(built_run, tmp_path_factory.mktemp("runs") / "demo"))
    write_report(folder)
    return folder


@pytest.fixture
def fresh_run(built_run: Path, tmp_path: Path) -> Path:
    """A run folder of its own, without a report."""
    return Path(shutil.copytree(built_run, tmp_path / "run"))


def save_nothing(figure: Figure, target: Path | BytesIO, **_: object) -> None:
    """Stand in for `Figure.savefig`."""
    if isinstance(target, BytesIO):
        target.write(b"image")
    else:
        Path(target).write_bytes(b"image")


@pytest.fixture
def quick_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn but not rendered, for tests about everything else."""
    monkeypatch.setattr(Figure, "savefig", save_nothing)


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
    for console in (OUT, ERR):  # They read the variable when they were made.
        monkeypatch.setattr(console, "width", 200)

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        return Answer(call(*arguments), *capsys.readouterr())

    return run
