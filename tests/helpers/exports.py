"""Small exports of annotation tools, written by tests, and what is read of them."""

import json
from pathlib import Path
from typing import Any

from workbench.config.data import DataSettings
from workbench.core.documents import Corpus, Document
from workbench.data.corpus import load_corpus


def write_lines(path: Path, records: list[Any]) -> Path:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), "utf-8")
    return path


def write_list(path: Path, records: list[Any]) -> Path:
    """Write one JSON list."""
    path.write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    return path


def settings(source: str, path: Path, **more: Any) -> DataSettings:
    """Settings of annotated data."""
    return DataSettings(**{"source": source, "path": str(path), "rationales": "annotated"} | more)


def every(corpus: Corpus) -> dict[str, Document]:
    """All documents by id."""
    return {one.id: one for members in corpus.splits.values() for one in members}


def load(source: str, path: Path, **more: Any) -> tuple[dict[str, Document], Corpus]:
    """Read an export; return its documents by id, and the corpus."""
    corpus = load_corpus(settings(source, path, **more))
    return every(corpus), corpus


def words_of(document: Document) -> list[str] | None:
    """The marked stretches, as text; None: not annotated."""
    if document.rationale is None:
        return None
    return [" ".join(document.words[span.start : span.end]) for span in document.rationale]
