"""The commands for tasks of every token: `workbench answer` and `workbench tag`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.busy import warn_if_busy
from workbench.cli.options import Overrides
from workbench.cli.terminal import ERR, OUT, say

if TYPE_CHECKING:
    from workbench.config.systems import SystemsConfig
    from workbench.pipeline.systems.job import SystemsJob
    from workbench.reporting.tables.table import Table

Out = Annotated[Path | None, typer.Option("--out", help="Folder; default: runs/<run.name>.")]


def answer(
    config: Annotated[Path, typer.Argument(help="YAML configuration, as configs/xquad.yaml.")],
    out: Out = None,
    overrides: Overrides = None,
) -> None:
    """Train methods to answer questions (SQuAD) and judge them; resumes an interrupted training."""
    from workbench.config.questions import QuestionsConfig
    from workbench.config.systems import load_systems_config
    from workbench.core.counts import counted
    from workbench.pipeline.questions.job import QuestionsJob
    from workbench.pipeline.questions.plausibility import answers_plausibility
    from workbench.pipeline.systems.evaluate import make_systems
    from workbench.reporting.tables.systems import (
        answers_by_layer_table,
        answers_plausibility_tables,
        answers_table,
    )
    from workbench.runs.systems import RESAMPLES

    warn_if_busy()
    settings = load_systems_config(QuestionsConfig, config, overrides)
    job = QuestionsJob(*_job(settings, out))
    judged = make_systems(job, answers_plausibility)
    asked = f"{counted(len(job.questions.splits['dev']), 'question')} of {job.questions.name}"
    tables = [answers_table(judged.quality, asked, RESAMPLES)]
    if len(judged.by_layer):
        tables.append(answers_by_layer_table(judged.by_layer))
    tables += answers_plausibility_tables(judged.plausibility)
    _show(job, tables, "answers in SQuAD's form")


def tag(
    config: Annotated[Path, typer.Argument(help="YAML configuration, as configs/rationale-tags.yaml.")],
    out: Out = None,
    overrides: Overrides = None,
) -> None:
    """Train methods to tag words (CoNLL, rationales) and judge them; resumes an interrupted training."""
    from workbench.config.systems import load_systems_config
    from workbench.config.tagging import TaggingConfig
    from workbench.core.counts import counted
    from workbench.pipeline.systems.evaluate import make_systems
    from workbench.pipeline.tagging.job import TaggingJob
    from workbench.reporting.tables.systems import tags_by_layer_table, tags_table
    from workbench.runs.systems import RESAMPLES

    warn_if_busy()
    settings = load_systems_config(TaggingConfig, config, overrides)
    job = TaggingJob(*_job(settings, out))
    judged = make_systems(job)
    tagged = f"{counted(len(job.texts.splits['test']), 'text')} of {job.texts.name}"
    tables = [tags_table(judged.quality, tagged, RESAMPLES)]
    if len(judged.by_layer):
        tables.append(tags_by_layer_table(judged.by_layer))
    _show(job, tables, "a tag per word")


def _job(settings: "SystemsConfig", out: Path | None) -> tuple[Path, Any, Any]:
    from workbench.cli.console import ConsoleReporter

    return out or Path("runs") / settings.run.name, settings, ConsoleReporter(ERR)


def _show(job: "SystemsJob[Any, Any, Any]", tables: "list[Table]", said: str) -> None:
    from workbench.cli.console import frame_table

    # What an earlier command wrote may be of other models.
    for path in (job.folder / "tables").glob(f"{job.said_name}*"):
        path.unlink()
    for table in tables:
        table.write(job.folder)
        OUT.print(frame_table(table.shown))
    say(f"tables: {job.folder / 'tables'}; {said}: {job.folder / job.said_name}")
