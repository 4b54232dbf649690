"""Methods, scorers and readers of single files: `plugins: [file.py]` in a configuration, `--plugin`."""

import importlib.util
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from workbench.catalog.methods import METHODS
from workbench.catalog.readers import READERS
from workbench.catalog.registry import wrong_fields
from workbench.catalog.scorers import SCORERS
from workbench.errors import InputError

REGISTRIES = (METHODS, SCORERS, READERS)
PREFIX = "workbench_plugin_"
"""Files are imported under this name and their own, so that they cannot hide an installed module."""
_LOADED: dict[Path, str] = {}
"""Module names of the files that were imported."""


def load_plugins(files: Iterable[str | Path]) -> None:
    """Import plug-in files; what they register is known from then on. A file is imported once.

    Args:
        files: Paths of Python files that call `register_method`, `register_scorer` or
            `register_reader`.

    Raises:
        InputError: No such file, one that cannot be imported (with the line), or that registers nothing.
    """
    for file in files:
        path = Path(file).resolve()
        if path not in _LOADED:
            _LOADED[path] = _load(path, str(file))


def loaded_plugins() -> list[Path]:
    """Return the files that are loaded, in their order."""
    return list(_LOADED)


def unload_plugins() -> None:
    """Forget all plug-in files and what they registered, for example to load changed ones."""
    for path, name in _LOADED.items():
        sys.modules.pop(name, None)
        for registry in REGISTRIES:
            registry.remove_from(path)
    _LOADED.clear()


def _load(path: Path, shown: str) -> str:
    if not path.is_file() or path.suffix != ".py":
        raise InputError(f"{shown}: no such plug-in ({path}); give the path of a Python file")
    name = f"{PREFIX}{path.stem}"
    if name in sys.modules:
        raise InputError(f"{shown}: another plug-in of this name is loaded already; rename one")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    before = _registered()
    sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(sys.modules[name])
        if _registered() == before:
            raise InputError(
                f"{shown}: registers nothing; call register_method, register_scorer or"
                " register_reader at its top level"
            )
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        for registry in REGISTRIES:
            registry.remove_from(path)
        if isinstance(error, InputError):
            raise
        wrong = wrong_fields(error) if isinstance(error, ValidationError) else error
        reason = f"{type(error).__name__}: {wrong}"
        line = line_reached(error, path) or 1
        raise InputError(f"{shown}:{line}: cannot be imported: {reason}") from error
    return name


def _registered() -> int:
    return sum(len(registry) for registry in REGISTRIES)


def line_reached(error: BaseException, path: Path) -> int | None:
    """Return the line of a file that an error came through last; None where it did not."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == str(path)), None)


def failing_plugin(error: BaseException) -> str:
    """Return `file:line` in the plug-in file that an error came through, "" where there is none."""
    lines = ((path, line_reached(error, path)) for path in _LOADED)
    return next((f"{path}:{line}" for path, line in lines if line), "")
