"""GLUE's TSV folders, and the CSV pairs of AG's News and DBpedia, as they are distributed."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import counted, counted_notes, listed
from workbench.data.readers.glue import Task, load_standards, standard, task_of
from workbench.data.rows import Row, Table, checked_text, data_path
from workbench.errors import InputError
from workbench.storage.archives import Tree, open_tree
from workbench.storage.jsonl import decode
from workbench.storage.separated import csv_rows

Cells = Iterator[tuple[int, list[str]]]
"""(line number, fields) per row."""


def load_standard_table(settings: DataSettings) -> Table:
    """Return the set that `data.source` and `data.subset` name, from the files at `data.path`.

    Raises InputError, naming file and line, for a missing or empty file, one that is not UTF-8, a row
    with another number of fields than the header, an unknown label and an empty text.
    """
    task = task_of(settings)
    tree = open_tree(data_path(settings, "the folder with its files"))
    rows: dict[str, list[Row]] = {}
    notes = []
    for split, file in task.files.items():
        reader = _Reader(task, tree, _place(tree, file))
        rows[split] = reader.rows()
        notes += reader.notes() + task.incomplete(split, reader.read)
    return task.table(rows, notes=notes)


def _place(tree: Tree, file: str) -> str:
    """Return where `Folder/name` lies: there, directly in the tree, or one folder further down."""
    name = file.rpartition("/")[2]
    deeper = (place for place in sorted(tree.names) if place.endswith(f"/{file}"))
    for place in chain((file, name), deeper):
        if place in tree.names:
            return place
    either = file if file == name else f"{file} nor {name}"
    raise InputError(f"{tree.origin}: no {either} in it; give the folder that the set unpacks to")


class _Reader:
    """Reads one file's rows and counts those that are left out."""

    def __init__(self, task: Task, tree: Tree, name: str) -> None:
        self.task, self.name = task, name
        self.where = tree.where(name)
        self.content = decode(tree.read(name), self.where)
        self.read = self.unreadable = self.unlabelled = 0

    def rows(self) -> list[Row]:
        cells = _tsv(self.content) if self.task.format == "tsv" else csv_rows(self.content, self.where)
        header = list(self.task.header) or next(cells, (0, [""]))[1]
        needed = (*self.task.text, *([self.task.second] if self.task.second else []), self.task.label)
        absent = [name for name in needed if name not in header]
        if absent:
            raise InputError(
                f"{self.where}:1: no column {', '.join(absent)} for {self.task.title};"
                f" there are: {listed(header)}"
            )
        stem = Path(self.name).stem
        found = []
        for line, fields in cells:
            self.read += 1
            try:
                row = self._row(header, fields, f"{stem}-{line}", f"{self.where}:{line}")
            except InputError:
                if not self.task.skip_unreadable:
                    raise
                self.unreadable += 1
                continue
            if row is not None:
                found.append(row)
        if not found:
            raise InputError(f"{self.where}: the file holds no rows")
        return found

    def notes(self) -> list[str]:
        notes = counted_notes(
            (self.unreadable, "row", " left out that lack a field, a text or a label."),
            (self.unlabelled, "row", " left out on whose label the annotators did not agree."),
        )
        return [f"{self.name}: {note}" for note in notes]

    def _row(self, header: list[str], fields: list[str], row_id: str, where: str) -> Row | None:
        if len(fields) != len(header):
            raise InputError(
                f"{where}: {counted(len(fields), 'field')} instead of {len(header)} ({listed(header)})"
            )
        record = dict(zip(header, fields, strict=True))
        task = self.task
        if record[task.label] == task.unlabelled:
            self.unlabelled += 1
            return None
        text = self._text([record[column] for column in task.text], " and ".join(task.text), where)
        second = self._text([record[task.second]], task.second, where) if task.second else ""
        label = task.class_of(record[task.label], task.label, where)
        return Row(row_id, text, label, where, second)

    def _text(self, parts: list[str], columns: str, where: str) -> str:
        text = " ".join(part.strip() for part in parts)
        if self.task.line_mark:
            text = text.replace(self.task.line_mark, " ")
        return checked_text(text.strip(), f"{where}: {columns}")


def _tsv(content: str) -> Cells:
    # Quotes are part of the texts; other line separators than the newline may be, too.
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            yield number, line.removesuffix("\r").split("\t")


for _name, _standard in load_standards().items():
    if all(task.format != "other" for task in _standard.tasks.values()):
        register_reader(**standard(_name))(load_standard_table)
