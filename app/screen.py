"""What a page shows, offered as files: buttons under a page, and all formats on the Export page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from app.data import downloads
from app.data.downloads import View
from app.data.speed import quality_and_speed, side_by_side
from app.figures.drawing import on_screen
from app.shared import is_dark, open_run, plain, problem
from workbench.errors import InputError
from workbench.reporting.tables.table import Table
from workbench.reporting.text.aims import aim_sentences


@dataclass(frozen=True)
class Screen:
    """The page with something to download that was last looked at, as this session left it."""

    path: str
    title: str
    query: dict[str, list[str]]
    views: tuple[View, ...]


def show_figure(view: View, *, captioned: bool = True) -> View:
    """Draw a view's figure, with its caption below; returns the view."""
    st.plotly_chart(on_screen(view.figure, dark=is_dark()), theme=None, key=view.name, alt=view.caption)
    if captioned:
        st.caption(plain(view.caption))
    return view


def show_table(frame: pd.DataFrame, alt: str, **more: Any) -> None:
    """Show a table as wide as the page.

    Args:
        frame: The table.
        alt: What it is, for who does not see it.
        more: What Streamlit's `dataframe` takes besides.
    """
    st.dataframe(frame, hide_index=True, width="stretch", alt=alt, **more)


def three_digits(columns: list[str]) -> dict[str, Any]:
    """Return how these columns are shown: with three digits behind the point."""
    return dict.fromkeys(columns, st.column_config.NumberColumn(format="%.3f"))


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


def compared_runs(names: Sequence[str]) -> Table | None:
    """Return the main tables of runs as one; None where none can be shown.

    What settings asked for and a model is not is said above it.
    """
    tables = []
    for name in names:
        try:
            run = open_run(name)
            tables.append(quality_and_speed(run, name))
            for sentence in aim_sentences(run.aims):
                st.warning(plain(f"{name}: {sentence}."))
        except InputError as error:
            problem(str(error))
    return side_by_side(tables) if tables else None
