"""What models say of what a reader asked: run once, then remembered by the session."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st

_T = TypeVar("_T")
REMEMBERED = 12
"""Outcomes that a session keeps."""


def run_once(key: Hashable, words: str, run: Callable[[], _T]) -> _T:
    """Return what a function gives, or gave this session before.

    What a reader typed is in no cache that others share.

    Args:
        key: What the outcome depends on.
        words: What is said while it runs.
        run: Gives the outcome.
    """
    known: dict[Hashable, Any] = st.session_state.setdefault("outcomes", {})
    if key not in known:
        with st.spinner(words, show_time=True):
            known[key] = run()
        while len(known) > REMEMBERED:
            known.pop(next(iter(known)))
    return known[key]
