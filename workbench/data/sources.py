"""With which settings a corpus is read that is named in one word."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.config.data import DataSettings
from workbench.config.loading import apply_overrides, load_config, parse_config
from workbench.data.recognising import reader_of, sources
from workbench.data.writers.convert import CONFIG, RECORD
from workbench.storage.paths import user_path


def data_settings(source: str, overrides: Sequence[str] | None = None) -> DataSettings:
    """Return the settings of a corpus that is named in one word, as for `workbench data check`.

    Args:
        source: A configuration, a folder that `workbench data convert` wrote, a reader's name, a file of
            a known form, or ERASER data.
        overrides: Changed keys, such as `data.max_train=6`. A `data.rationale_column` that is named is
            read, and so are the rationales of a `data.source` that is.
    """
    changed = list(overrides or ())
    if all((user_path(source) / name).is_file() for name in (CONFIG, RECORD)):
        source = str(Path(source) / CONFIG)  # What `data convert` wrote says best how it is read.
    if Path(source).suffix in {".yaml", ".yml"}:
        return load_config(user_path(source), changed).data
    named = sources().get(source)
    values: dict[str, Any] = apply_overrides({"data": {} if named else {"path": source}}, changed)
    if isinstance(data := values["data"], dict):
        if "source" not in data:
            data["source"] = (named or reader_of(user_path(source))).name
        reader = sources().get(str(data["source"]))
        chosen = "annotated" if data.get("rationale_column") else reader and reader.rationales
        data.setdefault("rationales", chosen or "none")
    return parse_config(values, source).data
