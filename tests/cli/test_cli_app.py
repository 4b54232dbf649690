"""`workbench app` before Streamlit starts: what it refuses, and what it starts."""

import importlib.util
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from workbench.catalog.plugins import unload_plugins

SCORER = """
from workbench.catalog.scorers import register_scorer

@register_scorer(name="own", title="own", group="control", description="none", takes="window")
def own(window, layers, seed):
    return None
"""


def test_a_missing_folder_and_a_run_itself_are_refused(workbench, tmp_path: Path) -> None:
    answer = workbench("app", "--runs", tmp_path / "gone")
    assert answer.code == 2
    assert "no such folder of runs" in answer.error
    (tmp_path / "config.yaml").write_text("name: x\n")
    answer = workbench("app", "--runs", tmp_path)
    assert answer.code == 2
    assert f"--runs {tmp_path.parent}" in answer.error


@pytest.mark.parametrize("package", ["streamlit", "plotly"])
def test_a_missing_package_is_named_with_its_extra(
    workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == package else found(name)
    )
    answer = workbench("app", "--runs", tmp_path)
    assert answer.code == 2
    assert f"the app needs {package}" in answer.error
    assert "rationale-workbench[app]" in answer.error


def test_it_starts_on_this_machine_without_telemetry(
    workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def run(command: list[str], *, env: dict[str, str], check: bool) -> SimpleNamespace:
        started.append((command, env))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    answer = workbench("app", "--runs", tmp_path, "--port", "8600")
    assert answer.code == 0
    assert "http://localhost:8600" in answer.out
    ((command, environment),) = started
    options = dict(zip(command[5::2], command[6::2], strict=True))
    assert Path(command[4]).name == "main.py"
    assert Path(command[4]).is_file()
    assert options["--server.address"] == "localhost"
    assert options["--browser.gatherUsageStats"] == "false"
    assert options["--client.showErrorDetails"] == "none"
    assert environment["WORKBENCH_RUNS"] == str(tmp_path)
    assert environment["WORKBENCH_PLUGINS"] == ""


def test_its_server_is_told_of_plug_ins(
    workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "own.py"
    plugin.write_text(SCORER, encoding="utf-8")
    environments = []

    def run(command: list[str], *, env: dict[str, str], check: bool) -> SimpleNamespace:
        environments.append(env)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    try:
        assert workbench("app", "--runs", tmp_path, "--plugin", plugin).code == 0
    finally:
        unload_plugins()
    assert [env["WORKBENCH_PLUGINS"] for env in environments] == [str(plugin)]
