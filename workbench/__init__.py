"""Rationale Workbench: which tokens carry the decision, and how many can be dropped.

The public names are those of `__init__.pyi` beside this file. They are imported when first used, so that
`import workbench` is quick.
"""

import functools
import importlib
import sys
from typing import Any

from workbench.models.transformers import register_on_import


@functools.cache
def _modules() -> dict[str, str]:
    """Return the module of each public name, from the lines `from MODULE import NAME as NAME`."""
    from pathlib import Path

    stub = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    return {words[3]: words[1] for words in map(str.split, stub.splitlines())}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return sorted(_modules())
    if name not in _modules():
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    return getattr(importlib.import_module(_modules()[name]), name)


def __dir__() -> list[str]:
    # What this file imports for itself is nobody else's; modules that were imported are.
    named = (name for name in globals() if name.startswith("__") or f"workbench.{name}" in sys.modules)
    return sorted({*named, *_modules()})


register_on_import()
