"""Speed: what speed costs in quality, what saved operations are worth in time, and where tokens go."""

from functools import partial
from pathlib import Path

import streamlit as st

from app.choices import choice
from app.data.catalogue import inside, stamp
from app.data.compared_runs import left_out, measured, quality_and_speed, side_by_side
from app.data.downloads import View
from app.figures import speed
from app.screen import offer_downloads
from app.shared import chosen_runs, entries, is_dark, plain, problem, run_name, runs_root
from workbench.errors import InputError
from workbench.reporting.figures import comparison as figures_comparison
from workbench.reporting.figures import speed as figures_speed
from workbench.reporting.figures.bench import draw_shares, draw_worth, share_frame
from workbench.reporting.tables.comparison import AXES, curve_points
from workbench.reporting.tables.main import QUALITY_NAMES
from workbench.runs.comparison import ComparisonData, read_comparison
from workbench.runs.tables import RunData

PAGES = {
    "runs": "Quality against speed-up",
    "time": "Counted against measured",
    "tokens": "Tokens left by layer",
    "comparison": "Trade-off curves of a comparison",
}
CONVENTIONS = {
    "unpadded": "FLOPs without padding on either side, against our own dense run without padding.",
    "padded": "FLOPs of a dense model that computes padding, against the stock padded model.",
}
REALISED = "Realised share: measured speed-up over our unpadded dense run / unpadded FLOPs speed-up."
NO_STOPWATCH = (
    "Not measured: this run has no stopwatch data (efficiency.repeats was 0, or the stage has not run); "
    "`workbench bench` measures it. What is counted stands under Quality against speed-up."
)


@st.cache_resource(max_entries=2, show_spinner="Reading the runs of the comparison …")
def comparison_of(folder: str, stamps: tuple[object, ...]) -> ComparisonData:
    return read_comparison(Path(folder))


def quality(runs: list[RunData]) -> list[View]:
    """Quality of every method of the runs against a speed-up of the reader's choice."""
    tables = []
    for run in runs:
        try:
            tables.append(quality_and_speed(run, run_name(run)))
        except InputError as error:
            problem(str(error))
    if not tables:
        return []
    both = side_by_side(tables)
    frame = both.frame
    columns = st.columns(2)
    with columns[0]:
        y = choice(
            "Quality", measured(frame), key="quality", format=lambda q: QUALITY_NAMES[q],
            help="On the reported split, with 95 % bootstrap intervals over texts.",
        )  # fmt: skip
    speedups = [c for c in frame if c in speed.SPEEDUPS or c.startswith("speedup_vs_hf_b")]
    speedups = [c for c in speedups if frame[c].notna().any()]
    if not speedups:
        st.info("Not measured: none of the runs has metrics/efficiency.")
        return []
    with columns[1]:
        x = choice(
            "Speed-up", speedups, key="speedup", format=speed.speedup_label,
            help="Counted (FLOPs) or measured (time); each against its own dense model.",
        )  # fmt: skip
    for sentence in left_out(frame, y, x):
        st.text(sentence)
    draw = partial(speed.draw_quality, frame, x, y)
    st.plotly_chart(draw(dark=is_dark()), theme=None, key="quality-chart")
    caption = f"{QUALITY_NAMES[y]} against speed-up ({speed.speedup_label(x)}); logarithmic axis."
    st.caption(plain(caption))
    st.dataframe(both.shown, hide_index=True, width="stretch", alt="Quality and speed-ups")
    st.caption(plain(both.caption))
    printed = partial(figures_comparison.draw_quality, frame, x, y, speed.axis_title(x))
    return [View("quality-speed", caption, frame, both.shown, draw, printed)]


