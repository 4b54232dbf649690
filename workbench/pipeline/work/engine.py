"""What an engine is asked to do, and how it is found by its name."""

import difflib
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, cast

from workbench.errors import InputError, shown
from workbench.pipeline.work import engines
from workbench.pipeline.work.unit import Unit
from workbench.pipeline.work.workers import Workers


class Running(Protocol):
    """A unit that a worker has, or will have."""

    def ended(self) -> bool:
        """Return whether no worker is at it any more, or it has left its result."""
        ...

    def why(self) -> str:
        """Return in a few words what happened to a worker that left no result."""
        ...

    def stop(self) -> None:
        """End the worker; nothing where it has ended."""
        ...


class Engine(Protocol):
    """Carries units out, several at a time."""

    at_once: int | None
    """How many units it takes at a time; None: as many as there are."""
    begins_again: bool
    """Whether it begins a unit again by itself whose worker died."""

    def submit(self, unit: Unit) -> Running:
        """Have a unit carried out that was prepared."""
        ...

    def close(self) -> None:
        """End all workers that are left."""
        ...


class _Module(Protocol):
    TAKES: frozenset[str]
    """Names of the fields of `Workers` that it takes."""

    def at_once(self, workers: Workers) -> int | None: ...

    def open_engine(self, workers: Workers, folder: Path) -> Engine: ...


def engine_names() -> list[str]:
    """Return the engines that there are."""
    return sorted(module.name for module in iter_modules(engines.__path__))


def open_engine(workers: Workers, folder: Path) -> Engine:
    """Return the engine that was asked for.

    Args:
        workers: Names the engine, and what it is to use.
        folder: Where it may write what is its own; in the shared folder.

    Raises:
        InputError: There is no such engine, it does not take an option, its library is not installed, or
            its cluster is not there.
    """
    module = _module(workers)
    return module.open_engine(workers, folder)


def parts_at_once(workers: Workers) -> int | None:
    """Return how many units the engine makes at a time; None: as many as can begin."""
    return _module(workers).at_once(workers)


def check_workers(workers: Workers) -> None:
    """Raise InputError for an engine that is not there, and for options that it does not take."""
    if workers.engine is None:
        workers.require_no_others(frozenset())
    else:
        _module(workers)


def _module(workers: Workers) -> _Module:
    known, name = engine_names(), workers.engine
    assert name is not None
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise InputError(f"--engine {shown(name)}: no such engine ({hint})")
    module = cast("_Module", import_module(f"{engines.__name__}.{name}"))
    workers.require_no_others(module.TAKES)
    return module
