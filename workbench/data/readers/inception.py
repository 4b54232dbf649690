"""INCEpTION's and WebAnno's exports: WebAnno TSV 3 or UIMA CAS JSON, a file per text and annotator."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import counted_notes
from workbench.data.readers.cas_json import STRUCTURES, read_cas
from workbench.data.readers.document_classes import Classes, document_tree
from workbench.data.readers.exported_text import ExportedText, chosen_layer
from workbench.data.readers.webanno_tsv import HEADER, read_tsv
from workbench.data.rows import (
    Annotation,
    Row,
    Spans,
    Table,
    checked_text,
    corpus_name,
    majority_of,
    single_texts,
)
from workbench.errors import InputError
from workbench.storage.archives import Tree
from workbench.storage.jsonl import decode, json_value

ANNOTATION, CURATION, UNTOUCHED = "annotation", "curation", "INITIAL_CAS"
"""Folders of an exported project, and who is named where nobody annotated."""
_ENDINGS = (".tsv", ".json")
_IN_PROJECT = re.compile(rf"(.*/)?({ANNOTATION}|{CURATION})/[^/]+/[^/]+\.(tsv|json)")


def is_inception(sample: Any) -> bool:
    """Return whether a file's first record, or the names of a folder, are those of an export."""
    if isinstance(sample, Mapping):
        return STRUCTURES in sample or any(str(key).startswith(HEADER) for key in sample)
    return isinstance(sample, list) and any(map(_IN_PROJECT.fullmatch, sample))


@register_reader(
    name="inception",
    description="INCEpTION's and WebAnno's exports: a folder or archive of WebAnno TSV 3 or CAS JSON",
    rationales="annotated",
    usage=", data.path",
    any_texts=True,
    endings=_ENDINGS,
    recognises=is_inception,
)
def load_inception(settings: DataSettings) -> Table:
    """Return the texts of the folder or archive `data.path`, a row each.

    A file is a text, unless it lies in a folder that is named like one (`annotation/one.txt/anna.tsv`,
    as in exported projects): then it is what one annotator says of that text. Rationale are the marks
    of the layer `data.rationale_column` (its name, or the end of it); without that of the only layer
    that is the annotators' own. `data.rationale_labels` takes marks with one of these values. The class
    is what `labels.csv` says (columns id and label), else the feature `data.label_column` of the
    document (CAS JSON), else the name of the folder. Counted in the notes: texts without a class, files
    of other forms, curations beside annotations, and marks of no width. Raises InputError, naming file
    and line, for files that are not of these forms, and for annotators whose texts differ.
    """
    single_texts(settings)
    tree = document_tree(settings)
    classes = Classes(tree, settings, (ANNOTATION, CURATION))
    project = _Project(tree, settings, classes.name)
    documents = project.documents()
    every = [text for people in documents.values() for _, text in people]
    layer = chosen_layer(every, settings.rationale_column, tree.origin)
    marks = _Marks(layer, settings.rationale_labels)
    rows: dict[str, list[Row]] = {}
    for name, people in documents.items():
        found = classes.of(name, _own_class(people, settings.label_column))
        if found is not None:
            rows.setdefault(found[1], []).append(_row(tree, name, found[0], people, marks))
    classes.refuse_nothing(rows)
    no_width = counted_notes((marks.no_width, "mark", " of no width left out."))
    notes = [*classes.notes(), *project.notes(), *no_width]
    return Table(corpus_name(settings), rows, annotated=True, notes=notes, in_characters=True)


@dataclass
class _Project:
    """The files of an export, read and grouped by text."""

    tree: Tree
    settings: DataSettings
    table: str
    """Name of the table of classes, which is no text."""
    unused: Counter[str] = field(default_factory=Counter)

    def documents(self) -> dict[str, list[tuple[str, ExportedText]]]:
        """Return by text who annotated it (empty: nobody is named), and how."""
        documents: dict[str, list[tuple[str, ExportedText]]] = {}
        names = sorted(self.tree.names - {self.table})
        files = [name for name in names if name.endswith(_ENDINGS)]
        both = {ANNOTATION, CURATION} <= {folder for name in files for folder in _folders(name)}
        for name in files:
            if both and CURATION in _folders(name):
                self.unused["curation"] += 1
                continue
            text = self._read(name)
            if text is None:
                self.unused["other"] += 1
                continue
            path = PurePosixPath(name)
            has_people = path.parent.suffix != ""
            document = path.parent.as_posix() if has_people else name
            documents.setdefault(document, []).append((path.stem if has_people else "", text))
        for document, people in documents.items():
            # Where somebody annotated, the text before that says nothing.
            touched = [one for one in people if one[0] != UNTOUCHED]
            documents[document] = touched or people
        return documents

    def notes(self) -> list[str]:
        return counted_notes(
            (self.unused["curation"], "file", " of the curation not used, beside annotations."),
            (self.unused["other"], "file", " that is neither WebAnno TSV 3 nor CAS JSON not used."),
        )

    def _read(self, name: str) -> ExportedText | None:
        where, content = self.tree.where(name), self.tree.read(name, may_be_empty=True)
        if name.endswith(".tsv"):
            text = decode(content, where)
            return read_tsv(text, where) if text.startswith(HEADER) else None
        value = json_value(content, where)
        if not isinstance(value, dict) or STRUCTURES not in value:
            return None
        unit = "utf-16" if self.settings.offsets == "auto" else self.settings.offsets
        return read_cas(value, unit, where)


def _folders(name: str) -> tuple[str, ...]:
    return PurePosixPath(name).parts[:-1]


def _own_class(people: list[tuple[str, ExportedText]], key: str) -> str | None:
    """Return the class that most annotators gave the document, None where there is none."""
    return majority_of([text.said[key] for _, text in people if key in text.said], len(people))


@dataclass
class _Marks:
    """Takes the marks that are rationale."""

    layer: str | None
    labels: list[str] | None
    no_width: int = 0

    def spans(self, text: ExportedText) -> Spans:
        wanted = None if self.labels is None else set(self.labels)
        found = set()
        for mark in text.marks:
            if mark.layer == self.layer and (wanted is None or wanted & set(mark.values)):
                found |= {span for span in mark.spans if span[0] < span[1]}
                self.no_width += sum(start == end for start, end in mark.spans)
        return tuple(sorted(found))


def _row(
    tree: Tree, name: str, label: str, people: list[tuple[str, ExportedText]], marks: _Marks
) -> Row:
    where, text = tree.where(name), people[0][1].text
    annotations = []
    for person, exported in people:
        if exported.text != text:
            raise InputError(f"{where}: {person} has another text than {people[0][0]}")
        annotations.append(Annotation(marks.spans(exported), annotator=person))
    row_id = PurePosixPath(name).with_suffix("").as_posix()
    text = checked_text(text, f"{where}: the text")
    return Row(row_id, text, label, where, annotations=tuple(annotations))
