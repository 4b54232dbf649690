"""Scores of any number of texts, streamed to Parquet: bounded memory, resumed by text id."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from itertools import islice
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


class _Told(Events):
    """Notes go to the reporter, failures into the tallies as well."""

    def __init__(self, reporter: Reporter, tallies: dict[str, Tally]) -> None:
        self.reporter, self.tallies = reporter, tallies

    def note(self, text: str) -> None:
        self.reporter.note(text)

    def failed(self, scorer: str, window: Window, layers: Sequence[int]) -> None:
        before = self.tallies[scorer].failed.get(window.text_id, [])
        self.tallies[scorer].failed[window.text_id] = sorted({*before, *layers})
        shown = ", ".join(map(str, layers))
        self.reporter.note(f"{scorer}: NaN for text {window.text_id!r}, layer {shown}: left out")


@dataclass(frozen=True)
class _Prepared:
    """A model, the scorers that run on it, and how texts are cut for it."""

    model: PruningClassifier
    tokenizer: PreTrainedTokenizerBase
    scorers: list[str]
    max_tokens: int


def attribute(request: AttributeRequest, reporter: Reporter) -> tuple[Path, dict[str, Tally]]:
    """Score the texts; the folder of scores and attribute.json, and what each scorer cost.

    Texts whose ids are there already are not scored again. Raises InputError, before anything is
    written, for what `check_scorers` and `read_texts` refuse, ids that come twice, a gold class that a
    text does not have, and a folder that was made with other settings.
    """
    folder = _folder(request)
    prepared = _prepare(request)
    documents = _documents(request, prepared[0].model.task_type)
    settings = _settings(request, prepared)
    tallies = _earlier(folder, settings, prepared)
    map_large_blocks()
    told = _Told(reporter, tallies)
    files = {name: ScoreFile(folder / "scores", name) for name in request.scorers}
    with reporter:
        for one in prepared:
            for names, pending in _pending(one.scorers, files, documents):
                reporter.stage(f"{one.model.policy.method}: {', '.join(names)}", not pending)
                done = 0
                for pool in _pools(pending, POOL * request.options.batch_size):
                    _score_pool(one, names, pool, request, files, told)
                    _write(folder, settings, tallies)
                    done += len(pool)
                    spent = {name: tallies[name].seconds for name in names}
                    reporter.progress(done, len(pending), spent)
        for file in files.values():
            file.join()
        _write(folder, settings, tallies)
    return folder, tallies


def _score_pool(
    one: _Prepared,
    names: list[str],
    pool: list[Document],
    request: AttributeRequest,
    files: dict[str, ScoreFile],
    told: _Told,
) -> None:
    """Score a pool's windows and write a part for every scorer."""
    encoding = encode(pool, one.model.labels, one.tokenizer, one.max_tokens)
    if request.too_long == "refuse":
        encoding.refuse_cut()
    by_scorer: dict[str, list[TokenScores]] = {name: [] for name in names}
    for record in score_windows(
        names, one.model, one.tokenizer, encoding.windows, request.options, told
    ):
        by_scorer[record.scorer].append(record)
    place = {document.id: number for number, document in enumerate(pool)}
    for name, records in by_scorer.items():
        records.sort(key=lambda record: (place[record.text_id], record.window))
        files[name].add(records)
        tally = told.tallies[name]
        tally.texts += len(pool)
        tally.windows += len(records)
        tally.seconds += sum(record.seconds or 0.0 for record in records)
        tally.warned += sum(bool(record.warnings) for record in records)


def _pending(
    names: Sequence[str], files: dict[str, ScoreFile], documents: Sequence[Document]
) -> list[tuple[list[str], list[Document]]]:
    """Scorers that still lack the same texts, together, and those texts."""
    groups: dict[tuple[str, ...], tuple[list[str], list[Document]]] = {}
    for name in names:
        there = files[name].text_ids()
        lacking = [document for document in documents if document.id not in there]
        key = tuple(document.id for document in lacking)
        groups.setdefault(key, ([], lacking))[0].append(name)
    return list(groups.values())


