"""Choices that stand in the URL, so that a link opens the same view.

Each control has a key. Its value comes from this page's own control, else from the URL, else from what
was chosen under the same key on another page, else from `default`; what does not fit (a run that is
gone, a layer too high, nonsense in the URL) becomes the default. Labels and help are written by us;
options are shown as text.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_T = TypeVar("_T")


def choice(
    label: str,
    options: Sequence[_T],
    *,
    key: str,
    default: _T | None = None,
    help: str = "",
    format: Callable[[Any], str] = str,
    at: DeltaGenerator | None = None,
) -> _T:
    """Let the reader choose one of `options` (at least one), which differ as strings.

    Args:
        options: Shown by `format`.
        format: Writes an option.
    """
    first = options[0] if default is None or default not in options else default
    names = {str(option): option for option in options}
    _begin(key, lambda texts: names[texts[0]], lambda value: value in options, first)
    value = (at or st).selectbox(label, options, key=key, help=help or None, format_func=format)
    return _end(key, value, [str(value)])


def several(
    label: str,
    options: Sequence[_T],
    *,
    key: str,
    default: Sequence[_T] = (),
    help: str = "",
    format: Callable[[Any], str] = str,
    most: int | None = None,
    at: DeltaGenerator | None = None,
) -> list[_T]:
    """Let the reader choose any number of `options`.

    Args:
        options: Shown by `format`.
        format: Writes an option.
        most: Largest number.
    """
    names = {str(option): option for option in options}
    _begin(
        key,
        lambda texts: [names[text] for text in texts if text],
        lambda value: all(v in options for v in value) and (most is None or len(value) <= most),
        [option for option in default if option in options],
    )
    value = (at or st).multiselect(
        label, options, key=key, help=help or None, format_func=format, max_selections=most
    )
    return _end(key, value, [str(v) for v in value] or [""])


def slider(
    label: str,
    low: float,
    high: float,
    *,
    key: str,
    default: float | tuple[float, float],
    step: float | None = None,
    help: str = "",
    at: DeltaGenerator | None = None,
) -> Any:
    """Let the reader choose a number between `low` < `high`, or two where `default` is a pair.

    Args:
        low: Least number; all are of its type.
        high: Largest number.
        step: Distance of numbers.
    """
    kind = type(low)
    pair = isinstance(default, tuple)

    def read(texts: Sequence[str]) -> Any:
        numbers = [kind(part) for part in texts[0].split("_")]
        return tuple(numbers) if pair else numbers[0]

    def fits(value: Any) -> bool:
        numbers = value if isinstance(value, tuple) else (value,)
        return len(numbers) == 1 + pair and low <= numbers[0] <= numbers[-1] <= high

    _begin(key, read, fits, default)
    value = (at or st).slider(label, low, high, key=key, step=step, help=help or None)
    return _end(key, value, ["_".join(map(str, value)) if pair else str(value)])


def value_range(
    label: str, values: pd.Series, *, key: str, help: str, at: DeltaGenerator | None = None
) -> tuple[float, float] | None:
    """Let the reader choose the lowest and the highest of these values.

    None while all are chosen, and where there is no choice.
    """
    if not values.notna().any():
        return None
    # The ends as the control shows them, so that it reaches them.
    low, high = math.floor(100 * values.min()) / 100, math.ceil(100 * values.max()) / 100
    if not low < high:
        return None
    chosen = slider(label, low, high, key=key, default=(low, high), step=0.01, help=help, at=at)
    return None if chosen == (low, high) else chosen


def switch(
    label: str, *, key: str, default: bool = False, help: str = "", at: DeltaGenerator | None = None
) -> bool:
    """Let the reader choose yes or no."""
    _begin(key, lambda texts: {"1": True, "0": False}[texts[0]], lambda _: True, default)
    value = (at or st).toggle(label, key=key, help=help or None)
    return _end(key, value, ["1" if value else "0"])


def typed(
    label: str,
    *,
    key: str,
    help: str = "",
    lines: int = 1,
    most: int | None = None,
    at: DeltaGenerator | None = None,
) -> str:
    """Let the reader type a text.

    Args:
        lines: Height of the field.
        most: Largest number of characters.
    """
    _begin(key, lambda texts: texts[0], lambda text: most is None or len(text) <= most, "")
    if lines == 1:
        value = (at or st).text_input(label, key=key, help=help or None, max_chars=most)
    else:
        value = (at or st).text_area(
            label, key=key, help=help or None, max_chars=most, height=28 * lines + 40
        )
    # A link longer than this is cut by browsers and servers; the session keeps the text.
    return _end(key, value, [value] if len(value) <= 2000 else [])


def clear(keys: Iterable[str]) -> None:
    """Forget these choices, so that their defaults hold again; before their controls are drawn."""
    for key in keys:
        st.session_state.pop(key, None)
        remembered().pop(key, None)
        if key in st.query_params:
            del st.query_params[key]


def _begin(
    key: str, read: Callable[[Sequence[str]], Any], fits: Callable[[Any], bool], default: Any
) -> None:
    """Put the value that the control starts with into the session."""
    candidates: list[Any] = []
    if key in st.session_state:
        candidates.append(st.session_state[key])
    elif key in st.query_params:
        with suppress(KeyError, ValueError, IndexError):
            candidates.append(read(st.query_params.get_all(key)))
    if key in remembered():
        candidates.append(remembered()[key])
    good = [value for value in candidates if _fits(fits, value)]
    st.session_state[key] = good[0] if good else default


def _fits(fits: Callable[[Any], bool], value: Any) -> bool:
    try:
        return fits(value)
    except (TypeError, ValueError, IndexError):
        return False


def _end(key: str, value: Any, texts: list[str]) -> Any:
    """Keep the value for other pages, and put it into the URL."""
    remembered()[key] = value
    st.session_state["keys"].append(key)
    if not texts:
        if key in st.query_params:
            del st.query_params[key]
    elif st.query_params.get_all(key) != texts:
        st.query_params[key] = texts
    return value


def remembered() -> dict[str, Any]:
    """Return what this session chose last under each key, on any page."""
    return st.session_state.setdefault("remembered", {})
