"""The tiny finished run, and copies of it that a test may change."""

import shutil
from pathlib import Path

import pytest
from tiny_runs import TinyRun, finished_tiny_run

from workbench.runs import Run, load_run


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
