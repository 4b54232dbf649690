"""Scores of any number of texts, streamed to Parquet: bounded memory, resumed text by text."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from workbench.attribution.callbacks import Events
from workbench.attribution.options import GOLD
from workbench.attribution.registry import check_scorers
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import scorer_spec
from workbench.config.data import DataSettings
from workbench.core.documents import Document, Window
from workbench.core.task_type import TaskType
from workbench.core.token_scores import TokenScores
from workbench.data.readers.plain_texts import read_texts
from workbench.data.windows.encode import encode
from workbench.data.windows.encodings import Encoding
from workbench.errors import InputError
from workbench.inference.pairs import unlike_training
from workbench.models.classifier import load_classifier
from workbench.pipeline.attributed import (
    SCORES,
    SUMMARY,
    Explained,
    claim,
    settings_of,
    summarise,
    text_digests,
)
from workbench.pipeline.job import Reporter
from workbench.pipeline.requests import AttributeRequest, require_one_source
from workbench.runs.folder import Run, load_run, refuse_foreign
from workbench.runs.streamed_scores import ScoreFile, Tally
from workbench.storage.locks import one_writer
from workbench.storage.malloc import map_large_blocks

POOL = 4
"""Batches of texts that are read, scored and written together."""


class _Failures(Events):
    """Keeps which layers of which texts a scorer failed in, and passes notes on to the reporter."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self._layers: dict[str, dict[str, list[int]]] = {}

    def note(self, text: str) -> None:
        self.reporter.note(text)

    def failed(self, scorer: str, window: Window, layers: Sequence[int]) -> None:
        texts = self._layers.setdefault(scorer, {})
        texts[window.text_id] = sorted({*texts.get(window.text_id, []), *layers})
        numbers = ", ".join(map(str, layers))
        self.reporter.note(f"{scorer}: NaN for text {window.text_id!r}, layer {numbers}: left out")

    def take(self, scorer: str) -> dict[str, list[int]]:
        """Return the scorer's failures since the last time: text id -> layers."""
        return self._layers.pop(scorer, {})


def attribute(request: AttributeRequest, reporter: Reporter) -> tuple[Path, dict[str, Tally]]:
    """Score texts, streamed to files; texts that are scored there already are not scored again.

    Returns:
        The folder of scores and attribute.json, and what each scorer of the folder cost.

    Raises:
        InputError: Before anything is written, for what `check_scorers`, `read_texts` and `encode`
            refuse, ids that come twice, a gold class that a text does not have; and for a folder whose
            scores were made with other settings, or of other texts of these ids.
        WorkbenchError: Another command is writing the folder.
    """
    folder = _folder(request)
    run = None if request.run is None else load_run(request.run)
    models = _load_models(request, run)
    segmenter = "unicode" if run is None else run.config.data.segmenter
    documents = _documents(request, DataSettings(segmenter=segmenter), models[0].model.task_type)
    for explained in models:
        if unlike := unlike_training(explained.model, [bool(document.second) for document in documents]):
            reporter.missed(unlike)
        for pool in _pools(documents, request):
            _encode(explained, pool, request)
    settings = settings_of(request.options, models)
    digests = text_digests(documents, gold=request.options.target == GOLD)
    map_large_blocks()
    with one_writer(folder, "attribute"):
        settings = claim(folder, settings, digests)
        files = {name: ScoreFile(folder / SCORES, name) for name in request.scorers}
        with reporter:
            for explained in models:
                for names, pending in _pending(explained.scorers, files, documents):
                    reporter.stage(f"{explained.model.policy.method}: {', '.join(names)}", not pending)
                    _score(explained, {name: files[name] for name in names}, pending, request, reporter)
            for file in files.values():
                file.join()
        return folder, summarise(folder, settings)


def _score(
    explained: Explained,
    files: dict[str, ScoreFile],
    pending: Sequence[Document],
    request: AttributeRequest,
    reporter: Reporter,
) -> None:
    """Score the pending texts with each file's scorer, pool by pool."""
    method, failures, done = explained.model.policy.method, _Failures(reporter), 0
    for pool in _pools(pending, request):
        for name, records in _score_pool(explained, list(files), pool, request, failures):
            tally = Tally(
                method=method,
                texts=len(pool),
                windows=len(records),
                seconds=sum(record.seconds or 0.0 for record in records),
                failed=failures.take(name),
                warned=sum(bool(record.warnings) for record in records),
            )
            files[name].add(records, tally)
        done += len(pool)
        tallies = {name: file.tally for name, file in files.items()}
        seconds = {name: tally.seconds for name, tally in tallies.items() if tally is not None}
        reporter.progress(done, len(pending), seconds)


