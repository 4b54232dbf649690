"""brat's standoff files: a .txt with the text, and an .ann with the spans that someone marked in it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import SHOWN, counted_notes
from workbench.data.rationales.forms import labelled_spans
from workbench.data.readers.document_classes import Classes, document_tree
from workbench.data.rows import (
    Annotation,
    Row,
    Table,
    checked_text,
    corpus_name,
    single_texts,
)
from workbench.errors import InputError
from workbench.storage.archives import Tree
from workbench.storage.jsonl import decode

TEXT, MARKS = ".txt", ".ann"
_SPAN = re.compile(r"(\S+) (\d{1,18} \d{1,18}(?:;\d{1,18} \d{1,18})*)")
_OTHERS = {
    "A": "attribute", "M": "attribute", "R": "relation", "E": "event", "N": "reference", "#": "remark",
    "*": "equivalence",
}  # fmt: skip
"""First sign of a line that says nothing of spans -> what it is."""


def is_brat(sample: Any) -> bool:
    """Return whether a folder's names are those of texts and their standoff files."""
    return isinstance(sample, list) and any(
        name.endswith(MARKS) and f"{name.removesuffix(MARKS)}{TEXT}" in sample for name in sample
    )


@register_reader(
    name="brat",
    description="brat's standoff files: a folder or archive of .txt and .ann",
    rationales="annotated",
    usage=", data.path",
    any_texts=True,
    recognises=is_brat,
)
def load_brat(settings: DataSettings) -> Table:
    """Return the texts of the folder or archive `data.path`, a row per .txt file.

    A text's class is what `labels.csv` beside the files says (columns id and label, and split where
    there is one; ids are names without `.txt`), else the name of the folder it lies in:
    `positive/one.txt`, `train/positive/one.txt`. Spans are the text-bound lines of the .ann file (`T1`),
    in one piece or several, with `data.rationale_labels` those of these types only. A text without an
    .ann file was annotated by nobody; with an empty one nothing was marked in it. Counted in the notes:
    texts without a class, and lines of other kinds. Raises InputError, naming file and line, for a line
    of unknown form, and for spans that are reversed, outside their text or of another text than stored
    (unless `data.mismatches` is `keep`).
    """
    single_texts(settings)
    tree = document_tree(settings)
    classes, marks = Classes(tree, settings), _Marks(settings.rationale_labels)
    rows: dict[str, list[Row]] = {}
    for name in sorted(one for one in tree.names if one.endswith(TEXT)):
        found = classes.of(name)
        if found is not None:
            label, split = found
            rows.setdefault(split, []).append(_row(tree, name, label, marks, settings.encoding))
    classes.refuse_nothing(rows)
    alone = sum(n.endswith(MARKS) and n[: -len(MARKS)] + TEXT not in tree.names for n in tree.names)
    notes = counted_notes(
        (alone, "file", f" {MARKS} without its {TEXT} not used."),
        *((n, kind, " not used: only spans are.") for kind, n in sorted(marks.unused.items())),
    )
    notes = [*classes.notes(), *notes]
    return Table(corpus_name(settings), rows, annotated=True, notes=notes)


def _row(tree: Tree, name: str, label: str, marks: "_Marks", encoding: str) -> Row:
    where, stem = tree.where(name), name.removesuffix(TEXT)
    text = checked_text(decode(tree.read(name), where, encoding=encoding), f"{where}: the text")
    annotation = None
    if stem + MARKS in tree.names:
        place, content = tree.where(stem + MARKS), tree.read(stem + MARKS, may_be_empty=True)
        annotation = marks.read(decode(content, place, encoding=encoding), place)
    return Row(stem, text, label, where, annotations=(annotation,) if annotation else ())


@dataclass
class _Marks:
    """Reads .ann files, and counts what says nothing of spans."""

    labels: Sequence[str] | None
    unused: Counter[str] = field(default_factory=Counter)

    def read(self, content: str, where: str) -> Annotation:
        found: dict[tuple[int, int], str | None] = {}
        for number, line in enumerate(content.split("\n"), start=1):
            line = line.removesuffix("\r")
            if line.startswith("T"):
                spans, texts = self._spans(line, f"{where}:{number}")
                for span, text in zip(spans, texts, strict=True):
                    found.setdefault(span, text)
            elif line.strip():
                kind = _OTHERS.get(line[0])
                if kind is None:
                    raise InputError(f"{where}:{number}: not a line of brat: {line[:SHOWN]!r}")
                self.unused[kind] += 1
        spans = tuple(sorted(found))
        return Annotation(spans, tuple(found[span] for span in spans))

    def _spans(self, line: str, where: str) -> tuple[Any, Sequence[str | None]]:
        parts = line.split("\t", 2)
        match = _SPAN.fullmatch(parts[1].strip()) if len(parts) == 3 else None
        if match is None:
            raise InputError(
                f"{where}: not a span of brat (T1, type and offsets, text, between tabs):"
                f" {line[:SHOWN]!r}"
            )
        label, places = match.groups()
        pieces = [tuple(map(int, piece.split())) for piece in places.split(";")]
        texts = cut(parts[2], [end - start for start, end in pieces])
        items = [
            {"start": start, "end": end, "label": label, "text": text}
            for (start, end), text in zip(pieces, texts, strict=True)
        ]
        return labelled_spans(items, self.labels, where)


def cut(text: str, sizes: Sequence[int]) -> Sequence[str | None]:
    """Return the pieces of a text that single spaces join.

    Args:
        text: What the file stores beside a span of several pieces.
        sizes: Of the pieces, in characters or in bytes of UTF-8; where neither fits, all is the first's,
            so that the comparison with the text finds it.
    """
    if sum(sizes) + len(sizes) - 1 == len(text):
        return [text[a:b] for a, b in _bounds(sizes)]
    coded = text.encode()
    if sum(sizes) + len(sizes) - 1 == len(coded):
        return [coded[a:b].decode("utf-8", "replace") for a, b in _bounds(sizes)]
    return [text, *[None] * (len(sizes) - 1)]


def _bounds(sizes: Sequence[int]) -> list[tuple[int, int]]:
    starts = [sum(sizes[:n]) + n for n in range(len(sizes))]
    return [(start, start + size) for start, size in zip(starts, sizes, strict=True)]
