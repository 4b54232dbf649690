"""The command `workbench compare`: a grid of runs, in this process, by workers, or put together."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.busy import warn_if_busy
from workbench.cli.comparison_plan import print_plan
from workbench.cli.options import Overrides, Strict
from workbench.cli.terminal import ERR, OUT, say, warn
from workbench.config.comparison import CompareConfig
from workbench.errors import InputError
from workbench.pipeline.work.workers import Workers


def compare(
    config: Annotated[Path, typer.Argument(help="YAML configuration of a comparison.")],
    workers: Workers,
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
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="METHOD:STRENGTH:SEED",
            help="Make this part of the plan and what it waits for; * for all; repeatable.",
        ),
    ] = None,
    join: Annotated[
        list[Path] | None,
        typer.Option(
            "--join",
            metavar="FOLDER",
            help="Train nothing, and put the runs of this comparison's folder into --out; repeatable.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan with estimated minutes, and end.")
    ] = False,
    overrides: Overrides = None,
    strict: Strict = False,
) -> None:
    """Compare methods over strengths and seeds; resumes an interrupted comparison."""
    from workbench.cli.console import frame_table
    from workbench.config.comparison import load_comparison
    from workbench.config.loading import with_absolute_paths
    from workbench.pipeline.work.engine import check_workers
    from workbench.reporting.pages.comparison import write_comparison

    check_workers(workers)
    if join and (only or workers.engine):
        raise InputError("--join trains nothing: leave out --only and --engine")
    if not dry_run:
        warn_if_busy()
    settings = load_comparison(config, overrides, match)
    settings = settings.model_copy(update={"run": with_absolute_paths(settings.run)})
    folder = out or Path("runs") / settings.name
    if dry_run:
        print_plan(folder, settings, only or (), workers)
        return
    complete = _made(folder, settings, only or [], join or [], workers)
    written = write_comparison(folder)
    OUT.print(frame_table(written.main.shown))
    warn(*written.problems)
    say(f"report: {written.page}")
    if not complete or (strict and written.missed):
        raise typer.Exit(1)


def _made(
    folder: Path, settings: CompareConfig, only: list[str], parts: list[Path], workers: Workers
) -> bool:
    """Make a comparison in the way that was asked for; whether all went well."""
    from workbench.cli.console import ConsoleReporter
    from workbench.pipeline.compare.join import join
    from workbench.pipeline.compare.run import Comparison
    from workbench.pipeline.compare.spread import Spread
    from workbench.reporting.cards.model import write_cards

    warned: set[str] = set()  # The trials share their texts.
    reporters = partial(ConsoleReporter, ERR, warned)
    if parts:
        return join(folder, settings, parts, reporters, warn, write_cards)
    if workers.engine is not None:
        return Spread(folder, settings, workers, warn, write_cards, only).run()
    return Comparison(folder, settings, reporters, warn, write_cards, only).run()
