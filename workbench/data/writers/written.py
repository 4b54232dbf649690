"""What a writer gives: contents of files, how they are read back, and what they could not hold."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from workbench.core.annotators import RULES
from workbench.core.documents import ANNOTATED, Corpus, Document


@dataclass(frozen=True)
class Written:
    """A corpus in one form."""

    files: dict[str, str]
    """Name -> content."""
    section: dict[str, Any]
    """The configuration's `data` section without the path; `source` comes first."""
    path: str = ""
    """Which of the files `data.path` names; empty: their folder."""
    notes: list[str] = field(default_factory=list)
    """A sentence per thing that the form cannot hold, with counts."""


def everyone(corpus: Corpus) -> Iterator[tuple[str, Document]]:
    """Yield (split, document) in the order of the splits."""
    for split, members in corpus.splits.items():
        for document in members:
            yield split, document


def unannotated(corpus: Corpus) -> int:
    """Return how many texts nobody annotated, of a corpus in which others are."""
    if corpus.rationales != ANNOTATED:
        return 0
    return sum(document.rationale is None for _, document in everyone(corpus))


def json_lines_of(values: Iterable[Any]) -> str:
    """Return a line of JSON for each value."""
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def configuration(folder: Path, section: dict[str, Any], path: str, name: str) -> str:
    """Return a configuration, as YAML, that reads what was written.

    Args:
        folder, path: Where it lies, and which file of it is read; empty: the folder.
        section: The other keys of `data`.
        name: What the configuration is called where the folder has no name that will do.
    """
    source = {"source": section["source"], "path": str(folder / path)}
    config = {"name": folder.resolve().name.lstrip(".") or name, "data": source | section}
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def rule_of(annotators: str) -> dict[str, str]:
    """Return `data.annotators` for several people's marks; nothing where one person was chosen."""
    return {"annotators": annotators} if annotators in RULES else {}
