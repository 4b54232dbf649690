"""Every recipe of docs/cookbook.md, block by block, on a tiny backbone."""

import re
import shlex
from pathlib import Path

import pytest

from tests.helpers.docs_blocks import ROOT, Block, fenced, run_python
from tests.helpers.tiny_runs import call
from workbench.catalog.scorers import SCORERS

TEXT = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, flags=re.M | re.S))
BACKBONE = {"run": "backbone", "compare": "run.backbone"}
"""Command -> the key that gives it the tiny backbone; the recipes leave it at the packaged one."""


def test_there_are_ten_and_each_has_something_to_run() -> None:
    assert len(RECIPES) >= 10
    for name, text in RECIPES.items():
        assert {block.kind for block in fenced(text)} & {"python", "sh"}, name


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_runs(
    name: str, kitchen: Path, tiny_backbone: Path, request, capsys: pytest.CaptureFixture[str]
) -> None:
    request.addfinalizer(lambda: SCORERS.remove_from(Path("cookbook")))
    namespace: dict[str, object] = {}
    for block in fenced(RECIPES[name]):
        cook(block, kitchen, tiny_backbone, namespace, capsys)


def cook(block: Block, kitchen: Path, backbone: Path, namespace: dict[str, object], capsys) -> None:
    if block.title:
        (kitchen / block.title).write_text(block.code, encoding="utf-8")
    elif block.kind == "python":
        run_python(block.code, "cookbook", namespace)
    elif block.kind == "sh":
        for line in block.code.splitlines():
            program, *arguments = shlex.split(line)
            assert program == ".venv/bin/workbench"
            if arguments[0] in BACKBONE and not arguments[1].startswith("runs/demo"):
                arguments += ["--set", f"{BACKBONE[arguments[0]]}={backbone}"]
            capsys.readouterr()
            code = call(*arguments)
            assert code == 0, f"{line}\n{capsys.readouterr().err}"


def test_the_own_data_recipe_fits_on_fifteen_lines() -> None:
    (config,) = (
        block for block in fenced(RECIPES["Train and evaluate on your own CSV"]) if block.kind == "yaml"
    )
    assert len(config.code.splitlines()) <= 15
