"""Models of runs, loaded once for all sessions; what they say of a text stays in its session."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from app.data.run_list import stamp
from app.shared import cached
from workbench.errors import InputError
from workbench.inference.what_if import Change, Outcome, record_windows, what_if
from workbench.reporting.text.wording import method_name
from workbench.runs.tables import RunData

REMEMBERED = 12
"""Outcomes that a session keeps."""
LONG = 1500
"""Tokens from which on a text is timed in one round instead of several."""


def has_model(run: RunData, method: str) -> bool:
    """Return whether the run holds the method's model."""
    return (run.folder / "models" / method / "config.json").is_file()


def open_model(run: RunData, method: str) -> tuple[Any, Any]:
    """Return a method's model and tokenizer; InputError naming what is missing."""
    folder = run.folder / "models" / method
    if not has_model(run, method):
        raise InputError(
            f"this run has no model of {method_name(method)}: only recorded flows can be shown"
        )
    return _model(folder)


@cached(3, "Loading the model …")
def _model(folder: Path) -> tuple[Any, Any]:
    from workbench.models.classifier import load_classifier

    return load_classifier(folder)


def typed_windows(run: RunData, method: str, text: str, second: str | None) -> Sequence[Any]:
    """Return the windows of a typed text, as long as the run's own.

    Args:
        run: Whose model.
        method: Whose tokenizer.
        text: InputError for one without words.
        second: The second text of a pair.
    """
    from workbench.inference.explain import text_windows

    model, tokenizer = open_model(run, method)
    data = run.config.get("data")
    longest = data.get("max_tokens") if isinstance(data, dict) else None
    return text_windows(model, tokenizer, text, second or None, longest)


def run_windows(run: RunData, method: str, records: Sequence[Any]) -> Sequence[Any]:
    """Return the windows behind recorded scores."""
    return record_windows(open_model(run, method)[1], records)


def outcomes(
    run: RunData, method: str, windows: Sequence[Any], change: Change
) -> tuple[Outcome, Outcome]:
    """Return the outcomes before and after a change, run now or remembered by this session.

    Args:
        run: Whose model.
        method: InputError where the run has no model of it.
        windows: Of one text.
        change: What is changed.
    """
    model, tokenizer = open_model(run, method)
    text = tuple(window.input_ids.tobytes() for window in windows)
    key = (str(run.folder), method, stamp(run.folder / "models" / method), text, change)
    known: dict[Any, tuple[Outcome, Outcome]] = st.session_state.setdefault("outcomes", {})
    if key not in known:
        total = sum(len(window.input_ids) for window in windows)
        parts = (
            f"{total:,} tokens in {len(windows):,} windows" if len(windows) > 1 else f"{total} tokens"
        )
        with st.spinner(f"Running {method_name(method)} on {parts} …", show_time=True):
            known[key] = what_if(model, tokenizer, windows, change, repeats=1 if total > LONG else 5)
        while len(known) > REMEMBERED:
            known.pop(next(iter(known)))
    return known[key]
