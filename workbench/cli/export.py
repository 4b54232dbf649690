"""What leaves a run: `workbench export`, a model; `workbench export-predictions`, scores and classes."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.cli.options import Method, RunFolder, Split
from workbench.cli.terminal import say
from workbench.errors import InputError


def export(
    run_folder: RunFolder,
    method: Method,
    to: Annotated[Path, typer.Option("--to", help="Folder to write, new or empty.")],
    push_to_hub: Annotated[
        str | None, typer.Option("--push-to-hub", help="Upload it under this name, such as me/model.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public/--private", help="Show a new hub repository to everybody.")
    ] = False,
) -> None:
    """Write a model that transformers loads by itself: AutoModelForSequenceClassification.

    A dense or DistilBERT model is an ordinary BERT classifier; any other needs `import workbench` first,
    and then drops its tokens. The model's and the data's cards are written beside it. Uploading asks for
    the hub's own login (`hf auth login`).
    """
    from workbench.pipeline.export import check_hub, export_model, push
    from workbench.reporting.cards.model import write_card
    from workbench.runs.folder import load_run

    run = load_run(run_folder)
    if push_to_hub is not None:
        check_hub(push_to_hub)
    export_model(run, method, to, lambda folder: write_card(run_folder, method, folder))
    say(to)
    if push_to_hub is not None:
        say(push(to, push_to_hub, public=public))


def export_predictions(
    run_folder: RunFolder,
    scorer: Annotated[str, typer.Option("--scorer", help="Scorer, such as cp or saliency.")],
    out: Annotated[Path, typer.Option("--out", help="JSONL file to write.")],
    layer: Annotated[
        int | None,
        typer.Option("--layer", help="One layer (ERASER's scorer reads no more); default: all."),
    ] = None,
    selection: Annotated[
        Literal["uniform", "kept"],
        typer.Option(
            "--selection", help="Hard predictions: tokens above a uniform share, or those kept."
        ),
    ] = "uniform",
    split: Annotated[Split, typer.Option("--split", help="Split to export.")] = "test",
) -> None:
    """Write a run's scores and classes in ERASER's prediction format."""
    from workbench.core.task_type import task_type_of
    from workbench.core.token_scores import from_frame
    from workbench.data.corpus import load_corpus
    from workbench.eraser.from_records import to_predictions
    from workbench.eraser.write import write_predictions
    from workbench.runs.folder import load_run

    run = load_run(run_folder)
    if scorer not in run.scorers:
        known = ", ".join(run.scorers) or "none"
        raise InputError(f"{run_folder}: no scores of {scorer!r} (there: {known})")
    predictions = run.predictions
    predictions = predictions[predictions["split"] == split]
    scores = run.scores(scorer)
    scores = scores[scores["text_id"].isin(predictions["text_id"])]
    if scores.empty:
        raise InputError(f"{run_folder}: no text of the {split} split was scored by {scorer}")
    predictions = predictions[predictions["method"] == str(scores["method"].iloc[0])]
    corpus = load_corpus(run.config.data)
    task_type_of(corpus.labels).require_classes("ERASER's format is one of classes")
    scored = set(scores["text_id"])
    documents = [document for document in corpus.splits[split] if document.id in scored]
    records = to_predictions(
        from_frame(scores), documents, predictions, layer=layer, selection=selection
    )
    say(f"{out}: {write_predictions(records, out)} predictions of {len(documents)} texts")
