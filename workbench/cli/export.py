"""What leaves a run: `workbench export`, a model; `workbench export-predictions`, scores and classes."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from workbench.catalog.options import CALIBRATION, Precision, Quantisation
from workbench.cli.options import Split
from workbench.cli.terminal import say
from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench.runs.open_systems import OpenedSystems


@dataclass(frozen=True)
class ModelExport:
    """Which model is written, and where to."""

    run: Path
    """Run folder, or one of `workbench answer` or `workbench tag`."""
    method: str
    """Trained method of the run; of answers and tags with its strength, such as top-0.3."""
    to: Path
    """Folder to write, new or empty."""
    format: Literal["transformers", "onnx"] = "transformers"
    """For transformers' AutoModel classes, or as graphs for ONNX Runtime and OpenVINO."""
    precision: Precision = "fp32"
    """Of an ONNX graph's linear layers."""
    quantisation: Literal["auto", "dynamic", "static"] = "auto"
    """How what enters an int8 layer is rounded: by its own range, by that of dev texts, or
    whichever agrees more with torch on dev. Of answers and tags `auto` is the first."""
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

    For transformers: AutoModelForSequenceClassification, ...QuestionAnswering, ...TokenClassification.
    A dense or DistilBERT model is an ordinary one of its family; any other needs `import workbench`
    first, and then drops its tokens. As `--format onnx`: graphs in which tokens really go, held against
    the torch model on the dev split; load them by `workbench.load_classifier(folder,
    engine="onnxruntime")`, or `load_answerer`, `load_tagger`. Cards are written beside it. Uploading
    asks for the hub's own login (`hf auth login`).
    """
    from workbench.pipeline.export import check_hub, push
    from workbench.runs.open_systems import systems_folder

    trained = systems_folder(what.run)
    if what.format != "onnx" and (what.precision != "fp32" or what.batched):
        raise InputError("--precision and --batched are of --format onnx")
    if what.precision != "int8" and (what.quantisation != "auto" or what.calibration != CALIBRATION):
        raise InputError("--quantisation and --calibration are of --precision int8")
    dynamic = what.quantisation == "dynamic" or (what.quantisation == "auto" and trained is not None)
    if dynamic and what.calibration != CALIBRATION:
        raise InputError("--calibration is of static quantisation")
    if what.calibration < 1:
        raise InputError(f"--calibration {what.calibration}: at least 1")
    if what.push_to_hub is not None:
        check_hub(what.push_to_hub)
    said = _export_classifier(what) if trained is None else _export_system(what, trained)
    say(*said, what.to)
    if what.push_to_hub is not None:
        say(push(what.to, what.push_to_hub, public=what.public))


def _export_classifier(what: ModelExport) -> list[str]:
    """Export a run's model; return what is to be said of its graphs."""
    from workbench.pipeline.export import export_model
    from workbench.reporting.cards.model import write_card
    from workbench.runs.folder import load_run

    run, card = load_run(what.run), partial(write_card, what.run, what.method)
    if what.format == "transformers":
        export_model(run, what.method, what.to, card)
        return []
    from workbench.pipeline.export_graphs import export_graphs

    manifest = export_graphs(
        run, what.method, what.to, precision=what.precision, batched=what.batched,
        ways=get_args(Quantisation) if what.quantisation == "auto" else (what.quantisation,),
        calibration=what.calibration,
        write_cards=lambda folder, manifest: card(folder, graphs=manifest.in_words()),
    )  # fmt: skip
    return [manifest.in_words()]


def _export_system(what: ModelExport, trained: "OpenedSystems") -> list[str]:
    """Export a model of answers or tags; return what is to be said of its graphs."""
    from workbench.pipeline.systems.export import export_system, export_system_graphs
    from workbench.reporting.cards.systems import write_system_card

    card = partial(write_system_card, trained, what.method)
    if what.format == "transformers":
        export_system(trained, what.method, what.to, card)
        return []
    manifest = export_system_graphs(
        trained, what.method, what.to, precision=what.precision, batched=what.batched,
        calibration=what.calibration if what.quantisation == "static" else 0,
        write_card=lambda folder, manifest: card(folder, graphs=manifest.in_words()),
    )  # fmt: skip
    return [manifest.in_words()]


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
