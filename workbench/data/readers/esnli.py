"""e-SNLI's tables: pairs of sentences in which up to three people marked why the class is right."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import SHOWN, counted_notes
from workbench.data.files.records import records_of
from workbench.data.rationales.forms import starred
from workbench.data.rationales.units import word_places
from workbench.data.readers.files import file_options
from workbench.data.readers.split_files import named_files
from workbench.data.rows import (
    Annotation,
    Row,
    Spans,
    Table,
    checked_label,
    checked_text,
    is_missing,
    require_keys,
    spans_of,
)
from workbench.errors import InputError

ANNOTATORS = 3
"""Most people who marked one pair; in train one did."""
_FILE = re.compile(r"esnli_(train|dev|test)\w*\.csv(\.\w+)?")
_NO_CLASS = ("", "-")
"""What stands in the class's place where the annotators of SNLI did not agree."""


def is_esnli(sample: Any) -> bool:
    """Return whether a record, or the names of a folder, are those of e-SNLI."""
    if isinstance(sample, Mapping):
        return {"pairID", "gold_label", "Sentence1", "Sentence1_marked_1"} <= set(sample)
    return isinstance(sample, list) and any(_FILE.fullmatch(name) for name in sample)


@register_reader(
    name="esnli",
    description="e-SNLI's CSV files: pairs of sentences with the words that explain the class",
    rationales="annotated",
    usage=", data.path",
    endings=(".csv",),
    recognises=is_esnli,
)
def load_esnli(settings: DataSettings) -> Table:
    """Return the pairs of `data.path`, a file or the folder of esnli_train_1.csv, ..., esnli_test.csv.

    Each annotator's rationale is what stands between `*` in `Sentence1_marked_1` and
    `Sentence2_marked_1` (`_2`, `_3`). The numbers of words in `Sentence1_Highlighted_1` are compared
    with it: where they differ, the marked text counts, and a note says how often. Pairs without a class
    are left out and counted. Raises InputError, naming file and row, for missing columns and for a
    marked sentence that is not its sentence; with `data.mismatches: keep` its word numbers count.
    """
    reader, rows = _Reader(settings.mismatches == "keep"), dict[str, list[Row]]()
    notes: list[str] = []
    files = named_files(settings, (".csv",))
    for split, path in files:
        with records_of(path, file_options(settings)) as records:
            found = (reader.row(record, where) for where, record in records)
            rows.setdefault(split or "train", []).extend(row for row in found if row is not None)
        notes += records.notes
    return Table("esnli", rows, annotated=True, notes=[*notes, *reader.notes()], in_characters=True)


@dataclass
class _Reader:
    keep: bool
    counts: Counter[str] = field(default_factory=Counter)

    def notes(self) -> list[str]:
        counts = self.counts
        return counted_notes(
            (counts["classless"], "pair", " without a class left out."),
            (
                counts["differ"], "sentence",
                " whose word numbers are not those of its marked words: the marked text counts.",
            ),
            (counts["numbers"], "sentence", " marked in another text: its word numbers count."),
        )  # fmt: skip

    def row(self, record: Mapping[str, Any], where: str) -> Row | None:
        require_keys(record, ("pairID", "gold_label", *_columns(1)), where)
        if is_missing(record["gold_label"]) or str(record["gold_label"]).strip() in _NO_CLASS:
            self.counts["classless"] += 1
            return None
        label = checked_label(record["gold_label"], f"{where}: gold_label")
        name = checked_label(record["pairID"], f"{where}: pairID")
        sentences = [
            checked_text(record[f"Sentence{n}"], f"{where}: {name}: Sentence{n}") for n in (1, 2)
        ]
        marked = []
        for person in range(1, ANNOTATORS + 1):
            spans = self._spans(record, sentences, person, f"{where}: {name}")
            if spans is not None:
                marked.append(Annotation(spans, annotator=str(person)))
        return Row(name, sentences[0], label, where, sentences[1], tuple(marked))

    def _spans(
        self, record: Mapping[str, Any], sentences: list[str], person: int, where: str
    ) -> Spans | None:
        """Return what one annotator marked; None where the row has nobody of that number."""
        texts = [_text(record.get(f"Sentence{n}_marked_{person}")) for n in (1, 2)]
        if not any(texts):
            return None
        marks: list[bool] = []
        for n, (sentence, text) in enumerate(zip(sentences, texts, strict=True), start=1):
            column = f"Sentence{n}_Highlighted_{person}"
            numbers = _numbers(_text(record.get(column)), f"{where}: {column}")
            marks += self._marks(sentence, text, numbers, f"{where}: Sentence{n}_marked_{person}")
        return spans_of(marks)

    def _marks(self, sentence: str, text: str, numbers: set[int] | None, where: str) -> list[bool]:
        words = word_places(sentence)
        marks = starred(text, sentence) if text else [False] * len(sentence)
        if marks is None:
            if not self.keep or numbers is None:
                raise InputError(
                    f"{where}: without its * it is not the sentence: {text[:SHOWN]!r} (data.mismatches:"
                    " keep takes the numbers of words instead)"
                )
            self.counts["numbers"] += 1
            inside = [words[number] for number in sorted(numbers) if number < len(words)]
            return [any(a <= at < b for a, b in inside) for at in range(len(sentence))]
        found = {number for number, (start, end) in enumerate(words) if any(marks[start:end])}
        self.counts["differ"] += numbers is not None and numbers != found
        return marks


def _columns(person: int) -> list[str]:
    parts = ("", f"_marked_{person}")
    return [f"Sentence{n}{part}" for n in (1, 2) for part in parts]


def _text(value: Any) -> str:
    return "" if is_missing(value) else str(value).strip()


def _numbers(written: str, where: str) -> set[int] | None:
    """Return numbers of words; None where the cell says nothing."""
    if not written:
        return None
    parts = [part.strip() for part in written.strip("{}[]").split(",")]
    if not all(part.isdecimal() and len(part) < 10 for part in parts if part):
        raise InputError(f"{where}: {written[:SHOWN]!r} are no numbers of words")
    return {int(part) for part in parts if part}
