"""What each reader of texts is: declared above its code, or by a plug-in."""

import importlib
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

from workbench.catalog.entry_points import load_entry_points
from workbench.catalog.registry import Registry, calling_place, wrong_fields
from workbench.errors import InputError

PACKAGE = "workbench.data.readers"
"""Every module of it is imported for its declarations."""
Kind = Literal["packaged", "fetched", "own"]
_T = TypeVar("_T", bound=Callable[..., Any])


def _path(settings: Any) -> list[Path]:
    return [Path(one).expanduser() for one in (settings.path, *(settings.paths or {}).values()) if one]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class ReaderSpec:
    """One form that texts come in, or one place that they come from."""

    name: str
    """The value of `data.source`; of a fetched data set its own name."""
    description: str
    load: Callable[..., Any]
    """`DataSettings` -> `Table`: the raw rows, each checked on its own."""
    kind: Kind = "own"
    rationales: Literal["annotated", "valence", "none"] = "none"
    """What `workbench data check` takes for rationale."""
    usage: str = ""
    """What else to write in a configuration to use it, such as `, data.path`."""
    any_texts: bool = False
    """Whether it reads anybody's texts, so that only `data.path` says which; else its name does."""
    install: str = ""
    """What to type to get it where it is absent."""
    is_here: Callable[[], bool] = lambda: True
    """Whether it can be used now, without a download or an installation."""
    files: Callable[..., list[Path]] = _path
    """`DataSettings` -> the files and folders that are read, so that a change can be seen; none where
    that cannot be."""
    endings: tuple[str, ...] = ()
    """Endings of the files that `workbench data check FILE` reads with it, without a compression."""
    recognises: Callable[[Any], bool] | None = None
    """First record of a file (of one JSON object: that) -> whether the form is this one; of a folder or
    archive it gets the names of its files (`pos/1.txt`). It is asked before the endings are."""

    @property
    def order(self) -> int:
        """Packaged ones first, one's own last."""
        return get_args(Kind).index(self.kind)

    @property
    def present(self) -> bool:
        return self.is_here()

    @property
    def how(self) -> str:
        """What to type: to get it where it is absent, to use it where it is present."""
        name = "eraser" if self.kind == "fetched" else self.name
        return f"data.source: {name}{self.usage}" if self.present else self.install


def register_reader(**declaration: Any) -> Callable[[_T], _T]:
    """Declare the function below as a reader.

    Args:
        declaration: The fields of `ReaderSpec` but `load`; name and description are needed.

    Raises:
        InputError: A taken name or a wrong declaration; names file and line.
    """
    place = calling_place()

    def register(load: _T) -> _T:
        add_reader(place, load=load, **declaration)
        return load

    return register


def add_reader(place: str, **fields: Any) -> None:
    """Add a reader that is declared at `place` (`file:line`).

    Args:
        place: For errors.
        fields: Of `ReaderSpec`.
    """
    where = f"{place}: reader {fields.get('name', '(unnamed)')!r}"
    try:
        spec = ReaderSpec(**fields)
    except ValidationError as error:
        raise InputError(f"{where}: {wrong_fields(error)}") from None
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", spec.name):
        raise InputError(f"{where}: a name has up to 60 lower-case letters, digits, - and _ only")
    READERS.add(spec, place)


def _load() -> None:
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{PACKAGE}.{module.name}")
    load_entry_points("workbench.readers", READERS)


READERS: Registry[ReaderSpec] = Registry("reader", _load)
"""All readers by name: packaged, fetchable, own."""
