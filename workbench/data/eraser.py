"""Data in ERASER's layout (DeYoung et al. 2020): documents, and instances with evidence spans."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.config import DataSettings
from workbench.data.archives import Tree, open_tree
from workbench.data.fetch import fetched_path
from workbench.data.lines import decode, json_lines
from workbench.data.rows import Row, Table, checked_label, counted
from workbench.errors import InputError

SPLIT_FILES = {"train": "train.jsonl", "dev": "val.jsonl", "test": "test.jsonl"}
DEFAULT = "eraser-movies"
"""What is meant when no path is given."""

_SEPARATORS = re.compile(r"[ \r\n]+")


def load_eraser(settings: DataSettings) -> Table:
    """The instances of a folder or archive in ERASER's layout, one row each, words = its tokens.

    Every evidence text is compared with the tokens at its offsets. Raises InputError, naming file,
    line and annotation id, for a mismatch, a span outside its document, an unknown document, a
    missing key or broken JSON.
    """
    path = Path(settings.path).expanduser() if settings.path else _default_path()
    tree = open_tree(path).rooted_at("train.jsonl")
    reader = _Reader(tree, _Documents(tree))
    instances = {
        split: list(reader.instances(file)) for split, file in SPLIT_FILES.items() if file in tree.names
    }
    queries = {instance.query for members in instances.values() for instance in members}
    notes = reader.notes()
    if len(queries) == 1 and (query := queries.pop()):
        notes.append(f"The query is the same everywhere and left out: {query!r}.")
        queries = set()
    rows = {
        split: [instance.row(with_query=bool(queries)) for instance in members]
        for split, members in instances.items()
    }
    labels = {row.label for members in rows.values() for row in members}
    return Table(
        name=Path(tree.origin).name,
        rows=rows,
        annotated=True,
        units="token",
        positive_label="POS" if labels == {"POS", "NEG"} else None,
        notes=notes,
    )


def _default_path() -> Path:
    path = fetched_path(DEFAULT)
    if path is None:
        raise InputError(
            f"the data are not here yet: run `workbench data fetch {DEFAULT}`, or set data.path to a"
            " folder or archive in ERASER's layout"
        )
    return path


def document_tokens(text: str) -> list[str]:
    """Tokens as ERASER's own reader counts them: only plain spaces and line ends separate.

    Other white space, such as a no-break space inside a token, must not shift the offsets.
    """
    return [token for part in _SEPARATORS.split(text) if (token := part.strip())]


class _Documents:
    """Tokens of each document, read once, from `docs/` or `docs.jsonl`."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.tokens: dict[str, list[str]] = {}
        self.in_folder = any(name.startswith("docs/") for name in tree.names)
        if self.in_folder:
            return
        if "docs.jsonl" not in tree.names:
            raise InputError(f"{tree.origin}: neither docs/ nor docs.jsonl")
        for line, record in json_lines(tree.read("docs.jsonl"), tree.where("docs.jsonl")):
            docid, text = record.get("docid"), record.get("document")
            if not isinstance(docid, str) or not isinstance(text, str):
                raise InputError(f"{tree.where('docs.jsonl')}:{line}: expected docid and document")
            self.tokens[docid] = document_tokens(text)

    def get(self, docid: str) -> list[str] | None:
        """The document's tokens; None where there is no such document."""
        name = f"docs/{docid}"
        if docid not in self.tokens and self.in_folder and name in self.tree.names:
            text = decode(self.tree.read(name), self.tree.where(name))
            self.tokens[docid] = document_tokens(text)
        return self.tokens.get(docid)


@dataclass(frozen=True)
class _Instance:
    id: str
    label: str
    query: str
    tokens: list[str]
    spans: tuple[tuple[int, int], ...]
    where: str

    def row(self, with_query: bool) -> Row:
        second = self.query if with_query else ""
        return Row(self.id, " ".join(self.tokens), self.label, self.where, second, self.spans)


