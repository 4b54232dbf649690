"""Choices that stand in the URL, so that a link opens the same view.

Each control has a key. Its value comes from this page's own control, else from the URL, else from what
was chosen under the same key on another page, else from `default`; what does not fit (a run that is
gone, a layer too high, nonsense in the URL) becomes the default. Labels and help are written by us;
options are shown as text. All controls take `key` and, as `more`, `help` (what the question mark says)
and `at` (where the control stands; by default below what the page has drawn).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

_T = TypeVar("_T")


def choice(
    label: str,
    options: Sequence[_T],
    *,
    key: str,
    default: _T | None = None,
    format: Callable[[Any], str] = str,
    **more: Any,
) -> _T:
    """Let the reader choose one option.

    Args:
        label: Stands above.
        options: At least one; they differ as strings.
        key: Name in the URL and the session.
        default: Where nothing else is chosen; None: the first.
        format: Writes an option.
        more: `help` and `at`.
    """
    first = options[0] if default is None or default not in options else default
    names = {str(option): option for option in options}
    _begin(key, lambda texts: names[texts[0]], lambda value: value in options, first)
    value = _draw("selectbox", label, options, key=key, format_func=format, **more)
    return _end(key, value, [str(value)])


def several(
    label: str,
    options: Sequence[_T],
    *,
    key: str,
    default: Sequence[_T] = (),
    format: Callable[[Any], str] = str,
    most: int | None = None,
    **more: Any,
) -> list[_T]:
    """Let the reader choose any number of options.

    Args:
        label: Stands above.
        options: They differ as strings.
        key: Name in the URL and the session.
        default: Where nothing else is chosen.
        format: Writes an option.
        most: Largest number.
        more: `help` and `at`.
    """
    names = {str(option): option for option in options}
    _begin(
        key,
        lambda texts: [names[text] for text in texts if text],
        lambda value: all(v in options for v in value) and (most is None or len(value) <= most),
        [option for option in default if option in options],
    )
    settings = {"format_func": format, "max_selections": most} | more
    value = _draw("multiselect", label, options, key=key, **settings)
    return _end(key, value, [str(v) for v in value] or [""])


def slider(
    label: str, low: float, high: float, *, key: str, default: float | tuple[float, float], **more: Any
) -> Any:
    """Let the reader choose a number, or two where `default` is a pair.

    Args:
        label: Stands above.
        low: Least number; all are of its type.
        high: Largest number, above `low`.
        key: Name in the URL and the session.
        default: Where nothing else is chosen.
        more: `step`, `help` and `at`.
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
    value = _draw("slider", label, low, high, key=key, **more)
    return _end(key, value, ["_".join(map(str, value)) if pair else str(value)])


def value_range(label: str, values: pd.Series, *, key: str, **more: Any) -> tuple[float, float] | None:
    """Let the reader choose the lowest and the highest of values.

    Args:
        label: Stands above.
        values: NaN are left out.
        key: Name in the URL and the session.
        more: `help` and `at`.

    Returns:
        Both ends; None while all values are chosen, and where there is no choice.
    """
    if not values.notna().any():
        return None
    # The ends as the control shows them, so that it reaches them.
    low, high = math.floor(100 * values.min()) / 100, math.ceil(100 * values.max()) / 100
    if not low < high:
        return None
    chosen = slider(label, low, high, key=key, default=(low, high), step=0.01, **more)
    return None if chosen == (low, high) else chosen


def switch(label: str, *, key: str, default: bool = False, **more: Any) -> bool:
    """Let the reader choose yes or no.

    Args:
        label: What is asked.
        key, default, more: As of `choice`.
    """
    _begin(key, lambda texts: {"1": True, "0": False}[texts[0]], lambda _: True, default)
    value = _draw("toggle", label, key=key, **more)
    return _end(key, value, ["1" if value else "0"])


def typed(label: str, *, key: str, lines: int = 1, most: int | None = None, **more: Any) -> str:
    """Let the reader type a text.

    Args:
        label: Stands above.
        key: Name in the URL and the session.
        lines: Height of the field.
        most: Largest number of characters.
        more: `help` and `at`.
    """
    _begin(key, lambda texts: texts[0], lambda text: most is None or len(text) <= most, "")
    kind, height = ("text_input", {}) if lines == 1 else ("text_area", {"height": 28 * lines + 40})
    value = _draw(kind, label, key=key, max_chars=most, **height, **more)
    # A link longer than this is cut by browsers and servers; the session keeps the text.
    return _end(key, value, [value] if len(value) <= 2000 else [])


def clear(keys: Iterable[str]) -> None:
    """Forget these choices, so that their defaults hold again; before their controls are drawn."""
    for key in keys:
        st.session_state.pop(key, None)
        remembered().pop(key, None)
        st.query_params.pop(key, None)


def forget_on_change(owner: str, value: Any, keys: Iterable[str]) -> None:
    """Forget choices that were made about something else; before their controls are drawn.

    Args:
        owner: Names in the session what they are about.
        value: What that is now.
        keys: Of the choices.
    """
    if st.session_state.setdefault(owner, value) != value:
        st.session_state[owner] = value
        clear(keys)


def _draw(kind: str, *arguments: Any, at: Any = st, help: str = "", **settings: Any) -> Any:
    return getattr(at, kind)(*arguments, help=help or None, **settings)


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
    st.session_state[key] = next((value for value in candidates if _fits(fits, value)), default)


def _fits(fits: Callable[[Any], bool], value: Any) -> bool:
    with suppress(TypeError, ValueError, IndexError):
        return fits(value)
    return False


def _end(key: str, value: Any, texts: list[str]) -> Any:
    """Keep the value for other pages, and put it into the URL."""
    remembered()[key] = value
    st.session_state["keys"].append(key)
    if not texts:
        st.query_params.pop(key, None)
    elif st.query_params.get_all(key) != texts:
        st.query_params[key] = texts
    return value


def remembered() -> dict[str, Any]:
    """Return what this session chose last under each key, on any page."""
    return st.session_state.setdefault("remembered", {})
