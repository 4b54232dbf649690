"""Texts to classify, without labels: a packaged corpus, a file of lines, or a table's text column."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from workbench.config.data import DataSettings
from workbench.core.documents import Document
from workbench.data.corpus import load_corpus
from workbench.data.readers.files import row_from_record
from workbench.data.readers.records import READERS
from workbench.data.words import split_words
from workbench.errors import InputError
from workbench.storage.jsonl import decode, read_bytes

PACKAGED = ("imdb", "rotten-tomatoes")
LINES = ".txt"


def read_texts(
    source: str,
    limit: int | None = None,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    label_column: str | None = None,
) -> list[Document]:
    """Return the texts of a source in their order.

    Args:
        source: `imdb` or `rotten-tomatoes` (the test split of the packaged reviews, with its ids and
            labels), a .txt file (UTF-8, one text per line, blank lines skipped; ids "line-12", counted
            from 1 with the blank ones), or a CSV, TSV, JSONL or Parquet file.
        limit: Return this many; rows beyond are not checked.
        text_column: A table's column of texts; default: text.
        id_column: A table's column of ids; default: "row-3", counted from 1.
        label_column: A table's column of labels; without it labels of texts from files are empty.

    Raises:
        InputError: Names file and line or row: a missing or empty file, one without texts, an unknown
            kind of file, wrong encoding, a row without a text, a limit below 1, columns of no table.
    """
    if limit is not None and limit < 1:
        raise InputError(f"limit {limit}: at least 1 text")
    kind = Path(source).suffix.lower()
    columns = {"text_column": text_column, "id_column": id_column, "label_column": label_column}
    if any(columns.values()) and kind not in READERS:
        raise InputError(f"{source}: has no columns to be named; tables do ({', '.join(READERS)})")
    if source in PACKAGED:
        corpus = load_corpus(DataSettings(source=source, rationales="none"))
        return list(corpus.splits["test"][:limit])
    path = Path(source).expanduser()
    if kind != LINES and kind not in READERS:
        known = ", ".join((LINES, *READERS))
        raise InputError(
            f"{source}: unknown kind of file; known are {known}, and the names {' and '.join(PACKAGED)}"
        )
    texts = list(islice(_lines(path) if kind == LINES else _rows(path, **columns), limit))
    if not texts:
        raise InputError(f"{path}: the file holds no texts")
    return texts


def _lines(path: Path) -> Iterator[Document]:
    # Split on newlines only: other line separators may stand inside a text.
    for number, line in enumerate(decode(read_bytes(path), str(path)).split("\n"), start=1):
        if words := split_words(line):
            yield Document(f"line-{number}", tuple(words), label="")


def _rows(
    path: Path, text_column: str | None, id_column: str | None, label_column: str | None
) -> Iterator[Document]:
    settings = DataSettings(
        source="file",
        path=str(path),
        rationales="none",
        text_column=text_column or "text",
        id_column=id_column,
        label_column=label_column or "label",
    )
    for number, (where, record) in enumerate(READERS[path.suffix.lower()](path), start=1):
        label = None if label_column else ""
        row = row_from_record(record, settings, f"row-{number}", where, label)
        yield Document(row.id, tuple(split_words(row.text)), row.label)
