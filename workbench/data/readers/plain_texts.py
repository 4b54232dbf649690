"""Texts to classify, without labels: a packaged corpus, a file of lines, or a table's text column."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.config.data import DataSettings
from workbench.core.documents import Document
from workbench.data.corpus import load_corpus
from workbench.data.files.opening import ending_of, opened
from workbench.data.files.records import FORMS, known_forms, records_of
from workbench.data.readers.files import file_options, row_from_record
from workbench.data.rows import checked_text
from workbench.data.words import split_words
from workbench.errors import InputError
from workbench.storage.jsonl import decode
from workbench.storage.paths import user_path

PACKAGED = ("imdb", "rotten-tomatoes")
LINES = ".txt"


def iter_texts(
    source: str,
    limit: int | None = None,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    label_column: str | None = None,
    settings: DataSettings | None = None,
) -> Iterator[Document]:
    """Yield the texts of a source in their order; of .txt and JSON lines memory holds one at a time.

    Args:
        source: `imdb` or `rotten-tomatoes` (the test split of the packaged reviews, with its ids and
            labels), a .txt file (UTF-8, one text per line, blank lines skipped; ids "line-12", counted
            from 1 with the blank ones), or a table of any known form.
        limit: Yield this many; rows beyond are not checked.
        text_column: A table's column of texts; default: text.
        id_column: A table's column of ids; default: "row-3", counted from 1.
        label_column: A table's column of labels; without it labels of texts from files are empty.
        settings: How the file is written (encoding, separator, columns, ...) and words are found.

    Raises:
        InputError: At once for an unknown kind of file, a limit below 1, columns of no table. Later,
            with file and line or row: a missing or empty file, one without texts, wrong encoding, a row
            without a text.
    """
    if limit is not None and limit < 1:
        raise InputError(f"limit {limit}: at least 1 text")
    settings = settings or DataSettings()
    named = {"text_column": text_column, "id_column": id_column, "label_column": label_column}
    kind = ending_of(user_path(source))
    if any(named.values()) and kind not in FORMS:
        raise InputError(f"{source}: has no columns to be named; tables do ({known_forms()})")
    if source in PACKAGED:
        corpus = load_corpus(DataSettings(source=source, rationales="none"))
        return iter(corpus.splits["test"][:limit])
    path = user_path(source)
    if kind != LINES and kind not in FORMS:
        raise InputError(
            f"{source}: unknown kind of file; known are {known_forms(LINES)}, and the names"
            f" {' and '.join(PACKAGED)}"
        )
    columns = {name: column for name, column in named.items() if column}
    settings = settings.model_copy(update={"source": "file", "rationales": "none", **columns})
    texts = (
        _lines(path, settings) if kind == LINES else _rows(path, settings, labelled=bool(label_column))
    )
    return _some(islice(texts, limit), path)


def read_texts(source: str, limit: int | None = None, **how: Any) -> list[Document]:
    """Return the texts of a source in their order, all at once.

    Args:
        source, limit, how: As of `iter_texts`, which says what is raised.
    """
    return list(iter_texts(source, limit, **how))


def _some(texts: Iterator[Document], path: Path) -> Iterator[Document]:
    first = next(texts, None)
    if first is None:
        raise InputError(f"{path}: the file holds no texts")
    yield first
    yield from texts


def _lines(path: Path, settings: DataSettings) -> Iterator[Document]:
    # Split on newlines only: other line separators may stand inside a text.
    with opened(path) as file:
        for number, content in enumerate(file.lines(), start=1):
            line = decode(content, str(path), number, settings.encoding)
            if not line.strip():
                continue
            where = f"{path}:{number}"
            if words := split_words(checked_text(line, where), settings.segmenter):
                yield Document(f"line-{number}", tuple(words), label="")


def _rows(path: Path, settings: DataSettings, *, labelled: bool) -> Iterator[Document]:
    for number, (where, record) in enumerate(records_of(path, file_options(settings)), start=1):
        row = row_from_record(record, settings, f"row-{number}", where, None if labelled else "")
        yield Document(row.id, tuple(split_words(row.text, settings.segmenter)), row.label)
