"""Runs: what lies under the folder, and the chosen ones side by side."""

import pandas as pd
import streamlit as st

from app.choices import several, switch
from app.data.downloads import View
from app.data.run_list import Entry, default_run
from app.data.speed import axis_title, left_out, measured
from app.figures.charts import quality_chart
from app.screen import compared_runs, offer_downloads, show_figure, show_table
from app.shared import entries, openable, runs_root
from workbench.reporting.tables.main import QUALITY_NAMES

SPEEDUP = "flops_speedup_unpadded"
COLUMNS = {
    "name": "run", "kind": "kind", "state": "state", "data": "data", "methods": "methods",
    "quality": "quality", "speed": "FLOPs, dense / method, unpadded", "seeds": "seeds",
    "date": "begun, UTC", "reason": "what is missing",
}  # fmt: skip


def _compared(names: list[str]) -> list[View]:
    """Show the methods of the runs side by side, and their quality against the FLOPs."""
    table = compared_runs(names)
    if table is None:
        return []
    show_table(table.shown, "Quality and speed of the chosen runs")
    st.caption(table.caption)
    frame, figure = table.frame, None
    qualities = measured(frame)
    if SPEEDUP in frame and frame[SPEEDUP].notna().any() and qualities:
        for sentence in left_out(frame, qualities[0], SPEEDUP):
            st.text(sentence)
        x = axis_title(SPEEDUP)
        figure = quality_chart(frame, SPEEDUP, qualities[0], x)
        title = f"{QUALITY_NAMES[qualities[0]]} against {x}"
        show_figure(View("compared-chart", title, frame, figure=figure), captioned=False)
    return [View("compared", table.caption, frame, table.shown, figure)]


st.text(f"Folder: {runs_root().resolve()}")
inner = switch(
    "List the runs inside comparisons",
    key="cells",
    help="A comparison is a folder of runs; they can be opened like any other run.",
)
listed: list[Entry] = entries(inner)
frame = pd.DataFrame([vars(one) for one in listed], columns=list(COLUMNS)).rename(columns=COLUMNS)
if len(frame):
    show_table(frame, "Table of runs")
lacking = [f"{entry.name}: {entry.reason}" for entry in listed if entry.reason]
if lacking:
    with st.expander(f"What is missing or wrong ({len(lacking)})"):
        st.text("\n".join(lacking))
views = [View("runs", "Every folder under the folder of runs.", frame)]
names = openable()
help = "One run or several; their methods stand side by side below. Other pages take them over."
chosen = several("Compare", names, key="runs", default=[default_run(listed)], help=help)
offer_downloads(*views, *_compared(chosen), title="Runs")
