"""The command `workbench compare`: a grid of runs, trained to the same speed-up or the same loss."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.terminal import ERR, OUT, Overrides, resumable


def compare(
    config: Annotated[Path, typer.Argument(help="A YAML configuration of a comparison.")],
    match: Annotated[
        str | None,
        typer.Option(
            "--match", help="Train every method to flops=2.0 (speed-up) or drop=1.0 (points lost)."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where all cells go; default runs/<name>.")
    ] = None,
    overrides: Overrides = None,
) -> None:
    """Compare methods over strengths and seeds; goes on where a killed comparison stopped."""
    from workbench.cli.console import ConsoleReporter, frame_table
    from workbench.config.comparison import load_comparison
    from workbench.config.loading import with_absolute_paths
    from workbench.pipeline.compare.run import Comparison
    from workbench.reporting.pages.comparison import write_comparison

    settings = load_comparison(config, overrides, match)
    settings = settings.model_copy(update={"run": with_absolute_paths(settings.run)})
    folder = out or Path("runs") / settings.name

    def tell(line: str) -> None:
        ERR.print(line, highlight=False, soft_wrap=True)

    with resumable():
        whole = Comparison(folder, settings, lambda: ConsoleReporter(ERR), tell).run()
        written = write_comparison(folder)
    OUT.print(frame_table(written.main.shown))
    for line in written.problems:
        tell(line)
    OUT.print(f"report: {written.page}", highlight=False, soft_wrap=True)
    if not whole:
        raise typer.Exit(1)
