"""Predictions in ERASER's format: `workbench export-predictions`, and `evaluate --predictions`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.cli.terminal import OUT
from workbench.errors import InputError

Split = Literal["train", "dev", "test"]


def export_predictions(
    run_folder: Annotated[Path, typer.Option("--run", help="A run folder.")],
    scorer: Annotated[str, typer.Option("--scorer", help="Whose scores, such as cp or saliency.")],
    out: Annotated[Path, typer.Option("--out", help="The JSONL file to write.")],
    layer: Annotated[
        int | None,
        typer.Option("--layer", help="One layer (ERASER's scorer reads no more); default: all."),
    ] = None,
    selection: Annotated[
        Literal["uniform", "kept"],
        typer.Option("--selection", help="What the hard predictions are."),
    ] = "uniform",
    split: Annotated[Split, typer.Option("--split", help="Whose texts.")] = "test",
) -> None:
    """Write a run's scores and classes in ERASER's prediction format."""
    from workbench.core.task_type import task_type_of
    from workbench.core.token_scores import from_frame
    from workbench.data.corpus import load_corpus
    from workbench.eraser.from_records import to_predictions
    from workbench.eraser.write import write_predictions
    from workbench.runs.folder import load_run

    found = load_run(run_folder)
    if scorer not in found.scorers:
        there = ", ".join(found.scorers) or "none"
        raise InputError(f"{run_folder}: no scores of {scorer!r} (there: {there})")
    rows = found.predictions
    rows = rows[rows["split"] == split]
    scores = found.scores(scorer)
    scores = scores[scores["text_id"].isin(rows["text_id"])]
    if scores.empty:
        raise InputError(f"{run_folder}: no text of the {split} split was scored by {scorer}")
    method = str(scores["method"].iloc[0])
    scored = set(scores["text_id"])
    corpus = load_corpus(found.config.data)
    task_type_of(corpus.labels).require_classes("ERASER's format is one of classes")
    documents = [d for d in corpus.splits[split] if d.id in scored]
    lines = write_predictions(
        to_predictions(
            from_frame(scores),
            documents,
            rows[rows["method"] == method],
            layer=layer,
            selection=selection,
        ),
        out,
    )
    OUT.print(f"{out}: {lines} predictions of {len(documents)} texts", highlight=False, soft_wrap=True)


def evaluate_file(
    predictions: Path,
    data: str,
    split: Split,
    out: Path | None,
    overrides: list[str] | None,
    *,
    partial: bool,
    absolute: bool,
) -> None:
    """What `workbench evaluate --predictions` does: print the tables and, with `out`, write them."""
    from workbench.cli.data import data_settings
    from workbench.core.task_type import task_type_of
    from workbench.data.corpus import load_corpus
    from workbench.eraser.evaluate import evaluate_predictions
    from workbench.storage.tables import write_table

    corpus = load_corpus(data_settings(data, overrides))
    task_type_of(corpus.labels).require_classes("ERASER's format is one of classes")
    documents = corpus.splits[split]
    found = evaluate_predictions(predictions, documents, split, partial=partial, absolute=absolute)
    tables = {
        "plausibility": found.plausibility,
        "plausibility_counts": found.counts,
        "classification": found.classification,
    }
    for name, table in tables.items():
        if out is not None:
            write_table(table, out / f"{name}.parquet", csv=True)
        if len(table) and name != "plausibility_counts":
            shown = table.drop(columns=["split", "unit"], errors="ignore")
            lines = shown.to_string(index=False, float_format="{:.3f}".format)
            OUT.print(lines, highlight=False, soft_wrap=True)
    for note in found.notes:
        OUT.print(f"- {note}", highlight=False, soft_wrap=True)
