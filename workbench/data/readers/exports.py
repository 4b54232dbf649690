"""What exports of annotation tools share: records that become rows, or are left out and counted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.config.data import DataSettings
from workbench.core.counts import counted_notes, listed
from workbench.data.files.records import records_of
from workbench.data.rationales.forms import labelled_spans
from workbench.data.readers.files import file_options
from workbench.data.readers.joining import joined
from workbench.data.readers.split_files import split_files
from workbench.data.rows import (
    Annotation,
    Row,
    Table,
    checked_label,
    checked_text,
    corpus_name,
    is_missing,
    split_of,
)
from workbench.errors import InputError

NO_CLASS = "without a class"


@dataclass(frozen=True)
class ExportForm:
    """Where a tool's export has what every export has."""

    endings: tuple[str, ...]
    """Of its files, without a compression."""
    nested: tuple[str, ...] = ()
    """Objects of a record in which columns are looked for that the record itself lacks."""
    id: str = "id"
    """The tool's own name of a text; rows are numbered where it is absent."""
    texts: tuple[str, ...] = ("text",)
    """Columns of the text, the usual name first; the others are tried where `data.text_column` is that
    one."""
    fields: tuple[str, ...] = ()
    """See `FileOptions.fields`."""


@dataclass(frozen=True)
class Record:
    """One record of an export."""

    values: dict[str, Any]
    columns: dict[str, Any]
    """The values, and below them those of nested objects."""
    where: str
    split: str | None
    """That of its file; None: its own column says, if any."""
    number: int

    def get(self, column: str) -> Any:
        """Return the value of a column; None where it is absent or NaN."""
        value = self.columns.get(column)
        return None if is_missing(value) else value


@dataclass
class Export:
    """The rows of an export so far, and what was left out on the way."""

    settings: DataSettings
    form: ExportForm
    rows: dict[str, list[Row]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    """Records by why they are no rows."""
    notes: list[str] = field(default_factory=list)

    def records(self) -> Iterator[Record]:
        """Yield the records of `data.path`, or of a file per split; InputError as of `records_of`."""
        files = split_files(self.settings, self.form.endings)
        options = replace(file_options(self.settings), fields=self.form.fields)
        for split, path in files:
            with records_of(path, options) as records:
                places = list(records)
            for number, (where, values) in enumerate(places, start=1):
                columns: dict[str, Any] = {}
                for name in self.form.nested:
                    inner = values.get(name)
                    columns |= inner if isinstance(inner, dict) else {}
                yield Record(values, columns | values, where, split, number)
            self.notes += records.notes

    def add(
        self,
        record: Record,
        label: str | None,
        annotations: tuple[Annotation, ...] = (),
        annotators: int = 0,
        labels: tuple[str, ...] = (),
    ) -> None:
        """Take over a record; one without a class is counted.

        Args:
            record: Its text, second text, split and id are read by the columns of the settings.
            label: Its class; None where it has none.
            annotations, annotators, labels: As of `Row`.
        """
        if label is None:
            self.left_out[NO_CLASS] += 1
            return
        settings, where = self.settings, record.where
        split = record.split or split_of(record.columns, settings.split_column, where)
        second = settings.second_column
        row = Row(
            self._id(record, split),
            self._text(record),
            label,
            where,
            checked_text(record.get(second), f"{where}: {second}") if second else "",
            annotations,
            annotators,
            labels,
        )
        self.rows.setdefault(split, []).append(row)

    def join(self) -> None:
        """Join the rows of one text, by id; what is joined or left out is in the notes."""
        self.rows, notes = joined(self.rows, lambda row: row.id)
        self.notes += notes

    def table(self, hint: str, **more: Any) -> Table:
        """Return what was read.

        Args:
            hint: Where a class is looked for, for the error where no record has one.
            more: Further fields of `Table`.
        """
        name = corpus_name(self.settings)
        notes = [
            *self.notes,
            *counted_notes(*((n, "record", f" {why} left out.") for why, n in self.left_out.items())),
        ]
        if not any(self.rows.values()):
            told = f" ({' '.join(notes)})" if notes else ""
            raise InputError(f"{self.settings.path or name}: no record has a class{told}; it is {hint}")
        return Table(name, self.rows, annotated=True, notes=notes, **more)

    def _id(self, record: Record, split: str) -> str:
        column = self.settings.id_column or self.form.id
        given = record.get(column)
        if given is None and not self.settings.id_column:
            return f"row-{record.number}" if record.split is None else f"{split}-{record.number}"
        return checked_label(given, f"{record.where}: {column}")

    def _text(self, record: Record) -> str:
        wanted = self.settings.text_column
        names = self.form.texts if wanted == self.form.texts[0] else (wanted,)
        for name in names:
            if name in record.columns:
                return checked_text(record.get(name), f"{record.where}: {name}")
        raise InputError(
            f"{record.where}: no column {' or '.join(names)}; there are: {listed(record.columns)}"
        )


def one_name(value: Any, where: str) -> str | None:
    """Return the class that a cell names, itself or as the only item of a list; None where it is empty.

    Args:
        value: A name, or a list of names.
        where: Its place, for the error where a list holds several.
    """
    if isinstance(value, list):
        if len(value) > 1:
            raise InputError(f"{where}: a text has one class here, not {len(value)}: {listed(value)}")
        value = value[0] if value else None
    return None if is_missing(value) else checked_label(value, where)


def marked(value: Sequence[Any], settings: DataSettings, where: str, annotator: str = "") -> Annotation:
    """Return what somebody marked, of the labels `data.rationale_labels`.

    Args:
        value: Spans as `labelled_spans` reads them, or with `start_offset` and `end_offset`.
        settings: Names the labels.
        where, annotator: The place of the spans, for the error; who marked them.
    """
    items = [_plain(one) for one in value]
    return Annotation(*labelled_spans(items, settings.rationale_labels, where), annotator)


def _plain(item: Any) -> Any:
    if isinstance(item, Mapping) and "start_offset" in item:
        return {"start": item["start_offset"], "end": item.get("end_offset"), "label": item.get("label")}
    # Beside a label some tools keep the number of a knowledge base.
    return item[:3] if isinstance(item, list) else item


def are_spans(value: Any) -> bool:
    """Return whether a value is a list of spans, as pairs, triples or objects with a start; it may be
    empty."""
    return isinstance(value, list) and all(
        (isinstance(one, list) and len(one) >= 2 and _are_numbers(one[:2]))
        or (isinstance(one, Mapping) and ("start" in one or "start_offset" in one))
        for one in value
    )


def _are_numbers(pair: Sequence[Any]) -> bool:
    return all(isinstance(one, int | float) for one in pair)
