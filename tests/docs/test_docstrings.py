"""Docstrings explain each parameter, and every module says what it holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.docs_blocks import ROOT

FOLDERS = ("workbench", "app", "analyses")
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_functions(path: Path) -> Iterator[tuple[Function, bool]]:
    """Each public function or method of a file, and whether its class inherits from another."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
        for function in inner:
            if isinstance(function, Function) and not function.name.startswith("_"):
                yield function, isinstance(node, ast.ClassDef) and bool(node.bases)


def parameters(function: Function) -> list[str]:
    signature = function.args
    plain = [*signature.posonlyargs, *signature.args, *signature.kwonlyargs]
    starred = [one for one in (signature.vararg, signature.kwarg) if one is not None]
    return [one.arg for one in (*plain, *starred) if one.arg not in ("self", "cls")]


def explained(function: Function) -> set[str]:
    """The parameters that the docstring's `Args:` names."""
    _, _, section = (ast.get_docstring(function) or "").partition("Args:\n")
    lines = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    names = {name.strip(" *") for line in lines for name in line.partition(":")[0].split(",")}
    return {name for name in names if name.isidentifier()}


DOCUMENTED = {
    function.name for path in FILES for function, _ in public_functions(path) if explained(function)
}
"""Methods of these names say in their base class what their parameters are."""


def gaps(path: Path) -> Iterator[str]:
    for function, overrides in public_functions(path):
        names = parameters(function)
        inherited = overrides and function.name in DOCUMENTED and not explained(function)
        missing = [name for name in names if name not in explained(function)]
        exempt = inherited or is_command(path) or is_scorer(function) or is_overload(function)
        if len(names) >= 3 and missing and not exempt:
            yield f"{path.relative_to(ROOT)}:{function.lineno} {function.name}: {', '.join(missing)}"


def is_scorer(function: Function) -> bool:
    """What a scorer is given is said once, in docs/adding-a-scorer.md."""
    calls = (d.func for d in function.decorator_list if isinstance(d, ast.Call))
    return any(isinstance(call, ast.Name) and call.id == "register_scorer" for call in calls)


def is_overload(function: Function) -> bool:
    """The implementation below it has the docstring."""
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in function.decorator_list)


def is_command(path: Path) -> bool:
    """A command's parameters carry their help texts, which the command line shows."""
    return path.parent == ROOT / "workbench" / "cli"


@pytest.mark.parametrize("folder", FOLDERS)
def test_three_or_more_parameters_are_explained_one_by_one(folder: str) -> None:
    own = [path for path in FILES if path.is_relative_to(ROOT / folder)]
    found = [gap for path in own for gap in gaps(path)]
    assert not found, "\n".join(found)


def test_every_module_says_what_it_holds() -> None:
    """An empty `__init__.py` only marks a package."""
    sources = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in FILES}
    assert [
        name for name, text in sources.items() if text and not ast.get_docstring(ast.parse(text))
    ] == []


def test_a_gap_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text(
        'def f(a, b, *, c):\n    """Do.\n\n    Args:\n        a: One.\n        c: Two.\n    """\n'
    )
    ((function, overrides),) = public_functions(path)
    assert (parameters(function), explained(function), overrides) == (["a", "b", "c"], {"a", "c"}, False)
