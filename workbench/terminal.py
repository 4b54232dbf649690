"""What every command shares: where it prints, and how it takes changed keys."""

from typing import Annotated

import typer
from rich.console import Console

# Paths, labels and hints may hold square brackets: nothing we print is markup.
OUT = Console(markup=False, emoji=False)
ERR = Console(markup=False, emoji=False, stderr=True)

Overrides = Annotated[
    list[str] | None, typer.Option("--set", help="Change a key: --set adapler.phi=0.01")
]
