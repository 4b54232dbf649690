"""`workbench reproduce`: a run made again from what it recorded, and compared."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.terminal import ERR, say


def reproduce(
    folder: Annotated[Path, typer.Argument(help="Finished run folder.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the new run; default: FOLDER-again.")
    ] = None,
) -> None:
    """Run a run's recorded configuration again and print what differs.

    Exit with code 0 if all numbers except measured times are equal up to rounding, else 1.
    """
    from workbench.cli.console import ConsoleReporter
    from workbench.pipeline.reproduce import check_again, finished_run
    from workbench.pipeline.reproduce import reproduce as run_again
    from workbench.reporting.cards.model import write_cards

    run = finished_run(folder)
    out = folder.with_name(f"{folder.resolve().name}-again") if out is None else out
    check_again(run, out)
    differences = run_again(run, out, ConsoleReporter(ERR), write_cards)
    sections = {
        "numbers that differ": differences.numbers,
        "surroundings that differ": differences.surroundings,
        "timings (expected to differ)": differences.timings,
    }
    for title, lines in sections.items():
        if lines:
            say(f"{title}:", *(f"- {line}" for line in lines))
    verdict = "not the same" if differences.numbers else "the same"
    say(f"{verdict}: {differences.compared:,} numbers compared; the run made again is in {out}")
    if differences.numbers:
        raise typer.Exit(1)
