"""Commands made from one description: a field of a request is an option, its docstring the help."""

import ast
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from workbench.attribution.options import Options
from workbench.cli.terminal import ERR
from workbench.errors import InputError

RunFolder = Annotated[Path, typer.Option("--run", help="Run folder.")]
Method = Annotated[str, typer.Option("--method", help="Trained method of the run.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key: --set adapler.phi=0.01; repeatable."),
]
Plugins = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin", metavar="FILE", help="Python file that registers methods or scorers; repeatable."
    ),
]
Source = Annotated[
    str,
    typer.Argument(
        help="Source name (with --set data.path=... where it reads files), a table, Label Studio's"
        " export (.json), a folder or archive in ERASER's layout, or a configuration."
    ),
]
Split = Literal["train", "dev", "test"]
FLAGS = {"memory_mb": "--memory"}
"""Flags that are not called as their field."""


def add_command(
    app: typer.Typer,
    command: Callable[..., None],
    name: str | None = None,
    *,
    group: str | None = None,
    plugins: bool = True,
    interrupted: str = "interrupted",
) -> None:
    """Make a function a command of `app`.

    Args:
        app: What the command is added to.
        command: Its docstring is the command's help. A parameter that is a dataclass stands for one
            option per field.
        name: What the command is called; default: as the function.
        group: Heading in the list of commands.
        plugins: Whether the command takes `--plugin`.
        interrupted: Last line after Ctrl-C.
    """
    signature = inspect.signature(command)
    requests = {
        p.name: p.annotation for p in signature.parameters.values() if is_dataclass(p.annotation)
    }

    @functools.wraps(command)
    def run(plugin: Sequence[Path] | None = None, **given: Any) -> None:
        try:
            if plugin:
                _load(plugin)
            for parameter, kind in requests.items():
                given[parameter] = _filled(kind, given)
            command(**given)
        except KeyboardInterrupt:
            ERR.print(interrupted)
            raise typer.Exit(130) from None

    parameters = [
        option
        for parameter in signature.parameters.values()
        for option in (_options(requests[parameter.name]) if parameter.name in requests else [parameter])
    ]
    if plugins:
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter("plugin", keyword, default=None, annotation=Plugins))
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.command(name, rich_help_panel=group)(run)


def option(kind: type, name: str) -> Any:
    """Return the annotation of a parameter that is one field of a request."""
    return next(p.annotation for p in _options(kind) if p.name == name)


def _load(plugins: Sequence[Path]) -> None:
    from workbench.catalog.plugins import load_plugins

    load_plugins([str(path) for path in plugins])


def _options(kind: type) -> Iterator[inspect.Parameter]:
    """One parameter per field; those of a request inside stand in its place."""
    hints, helps = get_type_hints(kind), _docstrings(kind)
    for field in fields(kind):
        if is_dataclass(hints[field.name]):
            yield from _options(hints[field.name])
            continue
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        annotation = hints[field.name]
        if _item(annotation) is not None:
            annotation = str | None if NoneType in get_args(annotation) else str
            default = _joined(default) if isinstance(default, tuple) else default
        explained = typer.Option(_flag(field), help=helps[field.name])
        yield inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=default,
            annotation=Annotated[annotation, explained],
        )  # fmt: skip


def _filled(kind: Any, given: dict[str, Any]) -> Any:
    """Return a request with the values given for its fields, which are taken out of `given`."""
    hints, values = get_type_hints(kind), {}
    for field in fields(kind):
        if is_dataclass(hints[field.name]):
            values[field.name] = _filled(hints[field.name], given)
            continue
        value, item = given.pop(field.name), _item(hints[field.name])
        if item is not None and value is not None:
            example = _joined(field.default) if isinstance(field.default, tuple) else "0,3,5"
            value = names(value) if item is str else numbers(_flag(field), value, example)
        values[field.name] = value
    return kind(**values)


def _flag(field: Field[Any]) -> str:
    return FLAGS.get(field.name, f"--{field.name.replace('_', '-')}")


def _joined(values: Sequence[Any]) -> str:
    return ",".join(map(str, values))


def _item(annotation: Any) -> type | None:
    """Return the type of the items of a list, which the command line takes with commas; else None."""
    for part in (annotation, *get_args(annotation)):
        if get_origin(part) in (tuple, Sequence):
            return get_args(part)[0]
    return None


def _docstrings(kind: type) -> dict[str, str]:
    """Return the docstring below each field of a class and of its bases, as one line."""
    found: dict[str, str] = {}
    for owner in reversed(kind.__mro__[:-1]):
        body = _classes(str(sys.modules[owner.__module__].__file__))[owner.__name__].body
        for node, after in pairwise(body):
            match node, after:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                    value=ast.Constant(value=str(text))
                ):
                    found[name] = " ".join(text.split())
    return found


@functools.cache
def _classes(file: str) -> dict[str, ast.ClassDef]:
    module = ast.parse(Path(file).read_text(encoding="utf-8"))
    return {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}


def names(text: str) -> list[str]:
    """Return the names between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def numbers(flag: str, text: str, example: str) -> tuple[int, ...]:
    """Return the whole numbers between commas; InputError names the flag and shows an example."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{flag} {text!r}: expected numbers such as {example}") from None


Target = option(Options, "target")
