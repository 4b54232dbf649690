"""Whose code failed: an error in a plug-in file's scorer names that scorer, with file and line."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from workbench.attribution.engine.memory import out_of_memory
from workbench.attribution.types import Scored
from workbench.catalog.plugins import PREFIX, line_reached
from workbench.core.documents import Window
from workbench.errors import WorkbenchError


@contextmanager
def blaming(code: Callable[..., Any]) -> Iterator[None]:
    """Name a plug-in file's scorer where it fails; other errors pass as they are.

    Raises:
        WorkbenchError: The scorer failed, or returned something else than its declaration promises.
    """
    try:
        yield
    except Exception as error:
        ours = not code.__module__.startswith(PREFIX)
        if ours or isinstance(error, WorkbenchError) or out_of_memory(error):
            raise
        path = Path(inspect.getfile(code))
        line = line_reached(error, path) or inspect.getsourcelines(code)[1]
        reason = f"{type(error).__name__}: {error}"
        raise WorkbenchError(f"{path}:{line}: scorer {code.__name__} failed: {reason}") from error


def check_scored(scored: Sequence[Scored], windows: Sequence[Window], layers: int) -> None:
    """Raise TypeError or ValueError unless a function's result is a `Scored` per window.

    Args:
        scored: What the function returned.
        windows: What it was given.
        layers: The model's.
    """
    if not isinstance(scored, Sequence) or not all(isinstance(one, Scored) for one in scored):
        raise TypeError(f"a list with a Scored per window is needed, not {_described(scored)}")
    if len(scored) != len(windows):
        raise ValueError(f"{len(scored)} results for {len(windows)} windows")
    for one, window in zip(scored, windows, strict=True):
        shape = (layers, len(window.input_ids))
        for name, array in zip(one._fields, one, strict=True):
            needed = shape[: 1 if name == "error" else 2]
            if array is None and name != "scores":
                continue
            fits = isinstance(array, np.ndarray) and array.shape == needed and array.dtype.kind in "fb"
            if not fits:
                given = _described(array)
                raise ValueError(f"{name}: an array of numbers {needed} is needed, not {given}")


def check_rows(rows: Tensor, needed: tuple[int, ...]) -> None:
    """Raise ValueError unless an observer's rows are of shape (B, layers, N)."""
    if rows.shape != needed:
        raise ValueError(f"scores of shape {needed} are needed, not {tuple(rows.shape)}")


def _described(value: object) -> str:
    if isinstance(value, Sequence) and len(value):
        return f"a {type(value).__name__} of {type(value[0]).__name__}"
    shape = getattr(value, "shape", None)
    return type(value).__name__ + ("" if shape is None else f" {tuple(shape)} of {value.dtype}")  # type: ignore[attr-defined]
