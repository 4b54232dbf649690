"""One document with its rationale, word by word, shown as text."""

import streamlit as st

from app.shared import plain
from workbench.core.display_text import shortened
from workbench.core.documents import Document, mask


def show_document(document: Document) -> None:
    """The words of a document; rationale is bold on a coloured ground. Two texts have a box each."""
    words = (*document.words, *document.second)
    marks = mask(document.rationale or (), len(words))
    for start, end in ((0, len(document.words)), (len(document.words), len(words))):
        if end > start:
            with st.container(border=True):
                st.markdown(_markdown(words[start:end], marks[start:end].tolist()))


def _markdown(words: tuple[str, ...], marks: list[bool]) -> str:
    return " ".join(
        f":orange-background[**{plain(shortened(word))}**]" if marked else plain(shortened(word))
        for word, marked in zip(words, marks, strict=True)
    )
