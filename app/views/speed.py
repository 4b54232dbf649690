"""Speed: what speed costs in quality, what saved operations are worth in time, and where tokens go."""

import streamlit as st

from app.choices import choice
from app.data.downloads import View
from app.data.run_list import inside
from app.data.speed import (
    SPEEDUPS,
    axis_title,
    left_out,
    measured,
    share_frame,
    speedup_label,
    time_frame,
    worth,
)
from app.figures.charts import quality_chart, shares_chart, token_boxes_chart
from app.screen import compared_runs, offer_downloads, show_figure, show_table
from app.shared import cached, chosen_runs, entries, plain, run_name, runs_root
from workbench.reporting.figures.comparison import LABELS, tradeoff_chart
from workbench.reporting.figures.speed import realised_chart, token_frame
from workbench.reporting.tables.comparison import AXES, curve_points
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.runs.comparison import read_comparison
from workbench.runs.tables import RunData

CONVENTIONS = {
    "unpadded": "FLOPs without padding on either side, against our own dense run without padding.",
    "padded": "FLOPs of a dense model that computes padding, against the stock padded model.",
}
REALISED = "Realised share: measured speed-up over our unpadded dense run / unpadded FLOPs speed-up."
NO_STOPWATCH = (
    "Not measured: this run has no stopwatch data (efficiency.repeats was 0, or the stage has not run); "
    "`workbench bench` measures it. What is counted stands under Quality against speed-up."
)


comparison_of = cached(2, "Reading the runs of the comparison …")(read_comparison)


def _show_quality(runs: list[RunData]) -> list[View]:
    """Show quality of every method of the runs against a speed-up of the reader's choice."""
    table = compared_runs([run_name(run) for run in runs])
    if table is None:
        return []
    frame = table.frame
    left, right = st.columns(2)
    quality = choice(
        "Quality", measured(frame), key="quality", format=lambda name: QUALITY_NAMES[name], at=left,
        help="On the reported split, with 95 % bootstrap intervals over texts.",
    )  # fmt: skip
    speedups = [c for c in map(str, frame) if c in SPEEDUPS or c.startswith("speedup_vs_hf_b")]
    speedups = [c for c in speedups if frame[c].notna().any()]
    if not speedups:
        st.info("Not measured: none of the runs has metrics/efficiency.")
        return []
    speedup = choice(
        "Speed-up", speedups, key="speedup", format=speedup_label, at=right,
        help="Counted (FLOPs) or measured (time); each against its own dense model.",
    )  # fmt: skip
    for sentence in left_out(frame, quality, speedup):
        st.text(sentence)
    caption = f"{QUALITY_NAMES[quality]} against speed-up ({speedup_label(speedup)}); logarithmic axis."
    figure = quality_chart(frame, speedup, quality, axis_title(speedup))
    view = show_figure(View("quality-speed", caption, frame, table.shown, figure))
    show_table(table.shown, "Quality and speed-ups")
    st.caption(plain(table.caption))
    return [view]


def _show_time(run: RunData, name: str) -> list[View]:
    """Show FLOPs in both conventions against the time that belongs to each, and the realised share."""
    efficiency = run.rows("efficiency")
    if efficiency is None:
        st.info("Not measured: metrics/efficiency is not there.")
        return []
    frame = time_frame(efficiency, run.rows("stopwatch"))
    if frame.empty:
        st.info(plain(NO_STOPWATCH))
        return []
    caption = (
        f"{run_name(run)}, split {run.split}: counted and measured speed-up by batch size; seconds are "
        "medians over rounds with quartiles."
    )
    views = []
    for convention, about in CONVENTIONS.items():
        points, titles = worth(frame, convention)
        figure = realised_chart(points, titles)
        views.append(View(f"time-{convention}-{name}", about, points, figure=figure))
    shares = share_frame(frame)
    views.append(View(f"realised-{name}", REALISED, shares, figure=shares_chart(shares)))
    for view in views:
        st.text(view.caption)
        show_figure(view, captioned=False)
    st.caption(plain(caption))
    show_table(frame, "Counted and measured speed-up")
    return [View(f"time-{name}", caption, frame), *views]


def _show_tokens(run: RunData, name: str) -> list[View]:
    """Show how many tokens each text still has in each layer."""
    if run.predicted is None:
        st.info("Not measured: predictions.parquet is not there.")
        return []
    frame = token_frame(run.predicted)
    caption = (
        f"{run_name(run)}, split {run.split}: tokens in each layer's self-attention, in % of the full "
        f"text, {int(frame['n'].max())} texts. Box: quartiles; whiskers: 5 % to 95 % of texts; dashed: "
        "mean."
    )
    return [show_figure(View(f"tokens-{name}", caption, frame, figure=token_boxes_chart(frame)))]


def _show_comparison() -> list[View]:
    """Show the curves of one comparison folder."""
    names = [e.name for e in entries() if e.kind == "comparison" and e.state != "damaged"]
    if not names:
        st.info(plain("There is no comparison yet: make one with `workbench compare`."))
        return []
    left, right = st.columns(2)
    help = "A folder made by `workbench compare`."
    name = choice("Comparison", names, key="comparison", help=help, at=left)
    data = comparison_of(inside(runs_root(), name))
    points = curve_points(data)
    if points.empty:
        st.info("Not measured: no method but the dense model has finished.")
        return []
    axis = choice(
        "Axis", list(points["axis"].unique()), key="axis", format=lambda a: AXES[a], at=right,
        help="Counted: unpadded FLOPs. Measured: the stock padded model's time / the method's.",
    )  # fmt: skip
    if "measured" not in set(points["axis"]):
        st.text("Measured time: not measured, no run of this comparison has stopwatch data.")
    caption = (
        f"{name}, split {data.split}; speed-up: {LABELS[axis][0]}. Every run is a point, tries of a "
        "search too; lines are means over seeds where all seeds have one; grey: the dense model. "
        "Logarithmic axis; zoom out for points outside the axes."
    )
    points = points[points["axis"] == axis]
    return [show_figure(View("tradeoff", caption, points, figure=tradeoff_chart(points)))]


PAGES = {
    "runs": "Quality against speed-up",
    "time": "Counted against measured",
    "tokens": "Tokens left by layer",
    "comparison": "Trade-off curves of a comparison",
}
page = choice("Show", list(PAGES), key="speed", format=PAGES.get, help="What this page shows.")
if page == "comparison":
    views = _show_comparison()
elif page == "runs":
    views = _show_quality(chosen_runs())
else:
    views, runs = [], chosen_runs()
    for run in runs:
        if len(runs) > 1:
            st.subheader(plain(run_name(run)))
        show = _show_time if page == "time" else _show_tokens
        views += show(run, run_name(run).replace("/", "-"))
if views:
    offer_downloads(*views, title="Speed")
