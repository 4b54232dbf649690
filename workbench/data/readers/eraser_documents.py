"""ERASER's documents: one sentence a line, tokens between spaces, in `docs/` or in `docs.jsonl`."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.errors import InputError
from workbench.storage.archives import Tree
from workbench.storage.jsonl import decode, json_lines

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Text:
    """A document's tokens, and how many sentences they make."""

    tokens: list[str]
    sentences: int


def read_text(text: str) -> Text:
    """Return tokens as ERASER's own reader of `docs/` counts them: lines stripped, then cut at spaces.

    Other white space counts: a no-break space inside a line is part of a token, or one by itself.
    Empty lines and double spaces make no token, in `docs.jsonl` neither.
    """
    lines = [line.strip() for line in _LINE_END.split(text)]
    tokens = [token for line in lines for token in line.split(" ") if token]
    return Text(tokens, sum(bool(line) for line in lines))


class Documents:
    """The documents of a tree; those of `docs/` are read when they are first asked for."""

    def __init__(self, tree: Tree) -> None:
        """Raise InputError where there is neither layout, or a bad or repeated line of docs.jsonl."""
        self.tree = tree
        self.texts: dict[str, Text] = {}
        self.in_folder = any(name.startswith("docs/") for name in tree.names)
        if self.in_folder:
            return
        if "docs.jsonl" not in tree.names:
            raise InputError(f"{tree.origin}: neither docs/ nor docs.jsonl")
        for line, record in json_lines(tree.read("docs.jsonl"), tree.where("docs.jsonl")):
            docid, text = docid_of(record), record.get("document")
            where = f"{tree.where('docs.jsonl')}:{line}"
            if docid is None or not isinstance(text, str):
                raise InputError(f"{where}: expected docid and document")
            if docid in self.texts:
                raise InputError(f"{where}: a second document {docid!r}")
            self.texts[docid] = read_text(text)

    def get(self, docid: str) -> Text | None:
        """Return the document; None where there is no such one."""
        name = f"docs/{docid}"
        if docid not in self.texts and self.in_folder and name in self.tree.names:
            self.texts[docid] = read_text(decode(self.tree.read(name), self.tree.where(name)))
        return self.texts.get(docid)

    def nearest(self, docid: str) -> str | None:
        """Return the name that is most like one for which there is no document."""
        names: Iterable[str] = self.texts
        if self.in_folder:
            names = (n.removeprefix("docs/") for n in self.tree.names if n.startswith("docs/"))
        return next(iter(difflib.get_close_matches(docid, names, n=1)), None)


def docid_of(record: dict[str, object]) -> str | None:
    """Return a record's `docid`, which some tasks write as a number; None where it has none."""
    docid = record.get("docid")
    return str(docid) if isinstance(docid, str) or type(docid) is int else None
