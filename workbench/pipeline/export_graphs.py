"""A run's model as ONNX graphs for an engine, held against the torch model on the dev split."""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerBase

from workbench.catalog.options import CALIBRATION, Precision, Quantisation
from workbench.core.documents import Window
from workbench.core.inference import Inference, held_against
from workbench.core.task_type import Classification
from workbench.data.corpus import load_corpus
from workbench.data.windows.encode import encode
from workbench.engines.classifier import EngineClassifier
from workbench.engines.manifest import BATCH_GRAPH, TEXT_GRAPH, Agreement, Manifest
from workbench.models.classifier import PruningClassifier, load_classifier, writing_model
from workbench.models.graphs import write_graph
from workbench.models.pretrained import quiet
from workbench.models.token_classifier import PruningTokenClassifier
from workbench.pipeline.export import checked_source
from workbench.pipeline.quantised_graphs import graph_hashes, keep_best, quantise_graphs
from workbench.runs.folder import Run

BATCH = 32


def export_graphs(
    run: Run,
    method: str,
    folder: Path,
    *,
    precision: Precision = "fp32",
    batched: bool = False,
    ways: Sequence[Quantisation] = ("dynamic", "static"),
    calibration: int = CALIBRATION,
    write_cards: Callable[[Path, Manifest], None] | None = None,
) -> Manifest:
    """Write a method's trained model as ONNX graphs, with its tokenizer and manifest; return that.

    Args:
        run: The run that trained it.
        method: Whose model.
        folder: New or empty.
        precision: Of the linear layers.
        batched: Also write the graph of any number of texts.
        ways: How int8 graphs are made; of several, those stay that agree most with torch.
        calibration: Windows of dev that static quantisation takes its ranges from.
        write_cards: Puts the cards into the folder that it is given, before that appears.

    Raises:
        InputError: As `export_model`, `write_graph`, `quantise` and `open_session`.
        WorkbenchError: The disk refuses.
    """
    model, tokenizer = load_classifier(checked_source(run, method, folder))
    config = run.config
    corpus = load_corpus(config.data)
    dev = encode(corpus.splits["dev"], corpus.task_type, tokenizer, config.data.max_tokens).windows
    with writing_model(folder) as scratch:
        manifest = write_graphs(model, tokenizer, scratch, batched=batched)
        torchs = model.infer(dev, BATCH)

        def judge(graphs: Path) -> Agreement:
            return _agreement(
                model, dev, EngineClassifier(graphs, "onnxruntime").infer(dev, BATCH), torchs
            )

        if precision == "int8":
            manifest = keep_best(scratch, manifest, dev[:calibration], ways, judge)
        else:
            manifest = manifest.model_copy(update={"dev": judge(scratch)})
        manifest.write(scratch)
        if write_cards is not None:
            write_cards(scratch, manifest)
    return manifest


def write_graphs(
    model: PruningClassifier,
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
    *,
    precision: Precision = "fp32",
    batched: bool = False,
    calibration: Sequence[Window] = (),
) -> Manifest:
    """Write a model's graphs, tokenizer and manifest into a folder; errors as of `export_graphs`.

    Args:
        model, tokenizer: Any model and its own tokenizer.
        folder: Made if it is not there.
        precision, batched: As of `export_graphs`.
        calibration: Windows for static quantisation of int8 graphs; none: dynamic.
    """
    model.stock.config.workbench = model.described()
    with quiet():
        model.stock.config.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    for name in (TEXT_GRAPH, BATCH_GRAPH)[: 1 + batched]:
        write_graph(model, folder / name, batch=name == BATCH_GRAPH)
    manifest = _manifest(model, folder)
    if precision == "int8":
        manifest = quantise_graphs(folder, manifest, folder, calibration)
    manifest.write(folder)
    return manifest


def _manifest(model: PruningClassifier, folder: Path) -> Manifest:
    asked = model.asked if isinstance(model, PruningTokenClassifier) else None
    return Manifest(
        workbench=version("rationale-workbench"),
        method=model.method,
        policy=model.policy.settings(),
        labels=model.labels,
        task=model.task_type.kind if model.reads == "sequence" else model.reads,
        questions=asked,
        pairs=model.pairs,
        positions=model.window_limit(None),
        costs=model.costs,
        precision="fp32",
        files=graph_hashes(folder),
    )


def _agreement(
    model: PruningClassifier, windows: Sequence[Window], answers: Inference, torchs: Inference
) -> Agreement:
    """Hold the graphs' answers against torch's, window by window."""
    ours, theirs = (part.logits.argmax(1) for part in (answers, torchs))
    classes = isinstance(model.task_type, Classification)
    gold = np.array([window.label for window in windows])
    return Agreement(
        **held_against(answers, torchs),
        accuracy=float((ours == gold).mean()) if classes else None,
        accuracy_torch=float((theirs == gold).mean()) if classes else None,
        same_class=float(model.task_type.same(answers.logits, torchs.logits).mean()),
    )
