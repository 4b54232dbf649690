"""Each entry point shows an example, which runs on a finished run as it stands."""

import ast
import doctest
from pathlib import Path

import pytest

import workbench
from tests.helpers.docs_blocks import ROOT

STUB = ast.parse((ROOT / "workbench" / "__init__.pyi").read_text(encoding="utf-8"))
NAMES = [name.name for line in STUB.body if isinstance(line, ast.ImportFrom) for name in line.names]
FUNCTIONS = [name for name in NAMES if name.islower()]
"""Entry points that are called; the others are classes that these return."""


def test_there_are_entry_points() -> None:
    assert {"load_run", "load_classifier", "explain_text"} <= set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_runs(name: str, kitchen: Path) -> None:
    text = getattr(workbench, name).__doc__
    assert "Example:" in text, f"{name} shows no example"
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    assert any(f"workbench.{name}(" in line.source for line in example.examples)
    report: list[str] = []
    outcome = doctest.DocTestRunner().run(example, out=report.append)
    assert outcome.attempted
    assert not outcome.failed, "".join(report)
