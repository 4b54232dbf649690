"""Which reader is meant for a file, folder or archive, by its ending and its first record."""

import difflib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from workbench.catalog.readers import READERS, ReaderSpec
from workbench.config.data import DataSettings
from workbench.data.files.opening import ending_of
from workbench.data.files.records import FORMS, first_record
from workbench.data.rows import SPLIT_NAMES
from workbench.errors import InputError
from workbench.storage.archives import open_tree
from workbench.storage.paths import user_path

ARCHIVES = (".zip", ".tar", ".tgz")
"""Endings, without a compression, of archives; a .zip of one file ends as that file does."""


def sources() -> dict[str, ReaderSpec]:
    """Return every reader by name: packaged, fetchable, own."""
    return {one.name: one for one in sorted(READERS.values(), key=lambda one: (one.order, one.name))}


def reader_of(path: Path) -> ReaderSpec:
    """Return the reader of a file, folder or archive: the first that recognises it, else by ending, else
    ERASER's.

    Raises InputError for a file, or the name of none, that no reader can be meant for.
    """
    ending = ending_of(path)
    is_tree = path.is_dir() or (path.is_file() and ending in ARCHIVES)
    fitting = [one for one in sources().values() if is_tree or ending in one.endings]
    sample: Any = None
    if is_tree:
        sample = _names(path)
    elif path.is_file():
        sample = first_record(path)
    for one in fitting if sample is not None else ():
        if one.recognises is not None and one.recognises(sample):
            return one
    if path.is_dir() and has_split_tables(sample or ()):
        return READERS.find("file")
    if not is_tree and not fitting:
        _refuse_unknown(path, ending)
    # Without a first row to look at the ending alone tells, which only some forms have for themselves.
    by_ending = [one for one in fitting if ending in one.endings]
    plain = [one for one in by_ending if one.recognises is None]
    return next(iter([*plain, *(by_ending if sample is None else ())]), READERS.find("eraser"))


def has_split_tables(names: Collection[str]) -> bool:
    """Return whether a folder of these files has tables called train, dev or test, and no documents."""
    if any(name.startswith(("docs/", "docs.jsonl")) for name in names):
        return False
    return any(
        name.partition(".")[0].lower() in SPLIT_NAMES and ending_of(Path(name)) in FORMS
        for name in names
    )


def _refuse_unknown(path: Path, ending: str) -> None:
    """InputError for a file that is no archive, and for a name that is nearly that of a reader."""
    if path.is_file() and _names(path) is None:
        raise InputError(
            f"{path}: no reader is for files that end in {ending or 'nothing'}; data.source names one"
            " (`workbench data list`), --plugin adds one of your own"
        )
    near = difflib.get_close_matches(str(path), sources(), n=1)
    if near and not path.exists():
        raise InputError(f"{path}: no such file, nor a source of that name; did you mean {near[0]}?")


def _names(path: Path) -> list[str] | None:
    """Return the names of the files in a folder or archive; None where it cannot be read."""
    try:
        return sorted(open_tree(path).names)
    except InputError:
        return None


def meant_for_another(settings: DataSettings) -> str:
    """Return what to say where a reader refused `data.path`, and the form is one that another reads.

    Empty where the form may well be the reader's: then the mistake is inside the file.
    """
    if settings.path is None:
        return ""
    path, chosen = user_path(settings.path), READERS.find(settings.source)
    if not path.exists():
        return ""
    try:
        other = reader_of(path)
    except InputError:
        return ""
    recognised = other.recognises is not None and first_record(path) is not None
    if other.name == chosen.name or (not recognised and ending_of(path) in chosen.endings):
        return ""
    return f"; {path.name} looks like what data.source: {other.name} reads"
