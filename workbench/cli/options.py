"""Commands made from one description: a field of a dataclass is an option, its docstring the help."""

import ast
import errno
import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from workbench.attribution.options import Options
from workbench.cli.stopping import stop_code
from workbench.cli.terminal import warn
from workbench.errors import InputError, WorkbenchError, shown

RunFolder = Annotated[Path, typer.Option("--run", help="Run folder.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key: --set adapler.phi=0.01; repeatable."),
]
Plugins = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="Python file that registers methods, scorers or readers; repeatable.",
    ),
]
Source = Annotated[
    str,
    typer.Argument(
        help="A file, folder or archive of any form that `workbench data list` shows, a source's name"
        " from there (with --set data.path=... where it reads files), or a configuration."
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with code 1 if something asked for is not reached.")
]
Split = Literal["train", "dev", "test"]
_KEYWORD = inspect.Parameter.KEYWORD_ONLY
FLAGS = {"memory_mb": "--memory", "public": "--public/--private"}
"""Flags that are not called as their field."""
LEAST = {
    "max_tokens": 8,
    "limit": 1,
    "rounds": 1,
    "threads": 1,
    "steps": 1,
    "samples": 1,
    "batch_size": 1,
    "memory_mb": 1,
    "layer": 0,
    "first_words": 1,
    "seed": 0,
    "processes": 1,
    "cpus": 1,
    "gpus": 0,
    "memory_gb": 1,
    "minutes": 1,
    "retries": 0,
}
"""The least value of each number that is an option."""
MOST = {"seed": 2**32 - 1, "rounds": 10_000}
_LONGEST_NUMBER = 9
"""Digits of a number in a list."""
_LONGEST_NAME = 255
"""Bytes of one part of a path, on every usual file system."""


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
        interrupted: Last line after Ctrl-C or SIGTERM.
    """
    parameters: list[inspect.Parameter] = []
    requests: dict[str, Any] = {}
    for given_name, parameter in inspect.signature(command).parameters.items():
        if is_dataclass(parameter.annotation):
            requests[given_name] = parameter.annotation
            parameters += _options(parameter.annotation)
        else:
            parameters.append(parameter.replace(kind=_KEYWORD))
    if plugins:
        parameters.append(inspect.Parameter("plugin", _KEYWORD, default=None, annotation=Plugins))

    @functools.wraps(command)
    def run(plugin: Sequence[Path] | None = None, **given: Any) -> None:
        try:
            refuse_impossible_paths([plugin, *given.values()])
            if plugin:
                from workbench.catalog.plugins import load_plugins

                load_plugins(plugin)
            for parameter, kind in requests.items():
                given[parameter] = _filled(kind, given)
            command(**given)
        except BaseException as error:
            code = stop_code(error)
            if code is not None:
                warn(interrupted)
                raise typer.Exit(code) from None
            if isinstance(error, EOFError):  # Typer would take it for an answer that was not given.
                raise WorkbenchError(f"EOFError: {error}") from error
            raise

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.command(name, rich_help_panel=group)(run)


def refuse_impossible_paths(values: Iterable[Any]) -> None:
    """Raise InputError for a path, or one in a list, that no file system takes."""
    for value in values:
        if isinstance(value, list | tuple):
            refuse_impossible_paths(value)
        elif isinstance(value, Path):
            if "\0" in str(value):
                raise InputError(f"{shown(str(value))}: a path has no NUL character")
            if any(len(os.fsencode(part)) > _LONGEST_NAME for part in value.parts):
                raise InputError(f"{shown(str(value))}: a name longer than {_LONGEST_NAME} bytes")


def end_strictly(missed: Sequence[str], *, strict: bool, told: bool = False) -> None:
    """Print, last of all, what was asked for and is not reached; with `strict` exit with code 1 then.

    Args:
        missed: A line for each.
        strict: What `--strict` says.
        told: Whether they were printed already.
    """
    if not told:
        warn(*(f"note: {line}" for line in missed))
    if strict and missed:
        raise typer.Exit(1)


def foreseen(error: Exception) -> Exception:
    """Return InputError in the place of the system's error about a path that it does not take."""
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return InputError(f"{shown(error.filename)}: the name is too long")
    return error


def option(kind: type, name: str) -> Any:
    """Return the annotation of a parameter that is one field of a request."""
    return next(p.annotation for p in _options(kind) if p.name == name)


def _options(kind: Any) -> Iterator[inspect.Parameter]:
    """Return one parameter per field; those of a request inside stand in its place."""
    hints, helps = get_type_hints(kind), _docstrings(kind)
    for field in fields(kind):
        hint, default = hints[field.name], field.default
        if is_dataclass(hint):
            yield from _options(hint)
            continue
        flag = FLAGS.get(field.name, f"--{field.name.replace('_', '-')}")
        if (item := _item(hint)) is None:
            explained = typer.Option(
                flag, help=helps[field.name], min=LEAST.get(field.name), max=MOST.get(field.name)
            )
        else:
            example = ",".join(map(str, default)) if isinstance(default, tuple) else "0,3,5"
            default = example if isinstance(default, tuple) else default
            parser = names if item is str else functools.partial(numbers, flag, example)
            explained = typer.Option(flag, help=helps[field.name], metavar="LIST", parser=parser)
            hint = str | None if NoneType in get_args(hint) else str
        default = inspect.Parameter.empty if default is MISSING else default
        yield inspect.Parameter(
            field.name, _KEYWORD, default=default, annotation=Annotated[hint, explained]
        )


def _item(hint: Any) -> type | None:
    """Return the type of a list's items, which the command line takes between commas; else None."""
    lists = [part for part in (hint, *get_args(hint)) if get_origin(part) in (tuple, Sequence)]
    return get_args(lists[0])[0] if lists else None


def _filled(kind: Any, given: dict[str, Any]) -> Any:
    """Return a request with the values given for its fields, which are taken out of `given`."""
    return kind(
        **{
            name: _filled(hint, given) if is_dataclass(hint) else given.pop(name)
            for name, hint in get_type_hints(kind).items()
        }
    )


def _docstrings(kind: Any) -> dict[str, str]:
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


def numbers(flag: str, example: str, text: str) -> tuple[int, ...]:
    """Return the whole numbers between commas.

    Args:
        flag: The option, for the error.
        example: A value that the option takes, for the error.
        text: What was given.
    """
    parts = text.split(",")
    try:
        if len(max(parts, key=len)) > _LONGEST_NUMBER:
            raise ValueError
        found = tuple(int(part) for part in parts)
    except ValueError:
        raise InputError(f"{flag} {shown(text)}: expected numbers such as {example}") from None
    if len(set(found)) < len(found):
        raise InputError(f"{flag} {shown(text)}: name each number once")
    return found


Target = option(Options, "target")
Against = option(Options, "against")
