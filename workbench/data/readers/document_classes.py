"""The class and the split of a folder's texts: from a table beside them, or from the folders' names."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from workbench.config.data import DataSettings
from workbench.core.counts import counted_notes
from workbench.data.files.records import FORMS, columns_of, records_in
from workbench.data.readers.files import file_options
from workbench.data.rows import SPLIT_NAMES, checked_label, data_path, require_keys, split_of
from workbench.errors import InputError
from workbench.storage.archives import Tree, open_tree

TABLE = "labels"
"""Name, without its ending, of the table that names classes."""


def document_tree(settings: DataSettings) -> Tree:
    """Return the files of `data.path`, a folder or archive; InputError for a single document.

    The one folder in which an archive holds everything is left out of the names.
    """
    path = data_path(settings, "the folder of the documents")
    if path.is_file() and path.suffix.lower() in {*FORMS, ".txt", ".ann"}:
        raise InputError(f"{path}: one document; data.path is the folder (or archive) of all")
    tree = open_tree(path)
    tops = {name.partition("/")[0] for name in tree.names}
    top = tops.pop() if len(tops) == 1 and path.is_file() else ""
    return tree.below(f"{top}/") if top not in {"", *SPLIT_NAMES, *tree.names} else tree


@dataclass
class Classes:
    """What is known of each document: from `labels.csv`, or else from the folders it lies in."""

    tree: Tree
    settings: DataSettings
    no_class: Collection[str] = ()
    """Names of folders that are no class."""
    left_out: int = 0
    unused: set[str] = field(default_factory=set)
    """Ids of the table that no document has had so far."""
    notes_of_table: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.table: dict[str, tuple[str, str | None]] | None = None
        self.name = next((one for one in sorted(self.tree.names) if _is_table(one)), "")
        if self.name:
            self.table = self._read()
            self.unused = set(self.table)

    def of(self, document: str, own: str | None = None) -> tuple[str, str] | None:
        """Return a document's class and split; None, and counted, where it has no class.

        Args:
            document: Its name in the tree, with its ending.
            own: The class that the document itself names, which counts where no table says another.
        """
        path = PurePosixPath(document)
        folders = path.parts[:-1]
        splits = [SPLIT_NAMES[one.lower()] for one in folders if one.lower() in SPLIT_NAMES]
        label, split = own, splits[0] if splits else "train"
        if self.table is not None:
            found = self._row(path)
            label, given = self.table[found] if found is not None else (own, None)
            split = given or split
        elif label is None:
            kinds = [f for f in folders if f.lower() not in SPLIT_NAMES and f not in self.no_class]
            label = kinds[-1] if kinds else None
        if label is None:
            self.left_out += 1
            return None
        return label, split

    def notes(self) -> list[str]:
        """Return what was left out so far; InputError is the caller's where that is everything."""
        return self.notes_of_table + counted_notes(
            (self.left_out, "text", " without a class left out."),
            (len(self.unused), "row", f" of {self.name} without a text not used."),
        )

    def refuse_nothing(self, rows: Collection[object]) -> None:
        """Raise InputError, which says where classes come from, where no text had one."""
        if not rows:
            raise InputError(
                f"{self.tree.origin}: no text with a class: put the texts of a class into a folder"
                f" of its name (positive/one.txt), or add {TABLE}.csv with the columns id and label"
            )

    def _row(self, path: PurePosixPath) -> str | None:
        """Return the id by which the table knows a document; the longest one first."""
        assert self.table is not None
        for name in (path.with_suffix("").as_posix(), path.as_posix(), path.stem, path.name):
            if name in self.unused:
                self.unused.discard(name)
                return name
            if name in self.table:
                raise InputError(f"{self.tree.where(self.name)}: {name!r} is the id of several texts")
        return None

    def _read(self) -> dict[str, tuple[str, str | None]]:
        settings, where = self.settings, self.tree.where(self.name)
        found = records_in(self.tree, self.name, file_options(settings))
        records = list(found)
        self.notes_of_table = found.notes
        id_column, label_column = settings.id_column or "id", settings.label_column
        columns = columns_of(records)
        split_column = settings.split_column or ("split" if "split" in columns else None)
        require_keys(columns, (id_column, label_column, split_column), where)
        table: dict[str, tuple[str, str | None]] = {}
        for place, record in records:
            name = checked_label(record.get(id_column), f"{place}: {id_column}")
            if name in table:
                raise InputError(f"{place}: a second row of {name!r}")
            label = checked_label(record.get(label_column), f"{place}: {label_column}")
            table[name] = (label, split_of(record, split_column, place) if split_column else None)
        return table


def _is_table(name: str) -> bool:
    path = PurePosixPath(name)
    return len(path.parts) == 1 and path.stem.lower() == TABLE and path.suffix.lower() in FORMS
