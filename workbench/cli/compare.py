"""`workbench compare`: a grid of runs, trained to the same speed-up or the same loss."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import Overrides
from workbench.cli.terminal import ERR, OUT, say, warn


def compare(
    config: Annotated[Path, typer.Argument(help="YAML configuration of a comparison.")],
    match: Annotated[
        str | None,
        typer.Option(
            "--match",
            help="Train every method to flops=2.0 (a speed-up) or drop=1.0 (percentage points lost).",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for all trials; default: runs/<name>.")
    ] = None,
    overrides: Overrides = None,
) -> None:
    """Compare methods over strengths and seeds; resumes an interrupted comparison."""
    from workbench.cli.console import ConsoleReporter, frame_table
    from workbench.config.comparison import load_comparison
    from workbench.config.loading import with_absolute_paths
    from workbench.pipeline.compare.run import Comparison
    from workbench.reporting.cards.model import write_cards
    from workbench.reporting.pages.comparison import write_comparison

    settings = load_comparison(config, overrides, match)
    settings = settings.model_copy(update={"run": with_absolute_paths(settings.run)})
    folder = out or Path("runs") / settings.name
    complete = Comparison(folder, settings, lambda: ConsoleReporter(ERR), warn, write_cards).run()
    written = write_comparison(folder)
    OUT.print(frame_table(written.main.shown))
    warn(*written.problems)
    say(f"report: {written.page}")
    if not complete:
        raise typer.Exit(1)
