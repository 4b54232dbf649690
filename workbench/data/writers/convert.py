"""Write a corpus in a form of choice, with a configuration that reads it back."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from workbench.catalog.options import CorpusForm
from workbench.config.data import DataSettings
from workbench.core.counts import counted_notes, listed
from workbench.core.documents import ANNOTATED, Corpus, Document, Span
from workbench.core.task_type import names_in
from workbench.data.corpus import label_order
from workbench.data.writers.eraser import write_eraser
from workbench.data.writers.jsonl import write_jsonl
from workbench.data.writers.label_studio import write_label_studio
from workbench.data.writers.written import Written, configuration, everyone
from workbench.errors import InputError
from workbench.storage.atomic import read_json, replacing

RECORD, CONFIG = "converted.json", "config.yaml"
WRITERS: dict[CorpusForm, Callable[[Corpus, DataSettings], Written]] = {
    "eraser": lambda corpus, settings: write_eraser(corpus, settings.annotators),
    "jsonl": lambda corpus, settings: write_jsonl(corpus, settings.annotators),
    "label-studio": lambda corpus, settings: write_label_studio(
        corpus, settings.annotators, settings.segmenter
    ),
}
"""What writes each form."""


def convert(corpus: Corpus, settings: DataSettings, form: CorpusForm, folder: Path) -> dict[str, Any]:
    """Write a corpus, a record and a configuration, and return the record; whole or not at all.

    A folder of an earlier conversion is replaced. Rationales that are no annotation (the valence proxy)
    are not written.

    Args:
        corpus, settings: What is written, and the settings that it was read with.
        form: One of the `WRITERS`.
        folder: Where to write.

    Raises:
        InputError: The form cannot hold the corpus, or the folder has files that no conversion wrote.
        WorkbenchError: The disk refuses.
    """
    _refuse_strange(folder)
    plain, notes = _plain(corpus)
    annotated = corpus.rationales == ANNOTATED
    if not annotated:
        marked = sum(document.rationale is not None for _, document in everyone(plain))
        notes += counted_notes(
            (marked, "rationale", f" not written: no annotation ({corpus.rationales}).")
        )
        plain = _without_rationales(plain)
    written = WRITERS[form](plain, settings)
    section = written.section
    if not annotated:
        section = {key: value for key, value in section.items() if key != "rationale_column"}
        section["rationales"] = "none"
    votes = sum(max(one.label_shares or (1,)) < 1 for _, one in everyone(corpus))
    notes += counted_notes(
        (votes, "text", " to which people gave different classes: only the class is written.")
    )
    notes += written.notes + _class_notes(corpus, written)
    files = written.files | {CONFIG: configuration(folder, section, written.path, form)}
    record = {
        "form": form,
        "corpus": corpus.name,
        "labels": list(corpus.labels),
        "splits": {split: len(members) for split, members in corpus.splits.items()},
        "notes": notes,
        "files": [RECORD, *files],
    }
    files[RECORD] = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    with replacing(folder) as new:
        new.mkdir()
        for name, content in files.items():
            (new / name).write_text(content, encoding="utf-8", newline="\n")
    return record


def _refuse_strange(folder: Path) -> None:
    """InputError where a folder has more than an earlier conversion wrote: it will be replaced."""
    if not (folder / RECORD).is_file():
        return
    ours = read_json(folder / RECORD, "files")["files"]
    if not isinstance(ours, list):
        raise InputError(f"{folder / RECORD}: files is not a list of names; choose another --out")
    strange = sorted(one.name for one in folder.iterdir() if one.name not in ours)
    if strange:
        raise InputError(
            f"{folder}: has files that no conversion wrote ({listed(strange)}); choose another --out"
        )


def _plain(corpus: Corpus) -> tuple[Corpus, list[str]]:
    """Return a corpus of which no word holds white space, so that spaces can stand between words."""
    changed = dropped = 0
    splits = {}
    for split, members in corpus.splits.items():
        splits[split] = tuple(map(_without_spaces, members))
        for old, new in zip(members, splits[split], strict=True):
            changed += old is not new
            dropped += len(old.words + old.second) - len(new.words + new.second)
    notes = counted_notes(
        (changed, "text", " with white space inside words, which is left out."),
        (dropped, "word", " of white space alone left out."),
    )
    return replace(corpus, splits=splits), notes


def _without_spaces(document: Document) -> Document:
    every = document.words + document.second
    if " ".join(every).split() == list(every):
        return document
    words = ["".join(word.split()) for word in every]
    first = tuple(filter(None, words[: len(document.words)]))
    if not first:
        raise InputError(f"{document.id!r}: the text holds only white space")
    place = list(accumulate((int(bool(word)) for word in words), initial=0))

    def moved(spans: tuple[Span, ...]) -> tuple[Span, ...]:
        there = [(Span(place[one.start], place[one.end]), one.start == one.end) for one in spans]
        return tuple(one for one, was_empty in there if was_empty or one.start < one.end)

    shares = document.shares
    return replace(
        document,
        words=first,
        second=tuple(filter(None, words[len(document.words) :])),
        rationale=None if document.rationale is None else moved(document.rationale),
        annotations=tuple(replace(one, spans=moved(one.spans)) for one in document.annotations),
        shares=shares and tuple(share for share, word in zip(shares, words, strict=True) if word),
        parts=tuple(replace(one, start=place[one.start], end=place[one.end]) for one in document.parts),
    )


def _without_rationales(corpus: Corpus) -> Corpus:
    plain = {split: tuple(one.unmarked() for one in members) for split, members in corpus.splits.items()}
    return replace(corpus, splits=plain)


def _class_notes(corpus: Corpus, written: Written) -> list[str]:
    """Return what is worth knowing about labels, which files hold as text."""
    if corpus.has_values:
        name = corpus.labels[0]
        if "task" not in written.section:
            return [f"The labels are values ({name}); read back, each is a class of its own."]
        told = f"The value's name is not kept: read back, it is 'label' ({name!r} here)."
        return [told] if name != "label" else []
    known = corpus.splits.get("train") or [document for _, document in everyone(corpus)]
    names = {name for one in known for name in names_in(one.label, corpus.task_type.kind)}
    order = tuple(sorted(names, key=label_order))
    if order == corpus.labels:
        return []
    return [
        f"The order of the classes is not kept: read back, they are those of the training texts, sorted"
        f" ({listed(order)}; here {listed(corpus.labels)})."
    ]
