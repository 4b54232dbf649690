"""What is on screen, offered as files: buttons under a page, and all formats on the Export page."""

from dataclasses import dataclass

import streamlit as st

from app.data import downloads
from app.data.downloads import View


@dataclass(frozen=True)
class Screen:
    """The page that was last looked at, as this session left it."""

    path: str
    title: str
    query: dict[str, list[str]]
    views: tuple[View, ...]


def offer_downloads(*views: View, title: str) -> None:
    """Draw a CSV button for each view, and keep all of them for the Export page; last on its page."""
    query = {key: st.query_params.get_all(key) for key in st.session_state["keys"]}
    st.session_state["screen"] = Screen(st.session_state["page"], title, query, views)
    with st.container(horizontal=True):
        for view in views:
            st.download_button(
                f"{view.name}.csv",
                lambda view=view: downloads.csv(view),
                f"{view.name}.csv",
                "text/csv",
                key=f"csv-{view.name}",
                icon=":material/download:",
                on_click="ignore",
                help="The numbers shown above, in full. All other formats are on the page Export.",
            )


def last_screen() -> Screen | None:
    """What this session last looked at; None before any page with something to downloads."""
    return st.session_state.get("screen")
