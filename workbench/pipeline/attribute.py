"""Scores of any number of texts, streamed to Parquet: bounded memory, resumed by text id."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd
from transformers import PreTrainedTokenizerBase

from workbench.attribution.callbacks import Events
from workbench.attribution.options import GOLD
from workbench.attribution.registry import check_scorers
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import scorer_spec
from workbench.core.documents import Document, Window
from workbench.core.task_type import TaskType
from workbench.core.token_scores import TokenScores
from workbench.data.readers.plain_texts import read_texts
from workbench.data.windows.encode import encode
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier, load_classifier
from workbench.pipeline.job import Reporter
from workbench.pipeline.requests import AttributeRequest
from workbench.runs.folder import load_run, refuse_foreign
from workbench.runs.scores import ScoreFile
from workbench.storage.atomic import read_json, write_json
from workbench.storage.malloc import map_large_blocks

SUMMARY = "attribute.json"
POOL = 4
"""Batches of texts that are read, scored and written together."""


@dataclass
class Tally:
    """What a scorer has cost and lost so far, for attribute.json."""

    method: str
    texts: int = 0
    windows: int = 0
    seconds: float = 0.0
    failed: dict[str, list[int]] = field(default_factory=dict)
    """Text id -> layers in which a window gave NaN or infinity; they hold no scores."""
    warned: int = 0
    """Windows whose convergence error is above the limit."""


class _Tallies(Events):
    """Counts what happens to each scorer, and passes notes on to the reporter."""

    def __init__(self, reporter: Reporter, by_scorer: dict[str, Tally]) -> None:
        self.reporter, self.by_scorer = reporter, by_scorer

    def note(self, text: str) -> None:
        self.reporter.note(text)

    def failed(self, scorer: str, window: Window, layers: Sequence[int]) -> None:
        failed = self.by_scorer[scorer].failed
        failed[window.text_id] = sorted({*failed.get(window.text_id, []), *layers})
        numbers = ", ".join(map(str, layers))
        self.reporter.note(f"{scorer}: NaN for text {window.text_id!r}, layer {numbers}: left out")

    def add(self, scorer: str, texts: int, records: Sequence[TokenScores]) -> None:
        tally = self.by_scorer[scorer]
        tally.texts += texts
        tally.windows += len(records)
        tally.seconds += sum(record.seconds or 0.0 for record in records)
        tally.warned += sum(bool(record.warnings) for record in records)


@dataclass(frozen=True)
class _Explained:
    """A model, the scorers that run on it, and how texts are cut for it."""

    model: PruningClassifier
    tokenizer: PreTrainedTokenizerBase
    scorers: list[str]
    max_tokens: int


def attribute(request: AttributeRequest, reporter: Reporter) -> tuple[Path, dict[str, Tally]]:
    """Score texts, streamed to files; texts whose ids are there already are not scored again.

    Returns:
        The folder of scores and attribute.json, and what each scorer cost.

    Raises:
        InputError: Before anything is written, for what `check_scorers` and `read_texts` refuse, ids
            that come twice, a gold class that a text does not have, and a folder of other settings.
    """
    folder = _folder(request)
    models = _load_models(request)
    documents = _documents(request, models[0].model.task_type)
    settings = _settings(request, models)
    tallies = _Tallies(reporter, _earlier_tallies(folder, settings, models))
    files = {name: ScoreFile(folder / "scores", name) for name in request.scorers}
    size = POOL * request.options.batch_size
    map_large_blocks()
    with reporter:
        for explained in models:
            for names, pending in _pending(explained.scorers, files, documents):
                reporter.stage(f"{explained.model.policy.method}: {', '.join(names)}", not pending)
                for start in range(0, len(pending), size):
                    pool = pending[start : start + size]
                    for name, records in _score_pool(explained, names, pool, request, tallies):
                        files[name].add(records)
                        tallies.add(name, len(pool), records)
                    _write(folder, settings, tallies)
                    seconds = {name: tallies.by_scorer[name].seconds for name in names}
                    reporter.progress(start + len(pool), len(pending), seconds)
        for file in files.values():
            file.join()
        _write(folder, settings, tallies)
    return folder, tallies.by_scorer


def _score_pool(
    explained: _Explained,
    names: list[str],
    pool: list[Document],
    request: AttributeRequest,
    events: Events,
) -> Iterator[tuple[str, list[TokenScores]]]:
    """Every scorer's records of these texts, in their order."""
    model, tokenizer = explained.model, explained.tokenizer
    encoding = encode(pool, model.labels, tokenizer, explained.max_tokens)
    if request.too_long == "refuse":
        encoding.refuse_cut()
    records = list(score_windows(names, model, tokenizer, encoding.windows, request.options, events))
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
    if (request.run is None) == (request.model is None):
        raise InputError("attribute needs either --run or --model")
    if request.model is not None and request.method is not None:
        raise InputError("--method chooses among the models of a run; --model has one")
    default = Path("runs/attribute") if request.run is None else request.run / "attribute"
    folder = request.out or default
    refuse_foreign(folder, SUMMARY, "scores")
    return folder


def _load_models(request: AttributeRequest) -> list[_Explained]:
    """The models, each with its scorers, all checked."""
    run = None if request.run is None else load_run(request.run)
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
        encode([], model.labels, tokenizer, limit)
        models.append(_Explained(model, tokenizer, names, limit))
    return models


def _documents(request: AttributeRequest, task_type: TaskType) -> list[Document]:
    """The texts, ids checked; those without a class get any, unless the gold class is explained."""
    documents = read_texts(
        request.texts,
        request.limit,
        text_column=request.text_column,
        id_column=request.id_column,
        label_column=request.label_column,
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


def _settings(request: AttributeRequest, models: Sequence[_Explained]) -> dict[str, Any]:
    """What the scores depend on; files made with other settings are not added to."""
    options = asdict(request.options)
    if options["layers"] is not None:
        options["layers"] = list(options["layers"])
    del options["batch_size"], options["memory_mb"]
    digests = [(one.scorers, _digest(one.model)) for one in models]
    return {
        "options": options,
        "max_tokens": models[0].max_tokens,
        "models": {name: digest for names, digest in digests for name in names},
    }


def _digest(model: PruningClassifier) -> str:
    """Short hash of a model's weights and method."""
    digest = blake2b(model.policy.method.encode(), digest_size=8)
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()


def _earlier_tallies(
    folder: Path, settings: dict[str, Any], models: Sequence[_Explained]
) -> dict[str, Tally]:
    """The folder's own tallies, where it was made with the same settings, and new ones."""
    tallies = {name: Tally(one.model.policy.method) for one in models for name in one.scorers}
    if not (folder / SUMMARY).is_file():
        return tallies
    summary = read_json(folder / SUMMARY)
    before = summary["settings"]
    for key in ("options", "max_tokens"):
        if before[key] != settings[key]:
            raise InputError(
                f"{folder}: was made with {key} {before[key]}, not {settings[key]}; choose another --out"
            )
    for name, digest in settings["models"].items():
        if before["models"].get(name, digest) != digest:
            raise InputError(f"{folder}: its {name} scores are another model's; choose another --out")
    settings["models"] = before["models"] | settings["models"]
    earlier = {name: Tally(**values) for name, values in summary["scorers"].items()}
    return earlier | {name: tally for name, tally in tallies.items() if name not in earlier}


def _write(folder: Path, settings: dict[str, Any], tallies: _Tallies) -> None:
    scorers = {name: asdict(tally) for name, tally in tallies.by_scorer.items()}
    write_json(folder / SUMMARY, {"settings": settings, "scorers": scorers})


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
