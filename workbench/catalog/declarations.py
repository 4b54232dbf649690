"""Declarations read from source files, so that knowing what there is imports nothing that runs it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from workbench.errors import InputError


class Declaration(NamedTuple):
    """A decorator's keyword arguments, and what it decorates."""

    place: str
    """`file:line`."""
    implementation: str
    """`package.module:name`."""
    is_class: bool
    values: dict[str, Any]


def read_declarations(folder: Path, package: str, decorator: str) -> Iterator[Declaration]:
    """Read the decorated functions and classes at the top level of all files below a folder.

    Args:
        folder: The package's folder; its subfolders are read too.
        package: Its dotted name.
        decorator: Name of the decorator; its keyword arguments must be literals.

    Raises:
        InputError: A declaration that is not literal; names file and line.
    """
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if f"@{decorator}(" not in source:
            continue
        module = ".".join((package, *path.relative_to(folder).with_suffix("").parts))
        for node in ast.parse(source, str(path)).body:
            for call in getattr(node, "decorator_list", []):
                if isinstance(call, ast.Call) and getattr(call.func, "id", None) == decorator:
                    place = f"{path}:{call.lineno}"
                    name, is_class = getattr(node, "name", ""), isinstance(node, ast.ClassDef)
                    yield Declaration(place, f"{module}:{name}", is_class, _literals(call, place))


def _literals(call: ast.Call, place: str) -> dict[str, Any]:
    try:
        if call.args or any(word.arg is None for word in call.keywords):
            raise ValueError
        return {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except ValueError:
        raise InputError(
            f"{place}: a declaration has keyword arguments only, and literals as their values: "
            "it is read without being run"
        ) from None
