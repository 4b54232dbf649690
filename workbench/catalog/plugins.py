"""Methods and scorers of single files: `plugins: [my_file.py]` in a configuration, or `--plugin`."""

import importlib.util
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from workbench.catalog.methods import METHODS
from workbench.catalog.scorers import SCORERS
from workbench.errors import InputError

PREFIX = "workbench_plugin_"
"""Files are imported under this name and their own, so that they cannot hide an installed module."""
_LOADED: dict[Path, str] = {}
"""Module names of the files that were imported."""


def load_plugins(files: Iterable[str | Path]) -> None:
    """Import plug-in files; what they register is known from then on. A file is imported once.

    Args:
        files: Paths of Python files that call `register_method` or `register_scorer`.

    Raises:
        InputError: No such file, one that cannot be imported (with the line), or that registers nothing.
    """
    for file in files:
        path = Path(file).resolve()
        if path not in _LOADED:
            _LOADED[path] = _load(path, str(file))


def loaded_plugins() -> list[str]:
    """Return the absolute paths of the plug-in files that were loaded."""
    return [str(path) for path in _LOADED]


def unload_plugins() -> None:
    """Forget all plug-in files and what they registered, for example to load changed ones."""
    for path, name in _LOADED.items():
        sys.modules.pop(name, None)
        for registry in (METHODS, SCORERS):
            registry.remove_from(path)
    _LOADED.clear()


def _load(path: Path, shown: str) -> str:
    if not path.is_file() or path.suffix != ".py":
        raise InputError(f"{shown}: no such plug-in; give the path of a Python file")
    name = f"{PREFIX}{path.stem}"
    if name in sys.modules:
        raise InputError(f"{shown}: another plug-in of this name is loaded already; rename one")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    before = len(METHODS) + len(SCORERS)
    sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(sys.modules[name])
        if len(METHODS) + len(SCORERS) == before:
            raise InputError(
                f"{shown}: registers nothing; call register_method or register_scorer at its top level"
            )
    except Exception as error:
        del sys.modules[name]
        for registry in (METHODS, SCORERS):
            registry.remove_from(path)
        if isinstance(error, InputError):
            raise
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{shown}:{_line(error, path)}: cannot be imported: {reason}") from error
    return name


def _line(error: Exception, path: Path) -> int:
    """Return the file's own line at which importing it failed."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    return lines[-1] if lines and lines[-1] is not None else 1