def _pools(documents: Iterable[Document], size: int) -> Iterator[list[Document]]:
    iterator = iter(documents)
    while pool := list(islice(iterator, size)):
        yield pool


def _folder(request: AttributeRequest) -> Path:
    if (request.run is None) == (request.model is None):
        raise InputError("attribute needs either --run or --model")
    if request.model is not None and request.method is not None:
        raise InputError("--method chooses among the models of a run; --model has one")
    default = Path("runs/attribute") if request.run is None else request.run / "attribute"
    folder = request.out or default
    refuse_foreign(folder, SUMMARY, "scores")
    return folder


def _prepare(request: AttributeRequest) -> list[_Prepared]:
    """The models, each with its scorers, all checked."""
    folders: dict[Path, list[str]] = {}
    run = None if request.run is None else load_run(request.run)
    for name in request.scorers:
        if run is None:
            assert request.model is not None
            folder = request.model
        else:
            folder = run.model_folder(request.method or scorer_spec(name).method or "dense")
        folders.setdefault(folder, []).append(name)
    if not folders:
        raise InputError("no scorer named")
    prepared = []
    for folder, names in folders.items():
        model, tokenizer = load_classifier(folder)
        check_scorers(names, model, request.options)
        asked = request.max_tokens or (None if run is None else run.config.data.max_tokens)
        limit = model.window_limit(asked)
        encode([], model.labels, tokenizer, limit)
        prepared.append(_Prepared(model, tokenizer, names, limit))
    return prepared


def _documents(request: AttributeRequest, task_type: TaskType) -> list[Document]:
    """The texts, ids checked; without a label of their own they get any, unless gold is asked."""
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


def _settings(request: AttributeRequest, prepared: Sequence[_Prepared]) -> dict[str, Any]:
    """What the scores depend on; files made with other settings are not added to."""
    options = {k: v for k, v in asdict(request.options).items() if k not in ("batch_size", "memory_mb")}
    models: dict[str, str] = {}
    for one in prepared:
        models |= dict.fromkeys(one.scorers, _digest(one.model))
    return {
        "options": {k: list(v) if isinstance(v, tuple) else v for k, v in options.items()},
        "max_tokens": prepared[0].max_tokens,
        "models": models,
    }


def _digest(model: PruningClassifier) -> str:
    """Short hash of a model's weights and method."""
    digest = blake2b(model.policy.method.encode(), digest_size=8)
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()


def _earlier(folder: Path, settings: dict[str, Any], prepared: Sequence[_Prepared]) -> dict[str, Tally]:
    """Tallies to go on with: those of the folder, where it was made with the same settings."""
    methods = {name: one.model.policy.method for one in prepared for name in one.scorers}
    fresh = {name: Tally(method) for name, method in methods.items()}
    if not (folder / SUMMARY).is_file():
        return fresh
    known = read_json(folder / SUMMARY)
    before = known["settings"]
    for key in ("options", "max_tokens"):
        if before[key] != settings[key]:
            raise InputError(
                f"{folder}: was made with {key} {before[key]}, not {settings[key]}; choose another --out"
            )
    for name, digest in settings["models"].items():
        if before["models"].get(name, digest) != digest:
            raise InputError(f"{folder}: its {name} scores are another model's; choose another --out")
    settings["models"] = before["models"] | settings["models"]
    return {name: Tally(**value) for name, value in known["scorers"].items()} | {
        name: tally for name, tally in fresh.items() if name not in known["scorers"]
    }


def _write(folder: Path, settings: dict[str, Any], tallies: dict[str, Tally]) -> None:
    scorers = {name: asdict(tally) for name, tally in tallies.items()}
    write_json(folder / SUMMARY, {"settings": settings, "scorers": scorers})


def cost_frame(tallies: dict[str, Tally]) -> pd.DataFrame:
    """One row per scorer, as text: what it took and what it lost."""
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
