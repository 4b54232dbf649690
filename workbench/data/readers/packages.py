"""Data files inside installed packages, found without importing (and so running) the package."""

import importlib.util
from pathlib import Path

from workbench.errors import InputError


def package_file(package: str, relative: str) -> Path:
    """Path of a file that an installed package carries; InputError tells how to install it."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / relative
        if path.is_file():
            return path
    raise InputError(
        f"the file {relative} of the package {package} is not installed:"
        ' pip install "rationale-workbench[offline]"'
    )
