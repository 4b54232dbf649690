"""What a run reads from outside its folder, as digests: texts, rationales, backbone, plug-ins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

import numpy as np

from workbench.catalog.readers import READERS
from workbench.config.run import RunConfig
from workbench.core.documents import Corpus, Document, Window
from workbench.data.rationales.valence import lexicon
from workbench.data.windows.encode import Encoding
from workbench.models.pretrained import content_of_backbone, files_of_backbone
from workbench.storage.fingerprints import fingerprint, traces

_READERS = ("rationale-workbench", "transformers", "tokenizers")
"""Packages that decide what is read from the same files."""
Texts = tuple[Corpus, Mapping[str, Encoding], Sequence[Window]]
"""A corpus, its windows by split, and those to train on."""


@dataclass(frozen=True)
class Content:
    """Digests; equal ones stand for equal content."""

    texts: dict[str, str]
    """By split, and of the windows to train on (`training`): ids, tokens and labels."""
    rationales: dict[str, str]
    """By split: the rationales of its texts and windows."""
    labels: list[str]
    backbone: str
    label_shares: dict[str, str] = field(default_factory=dict)
    """By split, and of the windows to train on: the shares of annotators that gave each class. Splits
    whose texts have none are absent, so that runs on them keep their keys."""


def read_content(config: RunConfig, known: dict[str, Any], read: Callable[[], Texts]) -> dict[str, Any]:
    """Return the digests of what a run reads, and traces of the files (sizes, times of change).

    Args:
        config: The run's.
        known: What this function returned for the run before; empty where it was not asked yet.
        read: Reads the texts; called only where the traces have changed, or where there are none.
    """
    seen = _traces(config)
    if seen is not None and known.get("traces") == seen:
        return known
    corpus, encodings, training = read()
    windows = {split: encoding.windows for split, encoding in encodings.items()} | {"training": training}
    shares = {split: _label_shares(members) for split, members in windows.items()}
    content = Content(
        texts={split: _texts(members) for split, members in windows.items()},
        rationales={
            split: _rationales(corpus.splits[split], encoding.windows)
            for split, encoding in encodings.items()
        },
        labels=list(corpus.labels),
        backbone=content_of_backbone(config.backbone),
        label_shares={split: digest for split, digest in shares.items() if digest},
    )
    return {"traces": seen, "digests": asdict(content)}


def _traces(config: RunConfig) -> str | None:
    """Return a digest of the files' traces and of all that decides what is read from them.

    None where the texts are not in files that we know of.
    """
    files = READERS.find(config.data.source).files(config.data)
    if not files or not all(file.exists() for file in files):
        return None
    if config.data.rationales == "valence":
        files = [*files, lexicon()]
    return fingerprint(
        config.data, READERS.code(config.data.source), [version(package) for package in _READERS],
        traces([*files, *files_of_backbone(config.backbone)]),
    )  # fmt: skip


def _texts(windows: Sequence[Window]) -> str:
    digest = blake2b(digest_size=8)
    for window in windows:
        digest.update(repr((window.text_id, window.window, window.label)).encode())
        for values in (window.input_ids, window.token_type_ids, window.word_index):
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _label_shares(windows: Sequence[Window]) -> str:
    """Return a digest of the shares by text; empty where one person labelled each text."""
    given = {w.text_id: w.label_shares.tolist() for w in windows if w.label_shares is not None}
    return fingerprint(given) if given else ""


def _rationales(documents: Sequence[Document], windows: Sequence[Window]) -> str:
    digest = blake2b(digest_size=8)
    for document in documents:
        spans: Any = document.rationale
        digest.update(repr((document.id, spans, document.parts)).encode())
        if document.shares is not None:
            digest.update(repr((document.shares, document.annotations)).encode())
    for window in windows:
        digest.update(b"none" if window.rationale is None else window.rationale.tobytes())
    return digest.hexdigest()
