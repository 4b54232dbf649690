"""A command's options follow from one description: fields, types, defaults and docstrings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from workbench.cli.options import add_command, option
from workbench.cli.program import app
from workbench.errors import InputError


@dataclass(frozen=True)
class Inner:
    layers: tuple[int, ...] | None = None
    """Layers to
    look at."""
    memory_mb: int = 5
    """Megabytes."""


@dataclass(frozen=True, kw_only=True)
class Base:
    too_long: Literal["cut", "refuse"] = "cut"
    """Cut or refuse."""


@dataclass(frozen=True, kw_only=True)
class Outer(Base):
    names: Sequence[str]
    """Names."""
    inner: Inner = field(default_factory=Inner)
    sizes: Sequence[int] = (1, 8)
    """Sizes."""
    fast: bool = False
    """Be fast."""


@pytest.fixture
def made() -> tuple[typer.Typer, list[Outer]]:
    """A program of two commands, and what the first was called with."""
    program, calls = typer.Typer(), []

    def work(given: Outer) -> None:
        """Work."""
        calls.append(given)

    def rest() -> None:
        """Rest."""
        raise KeyboardInterrupt

    add_command(program, work, plugins=False)
    add_command(program, rest, interrupted="woken")
    return program, calls


def run(program: typer.Typer, *words: str) -> Any:
    return CliRunner().invoke(program, words, env={"COLUMNS": "150"})


def test_fields_become_options_and_options_fields(made):
    program, calls = made
    assert run(program, "work", "--names", "a, b").exit_code == 0
    words = ["--names", "c", "--layers", "0,3", "--memory", "7", "--sizes", "2", "--fast"]
    assert run(program, "work", *words, "--too-long", "refuse").exit_code == 0
    assert calls == [
        Outer(names=["a", "b"]),
        Outer(names=["c"], inner=Inner((0, 3), 7), sizes=(2,), fast=True, too_long="refuse"),
    ]


def test_the_help_is_the_docstrings(made):
    program, _ = made
    page = run(program, "work", "--help").output
    for text in ("Layers to look at.", "Cut or refuse.", "[default: cut]", "[default: 1,8]", "Be fast."):
        assert text in page
    assert "--plugin" not in page
    assert "--plugin" in run(program, "rest", "--help").output


def test_a_wrong_number_names_the_option_and_an_example(made):
    answer = run(made[0], "work", "--names", "a", "--sizes", "two")
    assert isinstance(answer.exception, InputError)
    assert str(answer.exception) == "--sizes 'two': expected numbers such as 1,8"


def test_an_interrupt_ends_with_130(made, capsys):
    assert run(made[0], "rest").exit_code == 130


def test_one_field_can_be_a_parameter_of_its_own():
    program, calls = typer.Typer(), []

    def work(too_long: option(Outer, "too_long") = "cut") -> None:
        calls.append(too_long)

    add_command(program, work)
    assert run(program, "--too-long", "refuse").exit_code == 0
    assert calls == ["refuse"]


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    for inner, one in getattr(command, "commands", {}).items():
        yield from commands(one, f"{name} {inner}")


COMMANDS = dict(commands(get_command(app), "workbench"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_a_sentence(name):
    described = [COMMANDS[name].help, *(parameter.help for parameter in COMMANDS[name].params)]
    for text in described:
        assert text
        assert text[0].isupper()
        assert text.rstrip().endswith((".", "..."))
