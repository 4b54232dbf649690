"""`workbench evaluate`: the models of a run measured again, or scores that were computed elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import Overrides, Split
from workbench.cli.terminal import ERR, OUT, say
from workbench.errors import InputError


def evaluate(
    run_folder: Annotated[Path | None, typer.Option("--run", help="Run folder.")] = None,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="JSONL file in ERASER's prediction format.")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", help="Texts of the predictions, named as for `data check`.")
    ] = None,
    split: Annotated[
        Split | None, typer.Option("--split", help="Split that was predicted; default: test.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Judge only the texts that both files hold.")
    ] = False,
    absolute: Annotated[
        bool, typer.Option("--absolute", help="Use the absolute values of signed scores.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the tables.")] = None,
    overrides: Overrides = None,
) -> None:
    """Measure the models of a run again, or judge scores that were computed elsewhere.

    All options but --run belong to --predictions.
    """
    if predictions is not None and data is not None and run_folder is None:
        _judge(predictions, data, split or "test", out, overrides, partial=partial, absolute=absolute)
    elif run_folder is None or any((predictions, data, split, out, overrides, partial, absolute)):
        raise InputError("evaluate needs either --run alone, or --predictions with --data")
    else:
        _measure_again(run_folder)


def _measure_again(folder: Path) -> None:
    from workbench.cli.console import ConsoleReporter, summary_table
    from workbench.pipeline.evaluate import evaluate_run
    from workbench.pipeline.job import Job
    from workbench.reporting.cards.model import write_cards
    from workbench.runs.folder import load_run

    run = load_run(folder)
    job = Job(run, run.config, ConsoleReporter(ERR))
    with job.reporter:
        evaluate_run(job, again=True)
        write_cards(folder)
    OUT.print(summary_table(load_run(folder)))


def _judge(
    predictions: Path,
    data: str,
    split: Split,
    out: Path | None,
    overrides: list[str] | None,
    **how: bool,
) -> None:
    from workbench.core.task_type import task_type_of
    from workbench.data.corpus import load_corpus
    from workbench.data.sources import data_settings
    from workbench.eraser.evaluate import evaluate_predictions
    from workbench.storage.tables import write_table

    corpus = load_corpus(data_settings(data, overrides))
    task_type_of(corpus.labels).require_classes("ERASER's format is one of classes")
    judged = evaluate_predictions(predictions, corpus.splits[split], split, **how)
    tables = {
        "plausibility": judged.plausibility,
        "plausibility_counts": judged.counts,
        "classification": judged.classification,
    }
    for name, table in tables.items():
        if out is not None:
            write_table(table, out / f"{name}.parquet", csv=True)
        if len(table) and name != "plausibility_counts":
            shown = table.drop(columns=["split", "unit"], errors="ignore")
            say(shown.to_string(index=False, float_format="{:.3f}".format))
    say(*(f"- {note}" for note in judged.notes))
