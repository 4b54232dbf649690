"""Runs: what lies under the folder, and the chosen ones side by side."""

import pandas as pd
import streamlit as st
from choices import several, switch
from screen import offer_downloads
from shared import entries, open_run, openable, problem, runs_root

from workbench.errors import InputError
from workbench.viewing.compared import quality_and_speed, side_by_side
from workbench.viewing.export import View

st.text(f"Folder: {runs_root().resolve()}")
cells = switch(
    "List the runs inside comparisons",
    key="cells",
    help="A comparison is a folder of runs; they can be opened like any other run.",
)
listed = entries(cells)
frame = pd.DataFrame(
    {
        "run": [entry.name for entry in listed],
        "kind": [entry.kind for entry in listed],
        "state": [entry.state for entry in listed],
        "data": [entry.data for entry in listed],
        "methods": [entry.methods for entry in listed],
        "quality": [entry.quality for entry in listed],
        "FLOPs, dense / method, unpadded": [entry.speed for entry in listed],
        "seeds": [entry.seeds for entry in listed],
        "begun, UTC": [entry.date for entry in listed],
        "what is missing": [entry.reason for entry in listed],
    }
)
if len(frame):
    st.dataframe(frame, hide_index=True, width="stretch", alt="Table of runs")
lacking = [f"{entry.name}: {entry.reason}" for entry in listed if entry.reason]
if lacking:
    with st.expander(f"What is missing or wrong ({len(lacking)})"):
        st.text("\n".join(lacking))
views = [View("runs", "Every folder under the folder of runs.", frame)]
names = openable()
chosen = several(
    "Compare",
    names,
    key="runs",
    default=[entry.name for entry in listed if entry.opens][:1],
    help="One run or several; their methods stand side by side below. Other pages take them over.",
)
tables = []
for name in chosen:
    try:
        tables.append(quality_and_speed(open_run(name), name))
    except InputError as error:
        problem(str(error))
if tables:
    both = side_by_side(tables)
    st.dataframe(
        both.shown, hide_index=True, width="stretch", alt="Quality and speed of the chosen runs"
    )
    st.caption(both.caption)
    views.append(View("compared", both.caption, both.frame, both.shown))
offer_downloads(*views, title="Runs")
