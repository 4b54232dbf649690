"""The commands that train one run: `workbench run`, `demo` and `reproduce`."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.busy import warn_if_busy
from workbench.cli.options import Overrides, Strict, end_strictly
from workbench.cli.terminal import ERR, OUT, say


def demo(
    out: Annotated[Path, typer.Option("--out", help="Run folder.")] = Path("runs/demo"),
    overrides: Overrides = None,
    strict: Strict = False,
) -> None:
    """Train, prune and evaluate on packaged movie reviews: 10 to 20 minutes on two cores."""
    run(Path(str(files("workbench.config") / "presets" / "demo.yaml")), out, overrides, strict)


def run(
    config: Annotated[Path, typer.Argument(help="YAML configuration.")],
    out: Annotated[Path | None, typer.Option("--out", help="Run folder; default: runs/<name>.")] = None,
    overrides: Overrides = None,
    strict: Strict = False,
) -> None:
    """Train and evaluate what a configuration describes; resumes an interrupted run."""
    from workbench.cli.console import ConsoleReporter, summary_table
    from workbench.config.loading import load_config, with_absolute_paths
    from workbench.pipeline.job import Job, Reporter, this_process
    from workbench.pipeline.run import make_run
    from workbench.reporting.cards.model import write_cards
    from workbench.reporting.pages.run import write_report
    from workbench.reporting.text.aims import aim_sentences
    from workbench.runs.folder import Run, load_run

    if this_process().num_processes == 1:  # Else the others are the work that is seen.
        warn_if_busy()
    settings = with_absolute_paths(load_config(config, overrides))
    folder = out or Path("runs") / settings.name
    main = this_process().is_main_process
    page = folder

    def finish(job: Job) -> None:
        nonlocal page
        write_cards(folder)
        job.reporter.stage("report", False)
        page = write_report(folder)
        job.reporter.progress(1, 1, {})

    make_run(Job(Run(folder), settings, ConsoleReporter(ERR) if main else Reporter()), "run", finish)
    if main:
        made = load_run(folder)
        OUT.print(summary_table(made))
        say(f"report: {page}")
        end_strictly(aim_sentences(made.table("aims")), strict=strict)


def reproduce(
    folder: Annotated[Path, typer.Argument(help="Finished run folder.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the new run; default: FOLDER-again.")
    ] = None,
    strict: Strict = False,
) -> None:
    """Run a run's recorded configuration again and print what differs.

    Exit with code 0 if all numbers except measured times are equal up to rounding, else 1.
    """
    from workbench.cli.console import ConsoleReporter
    from workbench.pipeline.reproduce import check_again, finished_run
    from workbench.pipeline.reproduce import reproduce as run_again
    from workbench.reporting.cards.model import write_cards
    from workbench.reporting.text.aims import aim_sentences
    from workbench.runs.folder import Run

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
    end_strictly(aim_sentences(Run(out).table("aims")), strict=strict)
    if differences.numbers:
        raise typer.Exit(1)
