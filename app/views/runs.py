"""Runs: what lies under the folder, and the chosen ones side by side."""

from functools import partial

import pandas as pd
import streamlit as st

from app.choices import several, switch
from app.data.catalogue import first_choice
from app.data.compared_runs import left_out, measured, quality_and_speed, side_by_side
from app.data.downloads import View
from app.figures.speed import axis_title, draw_quality
from app.screen import offer_downloads
from app.shared import entries, is_dark, open_run, openable, problem, runs_root
from workbench.errors import InputError
from workbench.reporting.figures.comparison import draw_quality as print_quality
from workbench.reporting.tables.main import QUALITY_NAMES

SPEEDUP = "flops_speedup_unpadded"

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
    default=[first_choice(listed)],
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
    draws = ()
    counted = SPEEDUP in both.frame and both.frame[SPEEDUP].notna().any()
    if counted and (qualities := measured(both.frame)):
        axes = both.frame, SPEEDUP, qualities[0]
        draws = partial(draw_quality, *axes), partial(print_quality, *axes, axis_title(SPEEDUP))
        told = f"{QUALITY_NAMES[qualities[0]]} against {axis_title(SPEEDUP)}"
        for sentence in left_out(both.frame, qualities[0], SPEEDUP):
            st.text(sentence)
        st.plotly_chart(draws[0](dark=is_dark()), theme=None, key="compared-chart", alt=told)
    views.append(View("compared", both.caption, both.frame, both.shown, *draws))
offer_downloads(*views, title="Runs")
