"""Models of answers and tags as folders for transformers, and as ONNX graphs held against torch."""

from collections.abc import Callable
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from workbench.catalog.options import Precision
from workbench.engines.manifest import Manifest
from workbench.engines.token_classifier import EngineTokenClassifier
from workbench.models.classifier import writing_model
from workbench.models.token_classifier import PruningTokenClassifier, load_token_classifier
from workbench.pipeline.export import refuse_filled, write_for_transformers
from workbench.pipeline.export_graphs import BATCH, write_graphs
from workbench.pipeline.questions.job import QuestionsJob
from workbench.pipeline.tagging.job import TaggingJob
from workbench.runs.open_systems import OpenedSystems
from workbench.runs.tags import TagsFolder


def export_system(
    trained: OpenedSystems,
    system: str,
    folder: Path,
    write_card: Callable[[Path], None] | None = None,
) -> None:
    """Write a trained model as transformers loads it (AutoModelForQuestionAnswering, or
    AutoModelForTokenClassification).

    What drops no token is an ordinary model; any other needs `import workbench` to be loaded.

    Args:
        trained: What `workbench answer` or `workbench tag` wrote.
        system: A method, with its strength where it has several, such as `top-0.3`.
        folder: New or empty.
        write_card: Puts the card into the folder that it is given, before that appears.

    Raises:
        InputError: No such system, its training has not ended, or the folder holds something.
        WorkbenchError: The disk refuses.
    """
    model, tokenizer = _loaded(trained, _job(trained), system, folder)
    model.stock.config.workbench = model.described()
    write_for_transformers(model, tokenizer, folder, write_card)


def export_system_graphs(
    trained: OpenedSystems,
    system: str,
    folder: Path,
    *,
    precision: Precision = "fp32",
    batched: bool = False,
    calibration: int = 0,
    write_card: Callable[[Path, Manifest], None] | None = None,
) -> Manifest:
    """Write a trained model as ONNX graphs, with its tokenizer and manifest; return that.

    Args:
        trained, system, folder: As of `export_system`.
        precision: Of the linear layers.
        batched: Also write the graph of any number of windows.
        calibration: Windows of dev that static quantisation takes its ranges from; 0: dynamic.
        write_card: Puts the card into the folder that it is given, before that appears.

    Raises:
        InputError: As `export_system`, `write_graph`, `quantise` and `open_session`.
        WorkbenchError: The disk refuses.
    """
    job = _job(trained)
    model, tokenizer = _loaded(trained, job, system, folder)
    # Data that are not there are said before the graphs are made.
    windows = job.windows("dev")
    with writing_model(folder) as scratch:
        manifest = write_graphs(
            model, tokenizer, scratch, precision=precision, batched=batched,
            calibration=windows[:calibration],
        )  # fmt: skip
        given = EngineTokenClassifier(scratch, "onnxruntime").infer_tokens(windows, BATCH)
        agreed = job.agreement(given, model.infer_tokens(windows, BATCH))
        manifest = manifest.model_copy(update={"dev": agreed})
        manifest.write(scratch)
        if write_card is not None:
            write_card(scratch, manifest)
    return manifest


def _job(trained: OpenedSystems) -> QuestionsJob | TaggingJob:
    if isinstance(trained, TagsFolder):
        return TaggingJob(trained.folder, trained.config)
    return QuestionsJob(trained.folder, trained.config)


def _loaded(
    trained: OpenedSystems, job: QuestionsJob | TaggingJob, system: str, folder: Path
) -> tuple[PruningTokenClassifier, PreTrainedTokenizerBase]:
    source = trained.model_folder(system)
    refuse_filled(folder)
    model, tokenizer = load_token_classifier(source, job.head)
    if model.asked is None:  # Made before models of answers knew it.
        model.asked = job.asked
    return model, tokenizer
