"""WebAnno TSV 3: a token a line, with a column for each feature of each layer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.core.counts import SHOWN
from workbench.data.rationales.offsets import Unit, in_characters
from workbench.data.readers.exported_text import ExportedText, Mark
from workbench.errors import InputError

HEADER = "#FORMAT=WebAnno TSV 3"
_LAYER = re.compile(r"#T_(SP|CH|RL)=([^|]+)(\|.*)?")
_TOKEN = re.compile(r"(\d+-\d+)(\.\d+)?")
_VALUE = re.compile(r"(?:\\.|[^\\|])+")
_NUMBERED = re.compile(r"((?:\\.|[^\\])*?)(?:\[(\d+)\])?", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")
_FIRST = 3
"""The first column of a layer: number, offsets and token stand before it."""
_NOTHING, _NO_VALUE = "_", "*"
_UNITS: tuple[Unit, ...] = ("utf-16", "code-point", "utf-8")


def read_tsv(content: str, where: str) -> ExportedText:
    """Return the text and the marks of its span layers; relations and chains are no marks.

    Tokens stand as close to each other as their offsets say; other white space is one space. What the
    offsets count does not matter, so they are right for signs beyond U+FFFF too.

    Args:
        content: Of a file.
        where: The file, for errors: InputError names the line of what is not of this form.
    """
    reader = _Reader()
    for number, line in enumerate(content.split("\n"), start=1):
        reader.line(line.removesuffix("\r"), f"{where}:{number}")
    if not reader.parts:
        raise InputError(f"{where}: holds no tokens")
    return ExportedText("".join(reader.parts), [*reader.marks()])


@dataclass
class _Token:
    text: str
    begin: int
    """As the file counts."""
    start: int
    """In characters of our text."""


@dataclass
class _Found:
    """One annotation while its tokens are read."""

    layer: str
    spans: list[tuple[int, int]] = field(default_factory=list)
    values: dict[str, None] = field(default_factory=dict)


@dataclass
class _Reader:
    layers: list[tuple[str, bool, int]] = field(default_factory=list)
    """Name, whether it is of spans, and columns."""
    tokens: dict[str, _Token] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    size: int = 0
    end: int = 0
    """Where the last token ends, as the file counts."""
    found: dict[tuple[str, str], _Found] = field(default_factory=dict)

    def line(self, line: str, where: str) -> None:
        layer = _LAYER.fullmatch(line)
        if layer and not self.tokens:
            kind, name, features = layer.groups()
            self.layers.append((name, kind == "SP", max(1, (features or "").count("|"))))
        elif line and not line.startswith("#"):
            self._row(line.split("\t"), where)

    def marks(self) -> Iterator[Mark]:
        for one in self.found.values():
            # Of one annotation on several tokens, what lies between them belongs to it.
            start, end = min(one.spans)[0], max(end for _, end in one.spans)
            yield Mark(one.layer, ((start, end),), tuple(one.values))

    def _row(self, cells: list[str], where: str) -> None:
        number = _TOKEN.fullmatch(cells[0])
        offsets = re.fullmatch(r"(\d{1,18})-(\d{1,18})", cells[1]) if len(cells) >= _FIRST else None
        if not number or not offsets:
            raise InputError(
                f"{where}: not a token of WebAnno TSV 3 (1-1, 0-4, token between tabs):"
                f" {' '.join(cells)[:SHOWN]!r}"
            )
        begin, end = map(int, offsets.groups())
        text = _plain(cells[2])
        if number.group(2):
            span = self._inside(number.group(1), begin, end, where)
        else:
            span = self._add(cells[0], text, begin, end, where)
        column = _FIRST
        for name, is_spans, columns in self.layers:
            if len(cells) < column + columns:
                raise InputError(f"{where}: {len(cells)} columns, but {name} is in {column + columns}")
            if is_spans:
                self._mark(name, cells[column : column + columns], span, where)
            column += columns

    def _add(self, number: str, text: str, begin: int, end: int, where: str) -> tuple[int, int]:
        given, whole = ((0, end - begin),), ((0, len(text)),)
        if begin < self.end or all(in_characters(text, given, unit) != whole for unit in _UNITS):
            raise InputError(
                f"{where}: the token {text[:SHOWN]!r} does not fit its offsets {begin}-{end}"
            )
        if begin > self.end and self.parts:
            self.parts.append(" ")
            self.size += 1
        self.tokens[number] = _Token(text, begin, self.size)
        self.parts.append(text)
        self.size, self.end = self.size + len(text), end
        return self.size - len(text), self.size

    def _inside(self, number: str, begin: int, end: int, where: str) -> tuple[int, int]:
        """Return the place of a part of a token."""
        token = self.tokens.get(number)
        if token is not None and token.begin <= begin < end:
            inside = ((begin - token.begin, end - token.begin),)
            for unit in _UNITS:
                found = in_characters(token.text, inside, unit)
                if found:
                    return found[0][0] + token.start, found[0][1] + token.start
        raise InputError(f"{where}: a part {begin}-{end} that is not in the token {number}")

    def _mark(self, layer: str, cells: list[str], span: tuple[int, int], where: str) -> None:
        for cell in cells:
            for stacked, part in enumerate(_VALUE.findall(cell)):
                if part == _NOTHING:
                    continue
                match = _NUMBERED.fullmatch(part)
                value, number = match.groups() if match else (part, None)
                key = (layer, f"[{number}]" if number else f"{where} {stacked}")
                one = self.found.setdefault(key, _Found(layer))
                one.spans.append(span)
                if value not in (_NO_VALUE, ""):
                    one.values[_plain(value)] = None


def _plain(written: str) -> str:
    """Return a value without the backslashes before signs that mean something."""
    return _ESCAPED.sub(lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), written)
