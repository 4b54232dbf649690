"""A run that plug-ins made: without them one sentence names them, with them everything works."""

import re
from pathlib import Path

import pytest
import yaml

from tests.helpers.tiny_runs import ROOT, call, write_settings
from workbench.catalog.plugins import unload_plugins
from workbench.errors import InputError
from workbench.runs.folder import load_run
from workbench.runs.many import load_runs
from workbench.runs.tables import read_run_data

SCORER = """
import torch
from workbench.attribution.engine.observers import RowByRow
from workbench.catalog.scorers import register_scorer

@register_scorer(name="entropy", title="Entropy", group="attention", description="entropy")
class Entropy(RowByRow):
    def row(self, block):
        return torch.special.entr(block.probabilities).sum(-1).mean(1)
"""
TEXT = "A fine film."


@pytest.fixture(autouse=True)
def no_plugin_stays():
    yield
    unload_plugins()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[object]]:
    """A run of a method and a scorer of two files, and the options that load them."""
    folder = tmp_path_factory.mktemp("plugins")
    page = (ROOT / "docs" / "adding-a-method.md").read_text(encoding="utf-8")
    example = re.findall(r"```python\n(.*?)```", page, flags=re.S)[0]
    (folder / "norm.py").write_text(example, encoding="utf-8")
    (folder / "own.py").write_text(SCORER, encoding="utf-8")
    config = write_settings(folder, evaluation={"scorers": ["random", "entropy"]})
    options: list[object] = ["--plugin", folder / "norm.py", "--plugin", folder / "own.py"]
    code = call(
        "run", config, "--out", folder / "run", *options, "--set", "methods=[dense, norm]",
        "--set", "norm.epochs=1", "--set", "efficiency.repeats=0",
    )  # fmt: skip
    assert code == 0
    unload_plugins()
    return folder / "run", options


@pytest.fixture
def commands(made, tmp_path) -> list[list[object]]:
    """Every command that opens a run."""
    run, out = made[0], tmp_path / "out"
    (tmp_path / "texts.txt").write_text(f"{TEXT}\n", encoding="utf-8")
    return [
        ["explain", TEXT, "--run", run, "--method", "norm"],
        ["report", "--run", run],
        ["tables", run, "--out", out / "tables"],
        ["export", "--run", run, "--method", "norm", "--to", out / "model"],
        ["export-predictions", "--run", run, "--scorer", "entropy", "--out", out / "p.jsonl"],
        ["bench", "--run", run],
        ["attribute", "--run", run, "--texts", tmp_path / "texts.txt", "--scorers", "entropy",
         "--out", out / "scores"],
        ["evaluate", "--run", run],
        ["reproduce", run, "--out", out / "again"],
    ]  # fmt: skip


def test_without_the_plugins_every_command_names_them(workbench, made, commands):
    run, options = made
    for command in commands:
        answer = workbench(*command)
        assert answer.code == 2, command
        assert answer.error == (
            f"error: {run}: was made with norm, entropy of a plug-in that is not loaded; "
            f"add {' '.join(map(str, options))}"
        )
    assert not (commands[2][-1]).parent.exists()


def test_with_the_plugins_every_command_works(workbench, made, commands):
    for command in commands:
        answer = workbench(*command, *made[1])
        assert answer.code == 0, (command, answer.err)


def test_readers_of_many_runs_and_of_tables_refuse_it_too(made):
    for read in (load_run, load_runs, read_run_data):
        with pytest.raises(InputError, match="norm, entropy of a plug-in that is not loaded; add --pl"):
            read(made[0])


def test_what_only_a_package_can_register_is_asked_for(made, tmp_path):
    values = yaml.safe_load((made[0] / "config.yaml").read_text(encoding="utf-8"))
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(values | {"plugins": []}), encoding="utf-8")
    with pytest.raises(InputError, match=r"norm, entropy of .* install the package that registers them"):
        load_run(tmp_path)


def test_a_plugin_that_a_run_does_not_use_leaves_no_trace(made, workbench, tmp_path):
    config = write_settings(tmp_path, evaluation={"scorers": []})
    changes = ["--set", "methods=[dense]", "--set", "efficiency.repeats=0"]
    out = tmp_path / "run"
    assert workbench("run", config, "--out", out, *made[1], *changes).code == 0
    unload_plugins()
    assert load_run(out).config.plugins == []


def test_a_plugins_path_is_relative_to_the_working_directory(made, workbench, tmp_path, monkeypatch):
    config = write_settings(tmp_path)
    changes = ["--set", "plugins=[norm.py]", "--set", "methods=[dense, topp]"]
    answer = workbench("run", config, "--out", tmp_path / "run", *changes)
    assert answer.code == 2
    assert "norm.py: no such plug-in" in answer.error
    assert str(Path.cwd()) in answer.error
    monkeypatch.chdir(made[0].parent)
    answer = workbench("run", config, "--out", tmp_path / "run", *changes)
    assert "unknown method 'topp' (did you mean top?" in answer.error
    assert "norm" in answer.error


@pytest.mark.parametrize("value", ["norm.py", "[3]", "{a: 1}"])
def test_plugins_that_are_no_list_of_files_are_refused(workbench, tmp_path, value):
    config = write_settings(tmp_path)
    answer = workbench("run", config, "--out", tmp_path / "run", "--set", f"plugins={value}")
    assert answer.code == 2
    assert "plugins: expected a list of Python files" in answer.error