def _pools(documents: Sequence[Document], request: AttributeRequest) -> Iterator[Sequence[Document]]:
    size = POOL * request.options.batch_size
    return (documents[start : start + size] for start in range(0, len(documents), size))


def _encode(explained: Explained, pool: Sequence[Document], request: AttributeRequest) -> Encoding:
    encoding = encode(pool, explained.model.task_type, explained.tokenizer, explained.max_tokens)
    if request.too_long == "refuse":
        encoding.refuse_cut()
    return encoding


def _score_pool(
    explained: Explained,
    names: list[str],
    pool: Sequence[Document],
    request: AttributeRequest,
    events: Events,
) -> Iterator[tuple[str, list[TokenScores]]]:
    """Every scorer's records of these texts, in their order."""
    model, tokenizer = explained.model, explained.tokenizer
    windows = _encode(explained, pool, request).windows
    records = list(score_windows(names, model, tokenizer, windows, request.options, events))
    place = {document.id: number for number, document in enumerate(pool)}
    records.sort(key=lambda record: (place[record.text_id], record.window))
    for name in names:
        yield name, [record for record in records if record.scorer == name]


def _pending(
    names: Sequence[str], files: dict[str, ScoreFile], documents: Sequence[Document]
) -> list[tuple[list[str], list[Document]]]:
    """Scorers that still lack the same texts, together, and those texts."""
    groups: dict[tuple[str, ...], tuple[list[str], list[Document]]] = {}
    for name in names:
        scored = files[name].text_ids()
        lacking = [document for document in documents if document.id not in scored]
        key = tuple(document.id for document in lacking)
        groups.setdefault(key, ([], lacking))[0].append(name)
    return list(groups.values())


def _folder(request: AttributeRequest) -> Path:
    require_one_source("attribute", request.run, request.model, request.method)
    default = Path("runs/attribute") if request.run is None else request.run / "attribute"
    folder = request.out or default / Path(request.texts).stem
    # Asked again under the lock; here it keeps the lock out of a folder that is not ours.
    refuse_foreign(folder, SUMMARY, "scores")
    return folder


def _load_models(request: AttributeRequest, run: Run | None) -> list[Explained]:
    """The models, each with its scorers, all checked."""
    folders: dict[Path, list[str]] = {}
    for name in request.scorers:
        method = request.method or scorer_spec(name).method or "dense"
        folder = run.model_folder(method) if run is not None else request.model
        assert folder is not None
        folders.setdefault(folder, []).append(name)
    if not folders:
        raise InputError("no scorer named")
    models = []
    for folder, names in folders.items():
        model, tokenizer = load_classifier(folder)
        check_scorers(names, model, request.options)
        max_tokens = request.max_tokens or (None if run is None else run.config.data.max_tokens)
        limit = model.window_limit(max_tokens)
        encode([], model.task_type, tokenizer, limit)
        models.append(Explained(model, tokenizer, names, limit))
    return models


def _documents(request: AttributeRequest, settings: DataSettings, task_type: TaskType) -> list[Document]:
    """The texts, ids checked; those without a class get any, unless the gold class is explained."""
    documents = read_texts(
        request.texts,
        request.limit,
        text_column=request.text_column,
        id_column=request.id_column,
        label_column=request.label_column,
        settings=settings,
    )
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise InputError(f"{request.texts}: text id {document.id!r} occurs twice")
        seen.add(document.id)
        if request.options.target == GOLD and not task_type.knows(document.label):
            raise InputError(
                f"{request.texts}: text {document.id!r} has no class of the model's "
                f"({', '.join(task_type.labels)}), so its gold class cannot be explained"
            )
    return [d if task_type.knows(d.label) else replace(d, label=task_type.any_label) for d in documents]


def cost_frame(tallies: dict[str, Tally]) -> pd.DataFrame:
    """Return one row per scorer, as text: what it took and what it lost."""
    return pd.DataFrame(
        {
            "scorer": name,
            "model": tally.method,
            "texts": str(tally.texts),
            "windows": str(tally.windows),
            "seconds": f"{tally.seconds:.2f}",
            "s per 100 texts": f"{100 * tally.seconds / tally.texts:.2f}" if tally.texts else "",
            "NaN": str(len(tally.failed)),
            "warnings": str(tally.warned),
        }
        for name, tally in tallies.items()
    )
