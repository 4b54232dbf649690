"""CoNLL's columns: a token a line, a blank line between texts, BIO tags in one of the columns."""

import re
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import listed
from workbench.data.files.opening import opened
from workbench.data.rationales.forms import tag_spans
from workbench.data.readers.split_files import named_files
from workbench.data.rows import (
    Annotation,
    Row,
    Table,
    checked_label,
    checked_text,
    corpus_name,
    single_texts,
    split_of,
)
from workbench.errors import InputError
from workbench.storage.jsonl import decode

ENDINGS = (".conll", ".bio", ".iob", ".iob2")
_ALSO = (".txt", ".tsv", ".tab")
"""Endings that such files have in folders, but other forms too."""
_COMMENT = re.compile(r"#\s*([\w.-]+)\s*[=:]\s*(.*)")
_START = "-DOCSTART-"


@register_reader(
    name="conll",
    description="Columns as in CoNLL: a token and its BIO tag a line; the class in `# label = ...`",
    rationales="annotated",
    usage=", data.path",
    any_texts=True,
    endings=ENDINGS,
)
def load_conll(settings: DataSettings) -> Table:
    """Return the texts of `data.path` (a file, or a folder of train, dev and test) or of `data.paths`.

    Columns stand between tabs, or else between spaces. The first has the token, the last the tag, unless
    `data.text_column` and `data.rationale_column` are numbers of columns, from 0 on; several numbers
    between commas (`2,3,4`) are the columns of several annotators. Comments before a text say the rest:
    `# label = good`, `# id = one`; `data.label_column`, `id_column` and `split_column` name other keys.
    Tags are BIO, BIOES or BILOU, of the types in `data.rationale_labels` where that is set. Lines that
    begin with -DOCSTART- are skipped. Raises InputError, naming file and line, for a text without a
    label, a column that is not there and a tag of another form.
    """
    single_texts(settings)
    columns = _Columns.of(settings)
    rows: dict[str, list[Row]] = {}
    files = named_files(settings, (*ENDINGS, *_ALSO))
    for file_split, path in files:
        with opened(path) as file:
            content = decode(file.read(), file.name, encoding=settings.encoding)
            for number, text in enumerate(_texts(content, file.name), start=1):
                row_id = f"text-{number}" if len(files) == 1 else f"{path.name}-{number}"
                split, row = _row(text, columns, settings, row_id)
                rows.setdefault(file_split or split, []).append(row)
    if not rows:
        raise InputError(f"{files[0][1]}: holds no texts")
    return Table(corpus_name(settings), rows, annotated=True, units="token")


@dataclass(frozen=True)
class _Columns:
    """Which columns have the token and the tags."""

    token: int
    tags: tuple[int, ...]

    @classmethod
    def of(cls, settings: DataSettings) -> "_Columns":
        column = settings.text_column
        token = 0 if column == DataSettings.model_fields["text_column"].default else _number(column)
        tags = (settings.rationale_column or "-1").split(",")
        return cls(token, tuple(map(_number, tags)))


def _number(column: str) -> int:
    try:
        return int(column)
    except ValueError:
        raise InputError(
            f"data.source 'conll' has no names of columns: {reprlib.repr(column)} is no number of one,"
            " from 0 on"
        ) from None


@dataclass
class _Text:
    """The lines of one text, and what the comments before it say."""

    place: str
    said: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, list[str]]] = field(default_factory=list)
    """PlacedRecord for messages, and columns."""


def _texts(content: str, name: str) -> Iterator[_Text]:
    text = _Text(name)
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
                text = _Text(name)
        elif not _is_remark(line, bool(text.lines)):
            text.lines.append((where, line.split("\t") if "\t" in line else line.split()))
            text.place = text.place if len(text.lines) > 1 else where
    if text.lines:
        yield text


def _is_remark(line: str, inside: bool) -> bool:
    """Return whether a line above a text only remarks something: more words than a tag follow its #."""
    return not inside and line.startswith("# ") and "\t" not in line and len(line.split()) > 2


def _row(text: _Text, columns: _Columns, settings: DataSettings, row_id: str) -> tuple[str, Row]:
    key = settings.label_column
    if key not in text.said:
        raise InputError(
            f"{text.place}: no class: the line `# {key} = ...` is missing above the text (there are:"
            f" {listed(text.said) or 'none'}; data.label_column names another)"
        )
    label = checked_label(text.said[key], f"{text.place}: {key}")
    id_key = settings.id_column or ("id" if "id" in text.said else "sent_id")
    if settings.id_column or id_key in text.said:
        row_id = checked_label(text.said.get(id_key), f"{text.place}: {id_key}")
    split = split_of(text.said, settings.split_column, text.place)
    # A space inside a token would shift all that follow.
    tokens = ["".join(_cell(line, columns.token, where).split()) for where, line in text.lines]
    if not all(tokens):
        raise InputError(f"{text.lines[tokens.index('')][0]}: no token in it")
    annotations = tuple(
        Annotation(
            _marks(text, column, settings),
            annotator=f"column {column}" if len(columns.tags) > 1 else "",
        )
        for column in columns.tags
    )
    joined = checked_text(" ".join(tokens), f"{text.place}: the text")
    return split, Row(row_id, joined, label, text.place, annotations=annotations)


def _marks(text: _Text, column: int, settings: DataSettings) -> tuple[tuple[int, int], ...]:
    tags = []
    for where, line in text.lines:
        if column < 0 and len(line) < 2:
            raise InputError(f"{where}: one column only, where a token and a tag were expected")
        tag = _cell(line, column, where).strip()
        tag_spans([tag], None, where)
        tags.append(tag)
    return tag_spans(tags, settings.rationale_labels, text.place)


def _cell(line: list[str], column: int, where: str) -> str:
    if not -len(line) <= column < len(line):
        raise InputError(f"{where}: no column {column}; the line has {len(line)}")
    return line[column]
