"""The command `workbench tables`: a paper's tables from one run, or from several over their seeds."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.terminal import ERR, OUT


def tables(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, folders of runs, a comparison.")],
    out: Annotated[Path, typer.Option("--out", help="The tables go to <out>/tables.")],
) -> None:
    """Write the tables of runs of one data set as CSV, LaTeX, Markdown and HTML."""
    from workbench.reporting.tables.of_runs import paper_tables
    from workbench.runs.many import load_runs

    made, lacking = paper_tables(load_runs(runs))
    for table in made:
        OUT.print(str(table.write(out)[1]), highlight=False, soft_wrap=True)
    for line in lacking:
        ERR.print(f"left out: {line}", highlight=False, soft_wrap=True)