def time(run: RunData) -> list[View]:
    """FLOPs in both conventions against the time that belongs to each, and the realised share."""
    efficiency = run.rows("efficiency")
    if efficiency is None:
        st.info("Not measured: metrics/efficiency is not there.")
        return []
    frame = speed.time_frame(efficiency, run.rows("stopwatch"))
    if frame.empty:
        st.info(plain(NO_STOPWATCH))
        return []
    name = run_name(run)
    caption = (
        f"{name}, split {run.split}: counted and measured speed-up by batch size; seconds are medians "
        "over rounds with quartiles."
    )
    views = [View(f"time-{name}".replace("/", "-"), caption, frame)]
    for convention, told in CONVENTIONS.items():
        there, titles = speed.worth(frame, convention)
        draws = partial(speed.draw_time, frame, convention), partial(draw_worth, there, titles)
        views.append(View(f"time-{convention}-{name}".replace("/", "-"), told, there, None, *draws))
    shares = share_frame(frame)
    draws = partial(speed.draw_realised, shares), partial(draw_shares, shares)
    views.append(View(f"realised-{name}".replace("/", "-"), REALISED, shares, None, *draws))
    for view in views[1:]:
        st.text(view.caption)
        figure = view.figure(dark=is_dark())
        st.plotly_chart(figure, theme=None, key=view.name, alt=view.caption)
    st.caption(plain(caption))
    st.dataframe(frame, hide_index=True, width="stretch", alt="Counted and measured speed-up")
    return views


def tokens(run: RunData) -> list[View]:
    """How many tokens each text still has in each layer."""
    if run.predicted is None:
        st.info("Not measured: predictions.parquet is not there.")
        return []
    frame = figures_speed.token_frame(run.predicted)
    name = run_name(run)
    caption = (
        f"{name}, split {run.split}: tokens in each layer's self-attention, in % of the full text, "
        f"{int(frame['n'].max())} texts. Box: quartiles; whiskers: 5 % to 95 % of texts; dashed: mean."
    )
    figure = speed.draw_tokens(frame, dark=is_dark())
    st.plotly_chart(figure, theme=None, key=f"tokens-{name}", alt=caption)
    st.caption(plain(caption))
    draws = partial(speed.draw_tokens, frame), partial(figures_speed.draw_tokens, frame)
    return [View(f"tokens-{name}".replace("/", "-"), caption, frame, None, *draws)]


def comparison() -> list[View]:
    """The curves of one comparison folder."""
    names = [e.name for e in entries() if e.kind == "comparison" and e.state != "damaged"]
    if not names:
        st.info(plain("There is no comparison yet: make one with `workbench compare`."))
        return []
    columns = st.columns(2)
    with columns[0]:
        name = choice(
            "Comparison", names, key="comparison", help="A folder made by `workbench compare`."
        )
    folder = inside(runs_root(), name)
    data = comparison_of(str(folder), stamp(folder))
    points = curve_points(data)
    if points.empty:
        st.info("Not measured: no method but the dense model has finished.")
        return []
    with columns[1]:
        axis = choice(
            "Axis", list(points["axis"].unique()), key="axis", format=lambda a: AXES[a],
            help="Counted: unpadded FLOPs. Measured: the stock padded model's time / the method's.",
        )  # fmt: skip
    if "measured" not in set(points["axis"]):
        st.text("Measured time: not measured, no cell of this comparison has stopwatch data.")
    st.plotly_chart(speed.draw_tradeoff(points, axis, dark=is_dark()), theme=None, key="tradeoff-chart")
    caption = (
        f"{name}, split {data.split}; speed-up: {figures_comparison.LABELS[axis][0]}. Every run is a "
        "point, tries of a search too; lines are means over seeds where all seeds have one; dotted: "
        "the dense model. Logarithmic axis; zoom out for points outside the axes."
    )
    st.caption(plain(caption))
    shown = points[points["axis"] == axis]
    draws = partial(speed.draw_tradeoff, points, axis), partial(figures_comparison.draw_tradeoff, shown)
    return [View("tradeoff", caption, shown, None, *draws)]


page = choice("Show", list(PAGES), key="speed", format=lambda p: PAGES[p], help="What this page shows.")
if page == "comparison":
    views = comparison()
else:
    runs = chosen_runs()
    if page == "runs":
        views = quality(runs)
    else:
        views = []
        for run in runs:
            if len(runs) > 1:
                st.subheader(plain(run_name(run)))
            views += time(run) if page == "time" else tokens(run)
if views:
    offer_downloads(*views, title="Speed")