@dataclass
class _Reader:
    tree: Tree
    documents: _Documents
    joined: int = 0
    empty: int = 0
    unchecked: int = 0
    without: list[str] = field(default_factory=list)

    def instances(self, file: str) -> Iterator[_Instance]:
        for line, record in json_lines(self.tree.read(file), self.tree.where(file)):
            yield self._instance(record, f"{self.tree.where(file)}:{line}")

    def notes(self) -> list[str]:
        notes = []
        if self.joined:
            texts = counted(self.joined, "text")
            notes.append(f"{texts} joined from several documents, in order of first mention.")
        if self.without:
            shown = ", ".join(self.without[:3]) + (", ..." if len(self.without) > 3 else "")
            notes.append(f"{counted(len(self.without), 'text')} without any evidence ({shown}).")
        if self.empty:
            notes.append(f"{counted(self.empty, 'evidence span')} of no tokens dropped.")
        if self.unchecked:
            notes.append(f"{counted(self.unchecked, 'evidence')} without text, so not checked.")
        return notes

    def _instance(self, record: dict[str, Any], where: str) -> _Instance:
        name = record.get("annotation_id")
        if not isinstance(name, str) or not name:
            raise InputError(f"{where}: no annotation_id")
        where = f"{where}: {name}"
        label = checked_label(record.get("classification"), "classification", where)
        evidences = self._evidences(record, where)
        docids = self._docids(record, evidences, name)
        starts: dict[str, int] = {}
        tokens: list[str] = []
        for docid in docids:
            document = self.documents.get(docid)
            if document is None:
                raise InputError(f"{where}: unknown document {docid!r}")
            starts[docid] = len(tokens)
            tokens.extend(document)
        if not tokens:
            raise InputError(f"{where}: the text is empty (document {', '.join(docids)})")
        self.joined += len(docids) > 1
        found = {self._span(evidence, starts, where) for evidence in evidences}
        spans = {(start, end) for start, end in found if start < end}
        if not spans:
            self.without.append(name)
        query = record.get("query")
        query = " ".join(document_tokens(query)) if isinstance(query, str) else ""
        return _Instance(name, label, query, tokens, tuple(sorted(spans)), where)

    def _evidences(self, record: dict[str, Any], where: str) -> list[dict[str, Any]]:
        groups = record.get("evidences")
        if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
            raise InputError(f"{where}: evidences is not a list of groups")
        evidences = [evidence for group in groups for evidence in group]
        for evidence in evidences:
            if not isinstance(evidence, dict) or not isinstance(evidence.get("docid"), str):
                raise InputError(f"{where}: an evidence without docid")
        return evidences

    def _docids(
        self, record: dict[str, Any], evidences: list[dict[str, Any]], annotation_id: str
    ) -> list[str]:
        listed = record.get("docids") or []
        mentioned = [*map(str, listed), *(evidence["docid"] for evidence in evidences)]
        return list(dict.fromkeys(mentioned)) or [annotation_id]

    def _span(self, evidence: dict[str, Any], starts: dict[str, int], where: str) -> tuple[int, int]:
        docid, start, end = evidence["docid"], evidence.get("start_token"), evidence.get("end_token")
        tokens = self.documents.get(docid) or []
        if type(start) is not int or type(end) is not int or not 0 <= start <= end <= len(tokens):
            raise InputError(
                f"{where}: evidence span [{start}, {end}] is reversed or outside document"
                f" {docid!r} ({len(tokens)} tokens)"
            )
        text = evidence.get("text")
        self.empty += start == end
        if text is None:
            self.unchecked += 1
        elif document_tokens(str(text)) != tokens[start:end]:
            raise InputError(
                f"{where}: evidence text {str(text)[:60]!r} is not what {docid!r} has at"
                f" [{start}, {end}]: {' '.join(tokens[start:end])[:60]!r}"
            )
        return starts[docid] + start, starts[docid] + end
