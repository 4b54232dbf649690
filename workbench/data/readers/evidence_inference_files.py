"""The files of Evidence Inference: tables of annotations and prompts, articles, and lists of splits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from workbench.config.data import DataSettings
from workbench.data.files.options import PlacedRecord
from workbench.data.files.records import records_in
from workbench.data.readers.files import file_options
from workbench.data.rows import SPLIT_NAMES, checked_label, checked_text, require_keys
from workbench.errors import InputError
from workbench.storage.archives import Tree
from workbench.storage.jsonl import decode

PROMPTS = "prompts_merged.csv"
ANNOTATIONS = re.compile(r"annotations_(\w+)\.csv")
_SPLIT = re.compile(r"(\w+?)_article_ids\.txt")


@dataclass
class ArticleFiles:
    """The files of the corpus, wherever in the tree they lie."""

    tree: Tree
    settings: DataSettings
    notes: list[str] = field(default_factory=list)
    """What was noticed about the tables so far."""
    articles: dict[str, str] = field(default_factory=dict)
    """Number -> text, of those asked for so far."""

    @cached_property
    def names(self) -> dict[str, str]:
        """Name without folders -> name in the tree; the outermost where there are several."""
        names = sorted(self.tree.names, key=lambda name: (-name.count("/"), name))
        return {PurePosixPath(name).name: name for name in names}

    def annotations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield the split that a file's name tells (or train), and each row with its place."""
        files = [(m.group(1), n) for name, n in self.names.items() if (m := ANNOTATIONS.fullmatch(name))]
        if not files:
            raise InputError(f"{self.tree.origin}: no annotations_merged.csv in it")
        for kind, name in sorted(files):
            for where, record in self._records(name):
                yield SPLIT_NAMES.get(kind, "train"), where, record

    @cached_property
    def prompts(self) -> dict[str, PlacedRecord]:
        """Prompt -> its place and row; InputError where the file is missing."""
        if PROMPTS not in self.names:
            raise InputError(f"{self.tree.origin}: no {PROMPTS} in it")
        found = self._records(self.names[PROMPTS])
        return {cell(record, "PromptID", where): (where, record) for where, record in found}

    @cached_property
    def splits(self) -> dict[str, str]:
        """Article -> split; empty where no file tells."""
        splits: dict[str, str] = {}
        for name, path in self.names.items():
            match = _SPLIT.fullmatch(name)
            split = SPLIT_NAMES.get(match.group(1)) if match else None
            if split:
                where = self.tree.where(path)
                for one in decode(self.tree.read(path), where).split():
                    other = splits.setdefault(article_number(one), split)
                    if other != split:
                        raise InputError(f"{where}: the article {one} is in {other} too")
        return splits

    def article(self, number: str, where: str) -> str:
        """Return an article's text; InputError at `where` for an unknown one."""
        if number not in self.articles:
            name = self.names.get(f"PMC{number}.txt")
            if name is None:
                raise InputError(f"{where}: no article PMC{number}.txt in {self.tree.origin}")
            place = self.tree.where(name)
            self.articles[number] = checked_text(decode(self.tree.read(name), place), place)
        return self.articles[number]

    def _records(self, name: str) -> list[PlacedRecord]:
        records = records_in(self.tree, name, file_options(self.settings))
        rows = list(records)
        self.notes += records.notes
        return rows


def cell(record: dict[str, Any], column: str, where: str) -> str:
    """Return what a row has in a column; InputError at `where` for nothing, and for no such column.

    Args:
        record, column: The row, and the column's name.
        where: The row's place.
    """
    require_keys(record, [column], where)
    return checked_label(record[column], f"{where}: {column}")


def article_number(article: str) -> str:
    """Return the number of an article, which some files write with PMC before it."""
    return article.removeprefix("PMC").removesuffix(".txt").removesuffix(".0")
