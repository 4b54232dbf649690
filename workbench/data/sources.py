"""Where texts can come from: each module of `readers/` says which sources it reads, in its SOURCES."""

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from workbench.config.data import DataSettings
from workbench.config.loading import apply_overrides, load_config, parse_config
from workbench.data.readers.rows import Table
from workbench.errors import InputError


def _path(settings: DataSettings) -> list[Path]:
    return [Path(settings.path).expanduser()] if settings.path else []


@dataclass(frozen=True)
class Source:
    """One place that texts can come from."""

    name: str
    """The value of `data.source`, or, of a fetched data set, its own name."""
    description: str
    load: Callable[[DataSettings], Table]
    """Reads the raw rows."""
    kind: Literal["packaged", "fetched", "own"] = "own"
    rationales: Literal["annotated", "valence", "none"] = "none"
    """What `workbench data check` takes for rationale."""
    usage: str = ""
    """What else to write in a configuration to use it, such as `, data.path`."""
    install: str = ""
    """What to type to get it where it is absent."""
    is_here: Callable[[], bool] = lambda: True
    """Whether it can be used now, without a download or an installation."""
    files: Callable[[DataSettings], list[Path]] = _path
    """The files and folders that are read, so that a change can be seen; none where that cannot be."""
    endings: tuple[str, ...] = ()
    """Endings of the files that `workbench data check FILE` reads with it."""

    @property
    def present(self) -> bool:
        return self.is_here()

    @property
    def how(self) -> str:
        """Return what to type: to get it where it is absent, to use it where it is present."""
        name = "eraser" if self.kind == "fetched" else self.name
        return f"data.source: {name}{self.usage}" if self.present else self.install


@cache
def sources() -> dict[str, Source]:
    """Return every source that a reader declares, by name: packaged, fetchable, own."""
    from workbench.data import readers

    modules = [
        importlib.import_module(f"{readers.__name__}.{module.name}")
        for module in pkgutil.iter_modules(readers.__path__)
    ]
    declared = [source for module in modules for source in getattr(module, "SOURCES", ())]
    kinds = ("packaged", "fetched", "own")
    return {one.name: one for one in sorted(declared, key=lambda one: (kinds.index(one.kind), one.name))}


def find_source(name: str) -> Source:
    """Return the source called `name`; InputError names the nearest ones."""
    known = sources()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3) or list(known)
        raise InputError(f"data.source {name!r}: no such source; there are: {', '.join(near)}")
    return known[name]


def data_settings(source: str, overrides: Sequence[str] | None = None) -> DataSettings:
    """Return the settings of a corpus that is named in one word, as for `workbench data check`.

    Args:
        source: A configuration, a source's name, a table, Label Studio's export, or ERASER data.
        overrides: Changed keys, such as `data.max_train=6`.
    """
    changed = list(overrides or ())
    ending = Path(source).suffix
    if ending in {".yaml", ".yml"}:
        return load_config(Path(source), changed).data
    named = sources().get(source)
    reader = named or next((one for one in sources().values() if ending in one.endings), None)
    data: dict[str, Any] = {"source": reader.name if reader else "eraser"}
    data["rationales"] = reader.rationales if reader else "annotated"
    if named is None:
        data["path"] = source
    return parse_config(apply_overrides({"data": data}, changed), source).data
