"""IMDB's reviews as the archive aclImdb unpacks: a folder per split and class, a file per review."""

from workbench.config.data import DataSettings
from workbench.data.readers.glue import source_of, task_of
from workbench.data.readers.packaged import clean_text
from workbench.data.readers.rows import Row, Table, checked_text, counted_notes, data_path
from workbench.errors import InputError
from workbench.storage.archives import Tree, open_tree
from workbench.storage.jsonl import decode


def load_imdb_folder(settings: DataSettings) -> Table:
    """Return the reviews in train/ and test/, pos/ and neg/, of the folder or archive at `data.path`.

    Line-break tags and entities are cleaned as in the packaged reviews. Raises InputError, naming the
    file, for a missing folder, an empty file and one that is not UTF-8.
    """
    task = task_of(settings)
    tree = open_tree(data_path(settings, "the folder aclImdb")).around("train/pos")
    rows, notes = {}, []
    for split in ("train", "test"):
        rows[split] = [row for label in task.labels for row in _reviews(tree, split, label)]
        notes += task.incomplete(split, len(rows[split]))
    unused = sum(name.startswith("train/unsup/") for name in tree.names)
    notes += counted_notes((unused, "unlabelled review", " not used."))
    return task.table(rows, notes=notes)


def _reviews(tree: Tree, split: str, label: str) -> list[Row]:
    folder = f"{split}/{label}/"
    names = sorted(n for n in tree.names if n.startswith(folder) and n.endswith(".txt"))
    if not names:
        raise InputError(f"{tree.origin}: no reviews in {folder}")
    return [_review(tree, name, label) for name in names]


def _review(tree: Tree, name: str, label: str) -> Row:
    where = tree.where(name)
    text = checked_text(clean_text(decode(tree.read(name), where)), "the review", where)
    return Row(name.removesuffix(".txt"), text, label, where)


SOURCES = [source_of("imdb-folder", load_imdb_folder)]
