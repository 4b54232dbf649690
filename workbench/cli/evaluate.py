"""`workbench evaluate`: the models of a run measured again, or scores that were computed elsewhere."""

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.busy import warn_if_busy
from workbench.cli.options import Overrides, Split, Strict, end_strictly
from workbench.cli.terminal import ERR, OUT, say
from workbench.errors import InputError
from workbench.pipeline.requests import BenchRequest, require_one_source


@dataclass(frozen=True)
class Elsewhere:
    """Scores that were computed elsewhere, and how they are judged."""

    predictions: Path | None = None
    """JSONL file in ERASER's prediction format."""
    data: str | None = None
    """Texts of the predictions, named as for `data check`."""
    split: Split | None = None
    """Split that was predicted; default: test."""
    partial: bool = False
    """Judge only the texts that both files hold."""
    signed: bool = False
    """Rank signed scores as they are, as ERASER's scorer does."""
    absolute: bool = False
    """Use the absolute values of signed scores."""
    out: Path | None = None
    """Folder for the tables."""


def evaluate(
    elsewhere: Elsewhere,
    run_folder: Annotated[Path | None, typer.Option("--run", help="Run folder.")] = None,
    overrides: Overrides = None,
    strict: Strict = False,
) -> None:
    """Measure the models of a run again, or judge scores that were computed elsewhere.

    --strict belongs to --run, all other options to --predictions.
    """
    if run_folder is not None and not any((*astuple(elsewhere), overrides)):
        _measure_again(run_folder, strict)
    elif (
        not strict
        and run_folder is None
        and elsewhere.predictions is not None
        and elsewhere.data is not None
    ):
        _judge(elsewhere.predictions, elsewhere.data, elsewhere, overrides)
    else:
        raise InputError(
            "evaluate needs either --run alone, or --predictions with --data; --strict goes with --run"
        )


def _measure_again(folder: Path, strict: bool) -> None:
    from workbench.cli.console import ConsoleReporter, summary_table
    from workbench.pipeline.job import Job
    from workbench.pipeline.run import evaluate_again
    from workbench.reporting.cards.model import write_cards
    from workbench.reporting.text.aims import aim_sentences
    from workbench.runs.folder import load_run

    run = load_run(folder)
    job = Job(run, run.config, ConsoleReporter(ERR))
    evaluate_again(job, lambda job: write_cards(job.run.folder))
    measured = load_run(folder)
    OUT.print(summary_table(measured))
    end_strictly(aim_sentences(measured.table("aims")), strict=strict)


def _judge(predictions: Path, data: str, how: Elsewhere, overrides: list[str] | None) -> None:
    from workbench.data.corpus import load_corpus
    from workbench.data.sources import data_settings
    from workbench.eraser.evaluate import evaluate_predictions
    from workbench.storage.tables import write_table

    corpus = load_corpus(data_settings(data, overrides), training=False)
    corpus.task_type.require_classes("ERASER's format is one of classes")
    split = how.split or "test"
    judged = evaluate_predictions(
        predictions,
        corpus.splits[split],
        split,
        partial=how.partial,
        absolute=how.absolute,
        signed=how.signed,
    )
    tables = {
        "plausibility": judged.plausibility,
        "plausibility_counts": judged.counts,
        "faithfulness": judged.faithfulness,
        "classification": judged.classification,
        "classes": judged.classes,
        "eraser": judged.eraser,
    }
    for name, table in tables.items():
        if how.out is not None:
            write_table(table, how.out / f"{name}.parquet", csv=True)
        if len(table) and name not in ("plausibility_counts", "eraser"):
            shown = table.drop(columns=["split", "unit"], errors="ignore")
            say(shown.to_string(index=False, float_format="{:.3f}".format))
    say(*(f"- {note}" for note in judged.notes))


def bench(request: BenchRequest) -> None:
    """Time the stock model, our dense one and every pruned one on the same texts.

    With --engines also torch.compile, ONNX Runtime and OpenVINO, each with the stock model as its own
    exporter makes it and with ours; that has a table of its own, and a folder of `workbench answer` has
    no other.
    """
    from workbench.cli.console import ConsoleReporter, frame_table
    from workbench.pipeline.bench.run import bench as measure
    from workbench.pipeline.bench.run import prepare
    from workbench.reporting.pages.bench import write_bench, write_engines
    from workbench.runs.answers import holds_answers

    require_one_source("bench", request.run, request.model)
    warn_if_busy()
    reporter = ConsoleReporter(ERR)
    if request.run is not None and holds_answers(request.run):
        from workbench.pipeline.bench.answers import prepare_answers as prepare
    prepared = prepare(request, reporter)
    with reporter:
        reporter.stage("bench", False)
        measure(prepared, request, lambda done: reporter.progress(done, len(request.batch), {}))
    write = write_engines if request.engines else write_bench
    table, lines = write(prepared.folder, prepared.split)
    OUT.print(frame_table(table.shown))
    say(*lines)
