"""`workbench tables`: a paper's tables from one run, or from several over their seeds."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.terminal import say, warn


def tables(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, folders of runs, or a comparison.")],
    out: Annotated[Path, typer.Option("--out", help="Folder; the tables go to its folder tables/.")],
) -> None:
    """Write the tables of runs of one data set as CSV, LaTeX, Markdown and HTML."""
    from workbench.reporting.tables.of_runs import paper_tables
    from workbench.runs.many import load_runs

    made, lacking = paper_tables(load_runs(runs))
    say(*(table.write(out)[1] for table in made))
    warn(*(f"left out: {line}" for line in lacking))
