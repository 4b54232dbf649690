"""Systems of answers or tags at work: which are followed, their models, and what they say."""

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import pandas as pd
import streamlit as st

from app.choices import choice, several, typed
from app.data.downloads import View
from app.data.flows import Flow
from app.data.run_list import stamp
from app.data.systems import SystemsData
from app.data.texts import matching
from app.live import run_once
from app.screen import show_flows
from app.shared import cached, problem
from workbench.catalog.methods import METHODS
from workbench.core.counts import counted
from workbench.errors import InputError
from workbench.reporting.figures.chart import short
from workbench.runs.open_systems import OpenedSystems
from workbench.runs.systems import System

LISTED = 100
"""Texts offered at a time."""
MOST = 200_000
"""Characters of a typed text."""
TYPED = "Only you see it. Up to 2,000 characters it stands in the link."
Head = Literal["answers", "tokens"]
_T = TypeVar("_T")


def followed_systems(data: SystemsData) -> list[System]:
    """Let the reader choose up to two systems; where a model is not there a sentence says why."""
    by_name = {system.name: system for system in data.systems}
    drops = [name for name, system in by_name.items() if METHODS[system.method].drops_tokens]
    names = several(
        "Systems", list(by_name), key="systems", default=(drops or list(by_name))[:2], most=2,
        format=lambda name: by_name[name].title, help="Up to two. Their models are run when you look.",
    )  # fmt: skip
    if not names:
        st.info("No system is chosen: pick one above.")
    there = []
    for name in names:
        try:
            data.opened.model_folder(name)
        except InputError as error:
            problem(f"{by_name[name].title}: {error}")
        else:
            there.append(by_name[name])
    return there


@cached(3, "Loading the model …")
def _model(folder: Path, head: Head) -> tuple[Any, Any]:
    from workbench.models.token_classifier import load_token_classifier

    return load_token_classifier(folder, head)


def said_by_each(
    opened: OpenedSystems,
    systems: list[System],
    head: Head,
    asked: Hashable,
    run: Callable[[Any, Any], _T],
) -> dict[str, _T]:
    """Return what systems say now, by title; an error of one of them is a sentence, and it is left out.

    Args:
        opened: Whose models.
        systems: Which of them.
        head: What they say something of.
        asked: What they are asked, for the session's memory.
        run: Takes model and tokenizer.
    """
    said: dict[str, _T] = {}
    for system in systems:
        folder = opened.model_folder(system.name)
        key = (str(folder), stamp(folder), asked)
        try:
            model, tokenizer = _model(folder, head)
            said[system.title] = run_once(
                key, f"Running {system.title} …", lambda m=model, t=tokenizer: run(m, t)
            )
        except InputError as error:
            problem(f"{system.title}: {error}")
    return said


def picked(rows: pd.DataFrame, noun: str, key: str, judge: str) -> str | None:
    """Let the reader search texts and choose one; returns its id, None where none fits.

    Args:
        rows: Columns id, text, right.
        noun: What a text is called.
        key: Name of the choice in the URL.
        judge: The system whose stored predictions say what is right.
    """
    left, middle, right = st.columns([2, 1, 3])
    help = "Letter by letter, upper and lower case alike."
    query = typed("Search", key="find", most=200, help=help, at=left)
    wanted = "any"
    if rows["right"].notna().any():
        options, help = ["any", "right", "wrong"], f"Of {judge}, as it was judged."
        wanted = choice("Prediction", options, key="outcome", help=help, at=middle)
    found = matching(rows, {"right": {"right": True, "wrong": False}.get(wanted)}, query=query)
    if found.empty:
        st.info(f"No {noun} fits: change the search.")
        return None
    texts = found.set_index("id")["text"]
    listed = list(texts.index[:LISTED])
    linked = st.session_state.get(key, st.query_params.get(key))
    if linked in texts.index and linked not in listed:
        listed.append(linked)
    label = f"{noun.capitalize()} ({len(found):,} of {counted(len(rows), noun)}"
    label += f", the first {LISTED} listed)" if len(found) > LISTED else ")"
    return choice(
        label, listed, key=key, at=right, format=lambda one: f"{short(texts[one], 90)} ({one})"
    )


def drawn_flows(flows: Sequence[Flow], marked: str) -> View:
    """Draw flows that have the tokens of the first one; of others it is said that they have not.

    Args:
        flows: At least one.
        marked: What the orange outlines are.
    """
    alike = [flow for flow in flows if flow.record.tokens == flows[0].record.tokens]
    if len(alike) < len(flows):
        st.warning("These models cut the text into different tokens: only the first one is drawn.")
    return show_flows(alike, marked)
