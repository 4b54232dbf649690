"""Models that answer questions as folders for transformers, and as ONNX graphs held against torch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerBase

from workbench.catalog.options import Precision
from workbench.core.inference import TokenInference
from workbench.engines.manifest import AnswersAgreement, Manifest
from workbench.engines.token_classifier import EngineTokenClassifier
from workbench.models.classifier import writing_model
from workbench.models.token_classifier import PruningTokenClassifier, load_token_classifier
from workbench.pipeline.export import refuse_filled, write_for_transformers
from workbench.pipeline.export_graphs import BATCH, write_graphs
from workbench.pipeline.questions.job import QuestionsJob
from workbench.runs.answers import AnswersFolder


def export_answerer(
    trained: AnswersFolder,
    system: str,
    folder: Path,
    write_card: Callable[[Path], None] | None = None,
) -> None:
    """Write a trained model as transformers loads it (AutoModelForQuestionAnswering).

    What drops no token is an ordinary model; any other needs `import workbench` to be loaded.

    Args:
        trained: What `workbench answer` wrote.
        system: A method, with its strength where it has several, such as `top-0.3`.
        folder: New or empty.
        write_card: Puts the card into the folder that it is given, before that appears.

    Raises:
        InputError: No such system, its training has not ended, or the folder holds something.
        WorkbenchError: The disk refuses.
    """
    model, tokenizer = _loaded(trained, system, folder)
    model.stock.config.workbench = model.described()
    write_for_transformers(model, tokenizer, folder, write_card)


def export_answerer_graphs(
    trained: AnswersFolder,
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
        trained, system, folder: As of `export_answerer`.
        precision: Of the linear layers.
        batched: Also write the graph of any number of windows.
        calibration: Windows of dev that static quantisation takes its ranges from; 0: dynamic.
        write_card: Puts the card into the folder that it is given, before that appears.

    Raises:
        InputError: As `export_answerer`, `write_graph`, `quantise` and `open_session`.
        WorkbenchError: The disk refuses.
    """
    model, tokenizer = _loaded(trained, system, folder)
    job = QuestionsJob(trained.folder, trained.config)
    # Data that are not there are said before the graphs are made.
    windows = job.encodings["dev"].windows
    with writing_model(folder) as scratch:
        manifest = write_graphs(
            model, tokenizer, scratch, precision=precision, batched=batched,
            calibration=windows[:calibration],
        )  # fmt: skip
        given = EngineTokenClassifier(scratch, "onnxruntime").infer_tokens(windows, BATCH)
        manifest = manifest.model_copy(update={"dev": _agreement(job, model, given)})
        manifest.write(scratch)
        if write_card is not None:
            write_card(scratch, manifest)
    return manifest


def _loaded(
    trained: AnswersFolder, system: str, folder: Path
) -> tuple[PruningTokenClassifier, PreTrainedTokenizerBase]:
    source = trained.model_folder(system)
    refuse_filled(folder)
    model, tokenizer = load_token_classifier(source, "answers")
    if model.asked is None:  # Made before models knew it.
        model.asked = QuestionsJob(trained.folder, trained.config).asked
    return model, tokenizer


def _agreement(
    job: QuestionsJob, model: PruningTokenClassifier, given: TokenInference
) -> AnswersAgreement:
    """Hold the graphs' answers to the dev questions against torch's."""
    questions, windows = job.questions.splits["dev"], job.windows("dev")
    torchs = model.infer_tokens(windows, BATCH)
    said = [job.said("dev", part.logits) for part in (given, torchs)]
    ours, theirs = (job.values("dev", answers) for answers in said)
    return AnswersAgreement(
        windows=len(windows),
        questions=len(questions),
        f1=float(ours.f1.mean()),
        f1_torch=float(theirs.f1.mean()),
        exact_match=float(ours.exact.mean()),
        exact_match_torch=float(theirs.exact.mean()),
        same_answer=float(np.mean([said[0][one.id] == said[1][one.id] for one in questions])),
        same_tokens=float((given.tokens == torchs.tokens).all(axis=1).mean()),
        largest_difference=max(
            float(np.abs(one - other).max())
            for one, other in zip(given.logits, torchs.logits, strict=True)
        ),
    )
