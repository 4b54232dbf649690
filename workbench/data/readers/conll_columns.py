"""Files of columns: a token a line, a blank line between texts, comments before a text."""

import re
import reprlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.config.data import DataSettings
from workbench.data.files.opening import opened
from workbench.data.readers.split_files import named_files
from workbench.data.rows import checked_label
from workbench.errors import InputError
from workbench.storage.jsonl import decode

ENDINGS = (".conll", ".bio", ".iob", ".iob2")
_ALSO = (".txt", ".tsv", ".tab")
"""Endings that such files have in folders, but other forms too."""
_COMMENT = re.compile(r"#\s*([\w.-]+)\s*[=:]\s*(.*)")
_START = "-DOCSTART-"


@dataclass
class ColumnText:
    """The lines of one text, and what the comments before it say."""

    place: str
    said: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, list[str]]] = field(default_factory=list)
    """Place for messages, and columns."""

    def id(self, settings: DataSettings, otherwise: str) -> str:
        """Return the id that `data.id_column` names, or else `id` or `sent_id`, if the text has one."""
        key = settings.id_column or ("id" if "id" in self.said else "sent_id")
        if settings.id_column or key in self.said:
            return checked_label(self.said.get(key), f"{self.place}: {key}")
        return otherwise

    def tokens(self, column: int) -> list[str]:
        """Return the tokens in a column; InputError where one is empty."""
        # A space inside a token would shift all that follow.
        tokens = ["".join(cell(line, column, where).split()) for where, line in self.lines]
        if not all(tokens):
            raise InputError(f"{self.lines[tokens.index('')][0]}: no token in it")
        return tokens

    def tags(self, column: int) -> Iterator[tuple[str, str]]:
        """Yield the place and the tag of every token; InputError for a line of one column."""
        for where, line in self.lines:
            if column < 0 and len(line) < 2:
                raise InputError(f"{where}: one column only, where a token and a tag were expected")
            yield where, cell(line, column, where).strip()


def column_texts(settings: DataSettings) -> Iterator[tuple[str | None, str, ColumnText]]:
    """Yield of every text the split that its file's name says, an id made from its number, and the text.

    InputError names the file and says what is wrong with it; a file without texts has none to yield.
    """
    files = named_files(settings, (*ENDINGS, *_ALSO))
    names = Counter(path.name for _, path in files)
    for split, path in files:
        # Files of several splits can have one name.
        label = path.name if names[path.name] == 1 else f"{split}/{path.name}"
        with opened(path) as file:
            content = decode(file.read(), file.name, encoding=settings.encoding)
            for number, text in enumerate(_texts(content, file.name), start=1):
                yield split, f"text-{number}" if len(files) == 1 else f"{label}-{number}", text


def _texts(content: str, name: str) -> Iterator[ColumnText]:
    text = ColumnText(name)
    for number, raw in enumerate(content.split("\n"), start=1):
        line, where = raw.removesuffix("\r"), f"{name}:{number}"
        comment = None if text.lines or "\t" in line else _COMMENT.fullmatch(line.strip())
        if comment:
            key, value = comment.groups()
            if text.said.setdefault(key, value.strip()) != value.strip():
                raise InputError(f"{where}: a second {key} of one text")
        elif not line.strip() or line.startswith(_START):
            if text.lines:
                yield text
                text = ColumnText(name)
        elif not _is_remark(line, bool(text.lines)):
            text.lines.append((where, line.split("\t") if "\t" in line else line.split()))
            text.place = text.place if len(text.lines) > 1 else where
    if text.lines:
        yield text


def _is_remark(line: str, inside: bool) -> bool:
    """Return whether a line above a text only remarks something: more words than a tag follow its #."""
    return not inside and line.startswith("# ") and "\t" not in line and len(line.split()) > 2


def token_column(settings: DataSettings) -> int:
    """Return the number of the column of tokens: `data.text_column`, by default the first."""
    column = settings.text_column
    return 0 if column == DataSettings.model_fields["text_column"].default else column_number(column)


def column_number(column: str) -> int:
    """Return the number of a column; InputError where it is a name."""
    try:
        return int(column)
    except ValueError:
        raise InputError(
            f"data.source 'conll' has no names of columns: {reprlib.repr(column)} is no number of one,"
            " from 0 on"
        ) from None


def cell(line: list[str], column: int, where: str) -> str:
    """Return what stands in a line's column.

    Args:
        line, column: Its columns, and the number of one.
        where: Its place; InputError where there is no such column.
    """
    if not -len(line) <= column < len(line):
        raise InputError(f"{where}: no column {column}; the line has {len(line)}")
    return line[column]
