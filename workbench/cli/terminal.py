"""What every command shares: where it prints, and how it takes changed keys and lists."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from workbench.errors import InputError

# Paths, labels and hints may hold square brackets: nothing we print is markup.
OUT = Console(markup=False, emoji=False)
ERR = Console(markup=False, emoji=False, stderr=True)

Overrides = Annotated[
    list[str] | None, typer.Option("--set", help="Change a key: --set adapler.phi=0.01")
]


@contextmanager
def resumable() -> Iterator[None]:
    """Ctrl-C within the block ends the command with one line and exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        ERR.print("interrupted: the same command goes on from the last checkpoint")
        raise typer.Exit(130) from None


def names(text: str) -> list[str]:
    """Comma-separated names."""
    return [part.strip() for part in text.split(",") if part.strip()]


def numbers(option: str, text: str, example: str) -> list[int]:
    """Comma-separated numbers; InputError naming the option for anything else."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{option} {text!r}: expected numbers such as {example}") from None
