"""The folder of `workbench attribute`: whose scores of which texts it holds, noted before they come."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd
from transformers import PreTrainedTokenizerBase

from workbench.attribution.options import Options
from workbench.catalog.methods import METHODS
from workbench.catalog.scorers import SCORERS
from workbench.core.documents import Document
from workbench.errors import InputError
from workbench.models.classifier import PruningClassifier
from workbench.runs.folder import refuse_foreign
from workbench.runs.streamed_scores import ScoreFile, Tally
from workbench.storage.atomic import read_json, replacing, write_json
from workbench.storage.tables import read_table

SUMMARY, TEXTS, SCORES = "attribute.json", "texts.parquet", "scores"
"""In the folder: its settings and tallies, the digest of each text, a table per scorer."""


@dataclass(frozen=True)
class Explained:
    """A model, the scorers that run on it, and how texts are cut for it."""

    model: PruningClassifier
    tokenizer: PreTrainedTokenizerBase
    scorers: list[str]
    max_tokens: int


def settings_of(options: Options, models: Sequence[Explained]) -> dict[str, Any]:
    """Return what scores depend on besides the texts; a folder has one of each.

    Args:
        options: What is asked of the scorers.
        models: What they explain.
    """
    chosen = asdict(options)
    if options.layers is not None:
        chosen["layers"] = list(options.layers)
    # These models answer no questions.
    del chosen["batch_size"], chosen["memory_mb"], chosen["search"]
    digests = [(one, _model_digest(one)) for one in models]
    return {
        "options": chosen,
        "max_tokens": {digest: one.max_tokens for one, digest in digests},
        "scorers": {
            name: {"model": digest, "code": SCORERS.code(name.partition("@")[0])}
            for one, digest in digests
            for name in one.scorers
        },
    }


def text_digests(documents: Iterable[Document], *, gold: bool) -> dict[str, str]:
    """Return a short hash of each text by its id; of its class too, where `gold` explains it."""
    return {
        document.id: blake2b(
            json.dumps([document.words, document.second, document.label if gold else None]).encode(),
            digest_size=8,
        ).hexdigest()
        for document in documents
    }


def claim(folder: Path, settings: dict[str, Any], digests: dict[str, str]) -> dict[str, Any]:
    """Note in the folder what will be scored and how; returns the settings, those of its own included.

    Args:
        folder: Written by this process alone.
        settings: Of `settings_of`.
        digests: Of `text_digests`.

    Raises:
        InputError: The folder is none of scores, or holds scores that were made with other settings,
            of other texts of these ids, or by a version that did not note the texts.
    """
    refuse_foreign(folder, SUMMARY, "scores")
    known: dict[str, str] = {}
    # Settings and texts bind only where there are scores of them.
    if scored := _scored(folder):
        settings = _joined_settings(folder, settings, scored)
        known = _known_digests(folder)
        for text_id, digest in digests.items():
            if known.get(text_id, digest) != digest:
                raise InputError(
                    f"{folder / TEXTS}: its text {text_id!r} is another one than yours; choose "
                    f"another --out, or remove {folder}"
                )
    summarise(folder, settings)
    if not digests.keys() <= known.keys() or not scored:
        every = pd.DataFrame((known | digests).items(), columns=["text_id", "digest"])
        with replacing(folder / TEXTS) as scratch:
            every.to_parquet(scratch, index=False, write_page_checksum=True)
    return settings


def summarise(folder: Path, settings: dict[str, Any]) -> dict[str, Tally]:
    """Write attribute.json from what the files of scores say of themselves; returns their tallies."""
    files = {name: ScoreFile(folder / SCORES, name) for name in settings["scorers"]}
    tallies = {name: file.tally for name, file in files.items() if file.tally is not None}
    scorers = {name: asdict(tally) for name, tally in tallies.items()}
    write_json(folder / SUMMARY, {"settings": settings, "scorers": scorers})
    return tallies


def _scored(folder: Path) -> set[str]:
    """The scorers that have scores in the folder."""
    joined = {path.stem for path in folder.glob(f"{SCORES}/*.parquet")}
    return joined | {path.parent.name[1:] for path in folder.glob(f"{SCORES}/.*/[0-9]*.parquet")}


def _joined_settings(folder: Path, settings: dict[str, Any], scored: set[str]) -> dict[str, Any]:
    """The settings of the folder's scores, where they agree with these, and these."""
    summary = read_json(folder / SUMMARY)
    try:
        before = summary["settings"]
        # Earlier versions compared a class with no other.
        options = {"against": None, **before["options"]}
        windows = dict(before["max_tokens"])
        scorers = {name: before["scorers"][name] for name in scored}
        models = {name: scorer["model"] for name, scorer in scorers.items()}
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"{folder / SUMMARY}: does not say how the scores beside it were made, or is of an earlier "
            "version; choose another --out"
        ) from None
    advice = "choose another --out"
    if options != settings["options"]:
        changed = [name for name, value in settings["options"].items() if options.get(name) != value]
        shown = ", ".join(f"{name} {options.get(name)}" for name in changed)
        raise InputError(f"{folder}: was made with other options ({shown}); {advice}")
    for name, scorer in settings["scorers"].items():
        if models.get(name, scorer["model"]) != scorer["model"]:
            raise InputError(f"{folder}: its {name} scores are another model's; {advice}")
        if scorers.get(name, scorer) != scorer:
            raise InputError(f"{folder}: its {name} scores were made by other code; {advice}")
    for digest, tokens in settings["max_tokens"].items():
        if windows.get(digest, tokens) != tokens:
            raise InputError(
                f"{folder}: was made with max_tokens {windows[digest]}, not {tokens}; {advice}"
            )
    return {
        "options": options,
        "max_tokens": {digest: windows[digest] for digest in models.values()} | settings["max_tokens"],
        "scorers": scorers | settings["scorers"],
    }


def _known_digests(folder: Path) -> dict[str, str]:
    path = folder / TEXTS
    if not path.is_file():
        raise InputError(
            f"{path}: missing, so nobody knows whose scores these are; choose another --out"
        )
    frame = read_table(path)
    if list(frame.columns) != ["text_id", "digest"]:
        raise InputError(f"{path}: not the texts of a scores folder; choose another --out")
    return dict(zip(frame["text_id"], frame["digest"], strict=True))


def _model_digest(explained: Explained) -> str:
    """Short hash of a model: weights, configuration, method with its settings and code, tokenizer."""
    model, tokenizer = explained.model, explained.tokenizer
    method = model.policy.method
    config = model.stock.config.to_diff_dict()
    for changing in ("_name_or_path", "transformers_version", "workbench"):
        config.pop(changing, None)
    told = [
        method,
        model.policy.settings(),
        METHODS.code(method),
        config,
        str(tokenizer.special_tokens_map),
    ]
    digest = blake2b(json.dumps(told, sort_keys=True, default=str).encode(), digest_size=8)
    digest.update(tokenizer.backend_tokenizer.to_str().encode())
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()
