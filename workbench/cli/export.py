"""What leaves a run: `workbench export`, a model; `workbench export-predictions`, scores and classes."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from workbench.catalog.options import CALIBRATION, Precision, Quantisation
from workbench.cli.options import Split
from workbench.cli.terminal import say
from workbench.errors import InputError


@dataclass(frozen=True)
class ModelExport:
    """Which model is written, and where to."""

    run: Path
    """Run folder."""
    method: str
    """Trained method of the run."""
    to: Path
    """Folder to write, new or empty."""
    format: Literal["transformers", "onnx"] = "transformers"
    """For AutoModelForSequenceClassification, or as graphs for ONNX Runtime and OpenVINO."""
    precision: Precision = "fp32"
    """Of an ONNX graph's linear layers."""
    quantisation: Literal["auto", "dynamic", "static"] = "auto"
    """How what enters an int8 layer is rounded: by its own range, by that of dev texts, or
    whichever agrees more with torch on dev."""
    calibration: int = CALIBRATION
    """Windows of dev that static quantisation takes its ranges from."""
    batched: bool = False
    """Write an ONNX graph for any number of texts at a time beside that for one."""
    push_to_hub: str | None = None
    """Upload it under this name, such as me/model."""
    public: bool = False
    """Show a new hub repository to everybody."""


@dataclass(frozen=True)
class PredictionsExport:
    """Which scores are written, and where to."""

    run: Path
    """Run folder."""
    scorer: str
    """Scorer, such as cp or saliency."""
    out: Path
    """JSONL file to write."""
    layer: int | None = None
    """One layer (ERASER's scorer reads no more); default: all."""
    selection: Literal["uniform", "kept"] = "uniform"
    """Hard predictions: tokens above a uniform share, or those kept."""
    split: Split = "test"
    """Split to export."""


def export(what: ModelExport) -> None:
    """Write a model that transformers loads by itself, or that runs in an engine without torch.

    For transformers: AutoModelForSequenceClassification. A dense or DistilBERT model is an ordinary
    classifier of its family; any other needs `import workbench` first, and then drops its tokens. As
    `--format onnx`: graphs in which tokens really go, held against the torch model on the dev split;
    load them by `workbench.load_classifier(folder, engine="onnxruntime")`. The model's and the data's
    cards are written beside it. Uploading asks for the hub's own login (`hf auth login`).
    """
    from workbench.pipeline.export import check_hub, export_model, push
    from workbench.reporting.cards.model import write_card
    from workbench.runs.folder import load_run

    if what.format != "onnx" and (what.precision != "fp32" or what.batched):
        raise InputError("--precision and --batched are of --format onnx")
    if what.precision != "int8" and (what.quantisation != "auto" or what.calibration != CALIBRATION):
        raise InputError("--quantisation and --calibration are of --precision int8")
    if what.calibration < 1:
        raise InputError(f"--calibration {what.calibration}: at least 1")
    run = load_run(what.run)
    if what.push_to_hub is not None:
        check_hub(what.push_to_hub)

    card = partial(write_card, what.run, what.method)
    if what.format == "onnx":
        from workbench.pipeline.export_graphs import export_graphs

        manifest = export_graphs(
            run, what.method, what.to, precision=what.precision, batched=what.batched,
            ways=get_args(Quantisation) if what.quantisation == "auto" else (what.quantisation,),
            calibration=what.calibration,
            write_cards=lambda folder, manifest: card(folder, graphs=manifest.in_words()),
        )  # fmt: skip
        say(manifest.in_words())
    else:
        export_model(run, what.method, what.to, card)
    say(what.to)
    if what.push_to_hub is not None:
        say(push(what.to, what.push_to_hub, public=what.public))


def export_predictions(what: PredictionsExport) -> None:
    """Write a run's scores and classes in ERASER's prediction format."""
    from workbench.core.token_scores import from_frame
    from workbench.data.corpus import load_corpus
    from workbench.eraser.prediction import write_predictions
    from workbench.eraser.records import to_predictions
    from workbench.runs.folder import load_run

    run = load_run(what.run)
    if what.scorer not in run.scorers:
        known = ", ".join(run.scorers) or "none"
        raise InputError(f"{what.run}: no scores of {what.scorer!r} (there: {known})")
    predictions, scores = run.predictions, run.scores(what.scorer)
    predictions = predictions[predictions["split"] == what.split]
    scores = scores[scores["text_id"].isin(predictions["text_id"])]
    if scores.empty:
        raise InputError(f"{what.run}: no text of the {what.split} split was scored by {what.scorer}")
    predictions = predictions[predictions["method"] == str(scores["method"].iloc[0])]
    corpus = load_corpus(run.config.data)
    corpus.task_type.require_classes("ERASER's format is one of classes")
    scored = set(scores["text_id"])
    documents = [document for document in corpus.splits[what.split] if document.id in scored]
    records = to_predictions(
        from_frame(scores), documents, predictions, layer=what.layer, selection=what.selection
    )
    written = write_predictions(records, what.out)
    say(f"{what.out}: {written} predictions of {len(documents)} texts")
