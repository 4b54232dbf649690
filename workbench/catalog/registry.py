"""Named entries in order of presentation, and where each was registered."""

import difflib
import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import ValidationError

from workbench.errors import InputError


class Entry(Protocol):
    """What a registry holds."""

    @property
    def name(self) -> str: ...
    @property
    def order(self) -> int: ...


E = TypeVar("E", bound=Entry)


class Registry(Mapping[str, E]):
    """Entries by name, in order of presentation; the first look loads the built-in and installed ones.

    Args:
        kind: What an entry is, in messages: `method`, `scorer`.
        load: Registers the built-in entries and those of installed packages.
    """

    def __init__(self, kind: str, load: Callable[[], None]) -> None:
        self.kind, self._load = kind, load
        self._entries: dict[str, E] = {}
        self._places: dict[str, str] = {}
        self._loaded = False

    def add(self, entry: E, place: str) -> None:
        """Add an entry that was declared at `place` (`file:line`); InputError for a taken name.

        The same declaration may come twice: a file that is imported again replaces its entries.
        """
        taken = self._places.get(entry.name)
        if taken is not None and taken != place:
            raise InputError(
                f"{place}: the {self.kind} {entry.name!r} is registered already, at {taken}; "
                "give yours another name"
            )
        self._entries[entry.name] = entry
        self._places[entry.name] = place

    def remove_from(self, path: Path) -> None:
        """Forget the entries that were registered in a file."""
        for name in [name for name, place in self._places.items() if place.startswith(f"{path}:")]:
            del self._entries[name], self._places[name]

    def place(self, name: str) -> str:
        """Return where an entry was registered, as `file:line`."""
        return self._places[name]

    def file(self, name: str) -> Path:
        """Return the file in which an entry was registered."""
        self._ensure_loaded()
        return Path(self._places[name].rpartition(":")[0])

    def is_built_in(self, name: str) -> bool:
        """Return whether an entry is the workbench's own."""
        return self.file(name).is_relative_to(Path(__file__).parents[1])

    def code(self, name: str) -> str | None:
        """Return what tells two versions of an entry apart.

        Of a plug-in's the SHA-256 of the file that registered it; of our own the `revision`, None for
        the first.
        """
        file = self.file(name)
        if self.is_built_in(name):
            revision = getattr(self[name], "revision", 1)
            return f"revision {revision}" if revision > 1 else None
        if not file.is_file():
            return None
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def find(self, name: str) -> E:
        """Return an entry; InputError names the nearest known one and lists them all."""
        self._ensure_loaded()
        if name in self._entries:
            return self._entries[name]
        raise InputError(f"unknown {self.kind} {name!r} ({self.suggestion(name)})")

    def suggestion(self, name: str) -> str:
        """Return what to say of an unknown name: the nearest known one, and all."""
        near = difflib.get_close_matches(name, self, 1, cutoff=0.5)
        return (f"did you mean {near[0]}? " if near else "") + (
            f"known: {', '.join(self)}; one of your own needs --plugin FILE"
        )

    def __getitem__(self, name: str) -> E:
        self._ensure_loaded()
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        self._ensure_loaded()
        return iter(sorted(self._entries, key=lambda name: self._entries[name].order))

    def __len__(self) -> int:
        self._ensure_loaded()
        return len(self._entries)

    def _ensure_loaded(self) -> None:
        if not self._loaded:
            self._loaded = True  # Before loading: a plug-in may look while it registers.
            try:
                self._load()
            except BaseException:
                self._loaded = False  # The next look says again what is wrong.
                raise


def calling_place() -> str:
    """Return `file:line` of the code that called the function that calls this one."""
    # Not inspect.stack, which reads the source of every frame: half of the time that loading takes.
    here = inspect.currentframe()
    frame = here.f_back.f_back if here and here.f_back else None
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "(unknown)"


def wrong_fields(error: ValidationError) -> str:
    """Return which fields of a declaration are wrong, and why."""
    problems = error.errors()
    return "; ".join(": ".join((*map(str, one["loc"]), one["msg"])) for one in problems)
