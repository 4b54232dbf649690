"""The command that trains question answering: `workbench answer`."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.busy import warn_if_busy
from workbench.cli.options import Overrides
from workbench.cli.terminal import ERR, OUT, say


def answer(
    config: Annotated[Path, typer.Argument(help="YAML configuration, as configs/xquad.yaml.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder; default: runs/<run.name>.")] = None,
    overrides: Overrides = None,
) -> None:
    """Train methods to answer questions (SQuAD) and judge them; resumes an interrupted training."""
    from workbench.cli.console import ConsoleReporter, frame_table
    from workbench.config.loading import with_absolute_paths
    from workbench.config.questions import load_questions_config
    from workbench.core.counts import counted
    from workbench.pipeline.questions.evaluate import RESAMPLES, make_answers
    from workbench.pipeline.questions.job import QuestionsJob
    from workbench.reporting.tables.answers import (
        answers_by_layer_table,
        answers_plausibility_tables,
        answers_table,
    )

    warn_if_busy()
    settings = load_questions_config(config, overrides)
    settings = settings.model_copy(update={"run": with_absolute_paths(settings.run)})
    job = QuestionsJob(out or Path("runs") / settings.run.name, settings, ConsoleReporter(ERR))
    judged = make_answers(job)
    dev = job.questions.splits["dev"]
    asked = f"{counted(len(dev), 'question')} of {job.questions.name}"
    tables = [answers_table(judged.answers, asked, RESAMPLES)]
    if len(judged.answers_by_layer):
        tables.append(answers_by_layer_table(judged.answers_by_layer))
    tables += answers_plausibility_tables(judged.answers_plausibility)
    for table in tables:
        table.write(job.folder)
        OUT.print(frame_table(table.shown))
    say(f"tables: {job.folder / 'tables'}; answers in SQuAD's form: {job.folder / 'answers'}")
