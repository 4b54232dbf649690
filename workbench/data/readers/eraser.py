"""Data in ERASER's layout (DeYoung et al. 2020): documents, and instances with evidence spans."""

import reprlib
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import SHOWN, counted_notes, first_few
from workbench.core.documents import Part
from workbench.data.fetch import fetched_path, is_fetched, load_manifests
from workbench.data.readers.eraser_documents import Documents, docid_of
from workbench.data.readers.glue import Task, standard, task_of
from workbench.data.rows import MISMATCHES, Row, Spans, Table, checked_label, marked_once
from workbench.errors import InputError
from workbench.storage.archives import Tree, open_tree
from workbench.storage.jsonl import json_lines
from workbench.storage.paths import user_path

SPLIT_FILES = {"train": "train.jsonl", "dev": "val.jsonl", "test": "test.jsonl"}
DEFAULT = "eraser-movies"
"""What is meant when no path is given."""
FIRST, SECOND = "_premise", "_hypothesis"
"""How the ids of a pair's two documents end (e-SNLI)."""


@register_reader(**standard("eraser"), rationales="annotated")
def load_eraser(settings: DataSettings) -> Table:
    """Return the instances of a folder or archive in ERASER's layout, one row each, words = its tokens.

    The documents of an instance are joined in order of first mention, except that those called
    `<id>_premise` and `<id>_hypothesis` become the first and the second text. A query that differs
    between instances becomes the second text. `data.subset` names the task, and with it the classes.
    Every evidence text is compared with the tokens at its offsets. With `data.missing_documents: skip`
    instances that name a document without a file are left out and counted. Raises InputError, naming
    file, line and annotation id, for a mismatch (unless `data.mismatches` is `keep`), a span outside its
    document, an unknown document or class, a missing key or broken JSON.
    """
    path = user_path(settings.path) if settings.path else fetched_path(DEFAULT)
    if path is None:
        raise InputError(
            f"the data are not here yet: run `workbench data fetch {DEFAULT}`, or set data.path to a"
            " folder or archive in ERASER's layout"
        )
    tree = _rooted(open_tree(path))
    task = task_of(settings) if settings.subset else None
    skip = settings.missing_documents == "skip"
    reader = _Reader(Documents(tree), task, settings.mismatches == "keep", skip)
    instances: dict[str, list[_Instance]] = {}
    for split, file in SPLIT_FILES.items():
        if file in tree.names:
            where = tree.where(file)
            lines = json_lines(tree.read(file), where)
            found = (reader.instance(record, f"{where}:{line}") for line, record in lines)
            instances[split] = [instance for instance in found if instance is not None]
    everyone = [instance for members in instances.values() for instance in members]
    queries = {instance.query for instance in everyone}
    notes = reader.notes(everyone)
    if len(queries) == 1 and (query := queries.pop()):
        notes.append(f"The query is the same everywhere and left out: {reprlib.repr(query)}.")
        queries = set()
    rows: dict[str, list[Row]] = {}
    mismatches = {}
    for split, members in instances.items():
        rows[split] = [one.row(with_query=bool(queries)) for one in members]
        mismatches[split] = sum(one.counts["mismatched"] for one in members)
        notes += task.incomplete(split, len(members)) if task else []
    more: dict[str, Any] = {"annotated": True, "units": "token", "counts": {MISMATCHES: mismatches}}
    if task:
        return task.table(rows, notes=notes, **more)
    labels = {instance.label for instance in everyone}
    positive = "POS" if labels == {"POS", "NEG"} else None
    return Table(Path(tree.origin).name, rows, positive_label=positive, notes=notes, **more)


def _rooted(tree: Tree) -> Tree:
    """Return the part around the training split, or, to judge predictions, around another split."""
    names = {name.rpartition("/")[2] for name in tree.names}
    return tree.rooted_at(next((file for file in SPLIT_FILES.values() if file in names), "train.jsonl"))


@dataclass(frozen=True)
class _Instance:
    id: str
    label: str
    query: str
    tokens: list[str]
    parts: tuple[Part, ...]
    """All documents in their order, the last one a hypothesis where the instance is a pair."""
    spans: Spans
    counts: Counter[str]
    """Evidence spans that are `empty`, `mismatched` or `unchecked`."""
    where: str

    @property
    def is_pair(self) -> bool:
        return len(self.parts) == 2 and self.parts[1].docid.endswith(SECOND)

    def row(self, with_query: bool) -> Row:
        first = self.parts[1].start if self.is_pair else len(self.tokens)
        second = self.tokens[first:]
        if with_query and self.query:
            if self.is_pair:
                raise InputError(f"{self.where}: a query beside a premise and a hypothesis: three texts")
            second = [self.query]
        text = " ".join(self.tokens[:first])
        marked = marked_once(self.spans)
        return Row(self.id, text, self.label, self.where, " ".join(second), marked, parts=self.parts)


