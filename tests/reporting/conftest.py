"""Fixtures around the invented run folder."""

import shutil
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from reporting_fake_run import build_run

from workbench.reporting.report import write_report


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


@pytest.fixture
def quick_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn but not rendered, for tests about everything else."""
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: Path(path).write_bytes(b"image"))
