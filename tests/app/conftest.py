"""Runs for the app's tests, and its pages without a browser."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.helpers.app_pages import MAIN, OpenPage
from tests.helpers.fake_run import SCRIPT, build_run
from tests.helpers.tiny_regression import finished_tiny_regression
from tests.helpers.tiny_runs import finished_tiny_run
from workbench.config.data import DataSettings
from workbench.config.loading import dump_config
from workbench.config.run import RunConfig
from workbench.pipeline.questions.job import QuestionsJob
from workbench.pipeline.tagging.job import TaggingJob
from workbench.reporting.pages.run import write_tables
from workbench.runs.tables import read_run_data


@pytest.fixture(scope="session")
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tiny`, a finished run with models, and `invented`, which has none and holds hostile strings, its
    texts in its scores only. Both have the report's tables. Tests leave them as they are."""
    root = tmp_path_factory.mktemp("app") / "runs"
    shutil.copytree(finished_tiny_run(tmp_path_factory).folder, root / "tiny")
    write_tables(read_run_data(build_run(root / "invented")))
    data = DataSettings(source="file", path="gone.csv", rationales="annotated")
    config = RunConfig(name=f"invented {SCRIPT.replace('/', '')}", data=data)
    (root / "invented" / "config.yaml").write_text(dump_config(config), encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def values_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`stsb`, a finished regression, and `tiny`; tests leave them as they are."""
    root = tmp_path_factory.mktemp("values") / "runs"
    shutil.copytree(finished_tiny_regression(tmp_path_factory).folder, root / "stsb")
    shutil.copytree(finished_tiny_run(tmp_path_factory).folder, root / "tiny")
    return root


@pytest.fixture
def own_folder(runs_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(runs_folder, tmp_path / "runs"))


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """`open_page(root, "data", run="tiny")`: the page of this name, with these choices in its URL."""

    def opened(root: Path, page: str, **query: str | list[str]) -> AppTest:
        monkeypatch.setenv("WORKBENCH_RUNS", str(root))
        app = AppTest.from_file(str(MAIN), default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        return app.switch_page(f"views/{page}.py").run()

    return opened


@pytest.fixture(scope="session")
def systems_root(
    tmp_path_factory: pytest.TempPathFactory, asked_job: QuestionsJob, tagged_job: TaggingJob
) -> Path:
    """`asked`, of `workbench answer`, and `tagged`, of `workbench tag`; tests leave them as they are."""
    root = tmp_path_factory.mktemp("systems") / "runs"
    shutil.copytree(asked_job.folder, root / "asked")
    shutil.copytree(tagged_job.folder, root / "tagged")
    return root


@pytest.fixture
def own_systems(systems_root: Path, tmp_path: Path) -> Path:
    """A copy of both that a test may damage."""
    return Path(shutil.copytree(systems_root, tmp_path / "runs"))
