"""How the odd files are made, and what is read from them."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import feather

from workbench.config.data import DataSettings
from workbench.core.documents import Corpus, mask
from workbench.data.corpus import load_corpus

BASE = [{"text": "a fine film", "label": "pos"}, {"text": "a dull film", "label": "neg"}]
"""Two texts that the hash of every split leaves in train, so that there are two classes."""
Files = dict[str, bytes]
"""Content by name, in one folder."""


@dataclass(frozen=True)
class Odd:
    """One file, how it is to be read, and what must come out."""

    name: str
    files: Files
    settings: dict[str, Any] = field(default_factory=dict)
    texts: tuple[tuple[str, str, str | None], ...] = ()
    """(words joined by |, label, marked words joined by |; None: not annotated), beside those of
    BASE."""
    says: str = ""
    """What a message, a warning or a note must hold."""

    def load(self, folder: Path, *, training: bool = True) -> Corpus:
        """Write the files and read the corpus."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        values = {"source": "file", "rationales": "none"} | self.settings
        if values.get("rationale_column"):
            values = {**values, "rationales": self.settings.get("rationales", "annotated")}
        if "paths" in values:
            values["paths"] = {split: str(folder / name) for split, name in values["paths"].items()}
        else:
            path = values.get("path", next(iter(self.files)))
            values["path"] = str(folder / path) if path else str(folder)
        return load_corpus(DataSettings(**values), training=training)


def read(corpus: Corpus) -> set[tuple[str, str, str | None]]:
    """Return the texts of all splits as `Odd.texts` has them."""
    found = set()
    for document in (one for members in corpus.splits.values() for one in members):
        words = [*document.words, *document.second]
        marked = None
        if document.rationale is not None:
            marks = mask(document.evidence, len(words))
            marked = "|".join(np.array(words, dtype=object)[marks])
        found.add(("|".join(words), document.label, marked))
    return found


def lines(*rows: dict[str, Any], base: bool = True) -> bytes:
    """JSON lines of rows, after those of BASE."""
    every = [*BASE, *rows] if base else rows
    return "".join(json.dumps(row) + "\n" for row in every).encode()


def csv(*rows: str, header: str = "text,label", ends: str = "\n", separator: str = ",") -> str:
    """CSV text of written rows, after those of BASE with empty fields for further columns."""
    more = separator * (header.count(separator) - 1)
    base = [f"{row['text']}{separator}{row['label']}{more}" for row in BASE]
    return ends.join([header, *base, *rows]) + ends


def table(rows: list[dict[str, Any]]) -> pa.Table:
    """An Arrow table of rows."""
    return pa.Table.from_pylist(rows)


def parquet(rows: list[dict[str, Any]]) -> bytes:
    """A Parquet file of rows."""
    buffer = io.BytesIO()
    pq.write_table(table(rows), buffer)
    return buffer.getvalue()


def feather_file(rows: list[dict[str, Any]]) -> bytes:
    """A Feather file of rows."""
    buffer = io.BytesIO()
    feather.write_feather(table(rows), buffer)
    return buffer.getvalue()


def arrow_stream(rows: list[dict[str, Any]]) -> bytes:
    """What the `datasets` library leaves on disk."""
    buffer, made = io.BytesIO(), table(rows)
    with pa.ipc.new_stream(buffer, made.schema) as writer:
        writer.write_table(made)
    return buffer.getvalue()


def workbook(**sheets: list[list[Any]]) -> bytes:
    """An Excel file with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(members: Files) -> bytes:
    """A .zip of members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
"""Ending -> what packs."""
