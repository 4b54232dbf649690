"""What pages show, and offer as files: buttons under a page, and all formats on the Export page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from app.choices import choice
from app.data import downloads
from app.data.downloads import View
from app.data.flows import Flow, flow_frame
from app.data.speed import quality_and_speed, side_by_side
from app.figures.drawing import on_screen
from app.figures.token_flow import flow_figure
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


SHORT = 150
"""Tokens up to which a text runs across unless the reader says otherwise."""


def show_flows(
    flows: Sequence[Flow],
    marked: str = "human rationale",
    clicked: Callable[[str], None] | None = None,
) -> View:
    """Draw flows of one text, with their caption above; returns the view.

    Args:
        flows: At least one.
        marked: What the orange outlines are.
        clicked: What a click on a token does, given the key of the chart; None: nothing.
    """
    caption = (
        "A band goes on until the layer that drops its token (×). Colour: score relative to the highest "
        f"of a word in its layer. Orange: {marked}. ◆: prediction at the end."
    )
    left, right = st.columns([4, 1])
    left.caption(plain(caption))
    default = "across" if len(flows[0].record.tokens) <= SHORT else "down"
    way = choice("Tokens run", ["across", "down"], key="run_across", default=default, at=right)
    figure = flow_figure(flows, across=way == "across", dark=is_dark())
    chart = f"flow-{st.session_state.get('clicks', 0)}"
    more: dict[str, Any] = {} if clicked is None else {"on_select": lambda: clicked(chart)}
    config = {"displayModeBar": False}
    st.plotly_chart(
        figure, key=chart, theme=None, config=config, selection_mode="points", alt=caption, **more
    )
    return View("token-flow", caption, flow_frame(flows), figure=flows)


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
