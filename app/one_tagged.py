"""One text, of those judged or typed: what systems tag its words with, and the way of its tokens."""

from pathlib import Path
from typing import Any

import streamlit as st

from app.choices import choice, typed
from app.data.downloads import View
from app.data.flows import live_flow
from app.data.systems import SystemsData
from app.data.tagged import judged_texts, tag_frame, text_rows, typed_text, verdict
from app.live_systems import MOST, TYPED, drawn_flows, followed_systems, picked, said_by_each
from app.screen import show_table
from app.shared import cached
from workbench.core.tagging import TaggedText
from workbench.inference.token_flow import TagFlow, tag_flow
from workbench.runs.systems import System
from workbench.runs.tags import TagsFolder


def tagged_views(data: SystemsData, opened: TagsFolder) -> list[View]:
    """Let the reader choose systems and a text, and draw its way; returns what is shown.

    Args:
        data: What was read of the folder.
        opened: The folder.
    """
    systems = followed_systems(data)
    source = choice("Text", ["judged", "typed"], key="source", help="Of the judged ones, or yours.")
    found = _typed(opened) if source == "typed" else _judged(opened, systems)
    if found is None or not systems:
        return []
    text, config = found, opened.config

    def run(model: Any, tokenizer: Any) -> TagFlow:
        longest, learnt = config.run.data.max_tokens, config.tagging.learnt
        return tag_flow(model, tokenizer, text, max_tokens=longest, learnt=learnt)

    said = said_by_each(opened, systems, "tokens", text, run)
    return _shown(text, said) if said else []


@cached(2, "Reading the texts …")
def _texts(folder: Path) -> dict[str, TaggedText]:
    return judged_texts(TagsFolder(folder))


def _judged(opened: TagsFolder, systems: list[System]) -> TaggedText | None:
    """Let the reader pick one of the judged texts; what is right is what the first system said."""
    texts = _texts(opened.folder)
    said = opened.said(systems[0].name) if systems else None
    rows = text_rows(texts, said or {})
    name = picked(rows, "text", "tagged", systems[0].title if systems else "")
    return None if name is None else texts[name]


def _typed(opened: TagsFolder) -> TaggedText | None:
    text = typed("Your text", key="typed", lines=4, most=MOST, help=TYPED)
    if not text.strip():
        st.info("Type a text of at least one word.")
        return None
    return typed_text(text, opened.config.run.data.segmenter)


def _shown(text: TaggedText, flows: dict[str, TagFlow]) -> list[View]:
    """Show the tokens of the whole text, and the tags of its words."""
    drawn = drawn_flows(
        [live_flow(title, flow.windows, verdict(flow, text)) for title, flow in flows.items()],
        "words that people tagged",
    )
    caption = "What the systems tag each word with, and the gold tags where they are known."
    view = View("tagged-text", caption, tag_frame(text, flows))
    show_table(view.frame, "The tags of the words", height=300)
    st.caption(caption)
    return [drawn, view]
