"""Fixtures around the invented run folder."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from reporting_fake_run import build_run

from workbench.reporting.report import write_report


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a report; tests read it and leave it as it is."""
    folder = build_run(tmp_path_factory.mktemp("runs") / "demo")
    write_report(folder)
    return folder


@pytest.fixture
def fresh_run(tmp_path: Path) -> Path:
    """A run folder of its own, without a report."""
    return build_run(tmp_path / "run")


@pytest.fixture
def quick_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn but not rendered, for tests about everything else."""
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: Path(path).write_bytes(b"image"))
