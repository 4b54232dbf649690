"""CSV for people: no cell of it is a formula to a spreadsheet, or a command to a terminal."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from workbench.storage.visible import visible

_FORMULA = re.compile(r"'*[=+\-@＝＋－＠].")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?")


def csv_text(frame: pd.DataFrame) -> str:
    """Return a table as CSV, without its index and with texts defused.

    A text that a spreadsheet would take for a formula (it begins with =, +, - or @, and is neither a
    number nor that character alone) has ' before it, which `undone` takes away; control characters are
    shown by their signs, for good. Numbers are as they are.
    """
    return _with_texts(frame, _defused).to_csv(index=False, lineterminator="\n")


def undone(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table that was read from `csv_text`, without the quotes before its formulas."""
    return _with_texts(frame, lambda text: text[1:] if _defused(text[1:]) == text else text)


def _defused(text: str) -> str:
    text = visible(text)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _with_texts(frame: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """Return the frame with each text, names of columns included, changed."""
    changed = frame.copy(deep=False)
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        # Tables repeat their texts: the few different ones are looked at.
        texts: Iterable[Any] = [] if pd.api.types.is_numeric_dtype(column) else column.dropna().unique()
        others = {text: new for text in texts if isinstance(text, str) and (new := change(text)) != text}
        if others:
            changed.isetitem(place, [_of(value, others) for value in column])
    changed.columns = pd.Index(
        [change(name) if isinstance(name, str) else name for name in frame.columns]
    )
    return changed


def _of(value: Any, others: dict[str, str]) -> Any:
    return others.get(value, value) if isinstance(value, str) else value
