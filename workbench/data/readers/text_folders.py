"""A text a file: IMDB's reviews and 20 Newsgroups, as their archives unpack."""

import re
from pathlib import PurePosixPath

from workbench.catalog.readers import register_reader
from workbench.config.data import DataSettings
from workbench.core.counts import counted, counted_notes
from workbench.data.readers.glue import standard, task_of
from workbench.data.readers.packaged import clean_text
from workbench.data.rows import Row, Table, checked_text, data_path
from workbench.errors import InputError
from workbench.storage.archives import Tree, open_tree
from workbench.storage.jsonl import decode

LONGEST_SIGNATURE = 8
"""Lines after a line of dashes that still count as a signature."""

_QUOTED = re.compile(
    r"^\s*(?:[A-Za-z]{0,3}[>|]|In article\b|Quoted from\b|.*\b(?:writes|wrote|says|said):\s*$)"
)
_RULE = re.compile(r"^\s*[-=_]{2,}\s*$")


@register_reader(**standard("imdb-folder"))
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
    rows = []
    for name in sorted(n for n in tree.names if n.startswith(folder) and n.endswith(".txt")):
        where = tree.where(name)
        text = checked_text(clean_text(decode(tree.read(name), where)), f"{where}: the review")
        rows.append(Row(name.removesuffix(".txt"), text, label, where))
    if not rows:
        raise InputError(f"{tree.origin}: no reviews in {folder}")
    return rows


@register_reader(**standard("20newsgroups"))
def load_newsgroups(settings: DataSettings) -> Table:
    """Return the posts of the folder or archive at `data.path`, split by date where its folders say so.

    `data.subset` is `stripped` (default: without headers, quoted lines and signatures) or `whole`. Posts
    are decoded as Latin-1, in which they were written; those that stripping leaves empty are dropped and
    counted. Raises InputError where the folder is missing or holds no posts.
    """
    task = task_of(settings)
    tree = open_tree(data_path(settings, "the folder with the groups"))
    posts = _posts(tree)
    if not any(posts.values()):
        raise InputError(f"{tree.origin}: no posts in it (expected a folder per group)")
    rows: dict[str, list[Row]] = {}
    notes = []
    for split, names in posts.items():
        rows[split] = []
        for name in names:
            text = tree.read(name, may_be_empty=True).decode("latin-1")
            text = stripped(text) if task.name == "stripped" else text.strip()
            if text:
                rows[split].append(Row(name, text, PurePosixPath(name).parent.name, tree.where(name)))
        empty = len(names) - len(rows[split])
        if empty:
            notes.append(f"{split}: {counted(empty, 'post')} dropped in which no text was left.")
        if len(posts) > 1:
            notes += task.incomplete(split, len(names))
    return task.table(rows, notes=notes)


def _posts(tree: Tree) -> dict[str, list[str]]:
    """Return file names by split; all of them in train where no folder is called `...-test`."""
    posts: dict[str, list[str]] = {}
    for name in sorted(tree.names):
        path = PurePosixPath(name)
        if len(path.parts) < 2 or path.name.startswith("."):
            continue
        folders = path.parts[:-2]
        split = "test" if any(folder.endswith("-test") for folder in folders) else "train"
        posts.setdefault(split, []).append(name)
    return posts


def stripped(post: str) -> str:
    """Return the post without its header, quoted lines (and who is quoted) and a short signature.

    The empty string if that is all there was.
    """
    _, blank, body = post.replace("\r\n", "\n").partition("\n\n")
    lines = (body if blank else post).strip().split("\n")
    for index in range(len(lines) - 1, max(-1, len(lines) - 2 - LONGEST_SIGNATURE), -1):
        if _RULE.match(lines[index]):
            lines = lines[:index]
            break
    return "\n".join(line for line in lines if not _QUOTED.match(line)).strip()
