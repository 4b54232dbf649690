"""`workbench run` and `workbench demo`: train and evaluate what a configuration describes."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import Overrides
from workbench.cli.terminal import ERR, OUT, say


def demo(
    out: Annotated[Path, typer.Option("--out", help="Run folder.")] = Path("runs/demo"),
    overrides: Overrides = None,
) -> None:
    """Train, prune and evaluate on packaged movie reviews: 10 to 20 minutes on two cores."""
    run(Path(str(files("workbench.config") / "presets" / "demo.yaml")), out, overrides)


def run(
    config: Annotated[Path, typer.Argument(help="YAML configuration.")],
    out: Annotated[Path | None, typer.Option("--out", help="Run folder; default: runs/<name>.")] = None,
    overrides: Overrides = None,
) -> None:
    """Train and evaluate what a configuration describes; resumes an interrupted run."""
    from workbench.cli.console import ConsoleReporter, summary_table
    from workbench.config.loading import load_config, with_absolute_paths
    from workbench.pipeline.environment import describe_environment
    from workbench.pipeline.evaluate import evaluate_run
    from workbench.pipeline.job import Job, Reporter, this_process
    from workbench.pipeline.train import check_methods, train_run
    from workbench.reporting.cards.model import write_cards
    from workbench.reporting.pages.run import write_report
    from workbench.runs.folder import create_run, load_run

    settings = with_absolute_paths(load_config(config, overrides))
    check_methods(settings)
    process = this_process()
    with process.main_process_first():
        created = create_run(
            out or Path("runs") / settings.name, settings, describe_environment(settings.seed)
        )
    reporter = ConsoleReporter(ERR) if process.is_main_process else Reporter()
    job = Job(created, settings, reporter)
    with job.reporter:
        train_run(job)
        if not process.is_main_process:
            return
        if evaluate_run(job):
            write_cards(job.run.folder)
        job.reporter.stage("report", False)
        report = write_report(job.run.folder)
        job.reporter.progress(1, 1, {})
    OUT.print(summary_table(load_run(job.run.folder)))
    say(f"report: {report}")