@dataclass
class _Reader:
    documents: Documents
    task: Task | None
    keep_mismatches: bool
    skip_missing: bool
    skipped: list[str] = field(default_factory=list)
    """Ids of instances that name a document without a file."""

    def notes(self, instances: list[_Instance]) -> list[str]:
        joined = sum(len(one.parts) > 1 and not one.is_pair for one in instances)
        pairs = sum(one.is_pair for one in instances)
        without = [one.id for one in instances if all(start == end for start, end in one.spans)]
        total = sum((one.counts for one in instances), Counter[str]())
        missing = f" naming a document without a file left out ({first_few(self.skipped)})."
        return counted_notes(
            (len(self.skipped), "instance", missing),
            (joined, "text", " joined from several documents, in order of first mention."),
            (pairs, "pair", " of a premise, the first text, and a hypothesis, the second."),
            (len(without), "text", f" without any evidence ({first_few(without)})."),
            (total["empty"], "evidence span", " of no tokens, which only ERASER's IoU counts."),
            (total["unchecked"], "evidence", " without text, so not checked."),
            (total["mismatched"], "evidence span", " of another text than given, kept by offset."),
        )

    def instance(self, record: dict[str, Any], where: str) -> _Instance | None:
        """Return what a line says; None, and counted, where it is to be skipped."""
        name = record.get("annotation_id")
        if name is None or isinstance(name, list | dict) or not str(name):
            raise InputError(f"{where}: no annotation_id")
        name = str(name)
        where = f"{where}: {name}"
        label = checked_label(record.get("classification"), f"{where}: classification")
        if self.task and self.task.labels:
            label = self.task.class_of(label, "classification", where)
        evidences = self._evidences(record, where)
        listed = record.get("docids") or []
        if not isinstance(listed, list):
            raise InputError(f"{where}: docids is not a list")
        docids = self._docids(listed, [docid for docid, _ in evidences], name)
        if self.skip_missing and not all(self.documents.get(docid) for docid in docids):
            self.skipped.append(name)
            return None
        tokens, parts = self._join(docids, where)
        starts = {part.docid: part.start for part in parts}
        sizes = {part.docid: part.end - part.start for part in parts}
        spans, counts = set(), Counter[str]()
        for docid, evidence in evidences:
            start, end = self._span(docid, evidence, counts, where)
            if start == end == sizes[docid] > 0:
                # An empty span behind a document's last token would lie in the next document.
                start = end = end - 1
            spans.add((starts[docid] + start, starts[docid] + end))
        query, marked = _query(record.get("query"), where), tuple(sorted(spans))
        return _Instance(name, label, query, tokens, parts, marked, counts, where)

    def _evidences(self, record: dict[str, Any], where: str) -> list[tuple[str, dict[str, Any]]]:
        groups = record.get("evidences")
        if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
            raise InputError(f"{where}: evidences is not a list of groups")
        mentioned = []
        for evidence in (evidence for group in groups for evidence in group):
            docid = docid_of(evidence) if isinstance(evidence, dict) else None
            if docid is None:
                raise InputError(f"{where}: an evidence without docid")
            mentioned.append((docid, evidence))
        return mentioned

    def _docids(self, listed: list[Any], mentioned: list[str], annotation_id: str) -> list[str]:
        """Return those listed, then those with evidence; a pair is completed and put in its order."""
        docids = list(dict.fromkeys([*map(str, listed), *mentioned])) or [annotation_id]
        stems = {docid.removesuffix(FIRST).removesuffix(SECOND) for docid in docids}
        pair = [f"{stem}{end}" for stem in stems for end in (FIRST, SECOND)]
        if len(stems) == 1 and set(docids) <= set(pair) and all(map(self.documents.get, pair)):
            return pair
        return docids

    def _join(self, docids: list[str], where: str) -> tuple[list[str], tuple[Part, ...]]:
        tokens: list[str] = []
        parts = []
        for docid in docids:
            document = self.documents.get(docid)
            if document is None:
                like = self.documents.nearest(docid)
                raise InputError(
                    f"{where}: unknown document {reprlib.repr(docid)}"
                    + (f" (the most similar name is {like!r})" if like else "")
                    + "; data.missing_documents: skip leaves such instances out"
                )
            start = len(tokens)
            tokens.extend(document.tokens)
            parts.append(Part(docid, start, len(tokens), document.sentences))
        if not tokens:
            raise InputError(f"{where}: the text is empty (document {', '.join(docids)})")
        return tokens, tuple(parts)

    def _span(
        self, docid: str, evidence: dict[str, Any], counts: Counter[str], where: str
    ) -> tuple[int, int]:
        start, end, text = (evidence.get(key) for key in ("start_token", "end_token", "text"))
        document = self.documents.get(docid)
        tokens = document.tokens if document else []
        if type(start) is not int or type(end) is not int or not 0 <= start <= end <= len(tokens):
            raise InputError(
                f"{where}: evidence span {reprlib.repr([start, end])} is reversed or outside document"
                f" {reprlib.repr(docid)} ({len(tokens)} tokens)"
            )
        counts["empty"] += start == end
        stored = " ".join(tokens[start:end])
        if text is None:
            counts["unchecked"] += 1
        elif str(text).split() != stored.split():
            if not self.keep_mismatches:
                raise InputError(
                    f"{where}: evidence text {str(text)[:SHOWN]!r} is not what {docid!r} has at"
                    f" [{start}, {end}]: {stored[:SHOWN]!r}"
                )
            counts["mismatched"] += 1
        return start, end


def _query(value: Any, where: str) -> str:
    """Return the query's words, however they are stored; InputError at `where` for no text."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if value is not None and not isinstance(value, str):
        raise InputError(f"{where}: query is {type(value).__name__}, not text")
    return " ".join((value or "").split())


for _manifest in load_manifests().values():
    register_reader(
        name=_manifest.name, description=_manifest.description, kind="fetched", rationales="annotated",
        install=f"workbench data fetch {_manifest.name}",
        is_here=partial(is_fetched, _manifest.name),
    )(load_eraser)  # fmt: skip
