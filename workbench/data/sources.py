"""Which reader reads a file, and with which settings, where a corpus is named in one word."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.catalog.readers import READERS, ReaderSpec
from workbench.config.data import DataSettings
from workbench.config.loading import apply_overrides, load_config, parse_config
from workbench.data.files.opening import ending_of
from workbench.data.files.records import sample_of


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
    reader = named or reader_of(Path(source).expanduser())
    data: dict[str, Any] = {"source": reader.name, "rationales": reader.rationales}
    if named is None:
        data["path"] = source
    return parse_config(apply_overrides({"data": data}, changed), source).data


def reader_of(path: Path) -> ReaderSpec:
    """Return the reader of a file or folder: the first that recognises it, else by ending, else
    ERASER's."""
    ending = ending_of(path)
    if path.is_dir():
        sample: Any = sorted(one.name for one in path.iterdir())
    else:
        sample = sample_of(path) if path.is_file() else None
    fitting = [one for one in sources().values() if ending in one.endings or path.is_dir()]
    for one in fitting if sample is not None else ():
        if one.recognises is not None and one.recognises(sample):
            return one
    plain = [one for one in fitting if one.recognises is None and ending in one.endings]
    return plain[0] if plain else READERS.find("eraser")
