"""Which reader reads a file, and with which settings, where a corpus is named in one word."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.catalog.readers import READERS, ReaderSpec
from workbench.config.data import DataSettings
from workbench.config.loading import apply_overrides, load_config, parse_config
from workbench.data.files.opening import ending_of
from workbench.data.files.records import first_record
from workbench.errors import InputError
from workbench.storage.archives import open_tree
from workbench.storage.paths import user_path

ARCHIVES = (".zip", ".tar", ".tgz")
"""Endings, without a compression, of archives; a .zip of one file ends as that file does."""


def sources() -> dict[str, ReaderSpec]:
    """Return every reader by name: packaged, fetchable, own."""
    return {one.name: one for one in sorted(READERS.values(), key=lambda one: (one.order, one.name))}


def data_settings(source: str, overrides: Sequence[str] | None = None) -> DataSettings:
    """Return the settings of a corpus that is named in one word, as for `workbench data check`.

    Args:
        source: A configuration, a reader's name, a file of a known form, or ERASER data.
        overrides: Changed keys, such as `data.max_train=6`.
    """
    changed = list(overrides or ())
    if Path(source).suffix in {".yaml", ".yml"}:
        return load_config(Path(source), changed).data
    named = sources().get(source)
    reader = named or reader_of(user_path(source))
    data: dict[str, Any] = {"source": reader.name, "rationales": reader.rationales}
    if named is None:
        data["path"] = source
    return parse_config(apply_overrides({"data": data}, changed), source).data


def reader_of(path: Path) -> ReaderSpec:
    """Return the reader of a file, folder or archive: the first that recognises it, else by ending, else
    ERASER's."""
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
    # Without a first row to look at the ending alone tells, which only some forms have for themselves.
    by_ending = [one for one in fitting if ending in one.endings]
    plain = [one for one in by_ending if one.recognises is None]
    return next(iter([*plain, *(by_ending if sample is None else ())]), READERS.find("eraser"))


def _names(path: Path) -> list[str] | None:
    """Return the names of the files in a folder or archive; None where it cannot be read."""
    try:
        return sorted(open_tree(path).names)
    except InputError:
        return None
