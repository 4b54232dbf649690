"""Rationale agreement: metrics layer by layer with intervals and controls, and the texts behind a point."""

from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
import streamlit as st
from choices import choice
from screen import offer_downloads
from shared import chosen_run, empty, is_dark, plain, run_name

from workbench.evaluation.metrics import METRICS
from workbench.reporting.figures import draw_metric
from workbench.reporting.run_data import RunData
from workbench.reporting.screen.agreement import draw_layers, draw_values, layer_frame, not_measured
from workbench.reporting.wording import method_name, rationale_sentence, scorer_name
from workbench.viewing.agreement_tables import TABLES, extra_table
from workbench.viewing.behind import has_text_values, texts_behind, without_value
from workbench.viewing.catalogue import stamp
from workbench.viewing.export import View
from workbench.viewing.score_rows import layer_values, openings, score_tables

SHOWN = 100
UNIVERSES = {
    "with-evidence": "with-evidence: windows that hold a rationale token (AdapLeR's protocol)",
    "all": "all: every annotated window",
}
SELECTIONS = {
    "none": "none: the metric needs the ranking only",
    "uniform": "uniform: score at or above 1/n",
    "kept": "kept: what the pruned model passed on",
}


@st.cache_resource(max_entries=16, show_spinner="Reading the scores of this layer …")
def values_of(
    path: str,
    stamps: tuple[object, ...],
    method: str,
    layer: int,
    split: str,
    _ids: frozenset[str] | None,
) -> dict[tuple[str, str], pd.DataFrame]:
    return layer_values(Path(path), method, layer, _ids)


def take_point() -> None:
    """A click on the chart becomes the choice below it."""
    points = st.session_state["layers-chart"].selection.points
    for point in points[:1]:
        scorer, method, layer = point["customdata"][:3]
        st.session_state["point"] = f"{scorer} {method}"
        st.session_state["layer"] = int(layer)


def choose(table: pd.DataFrame) -> dict[str, str]:
    """Unit, universe, metric and selection; only what the run has."""
    columns = st.columns([1, 2, 2, 2])
    with columns[0]:
        unit = choice(
            "Unit", list(table["unit"].unique()), key="unit",
            help="token: sub-word tokens inherit their word's mark. word: a word has its best token's score.",
        )  # fmt: skip
    with columns[1]:
        universe = choice(
            "Windows", list(table["universe"].unique()), key="universe", format=lambda u: UNIVERSES.get(u, u),
            help="Which windows count; values of the two do not compare.",
        )  # fmt: skip
    here = table[(table["unit"] == unit) & (table["universe"] == universe)]
    with columns[2]:
        metric = choice(
            "Metric", [m for m in METRICS if (here["metric"] == m).any()], key="metric",
            format=lambda m: METRICS[m].label, help="What is compared with the human rationale.",
        )  # fmt: skip
    options = list(here.loc[here["metric"] == metric, "selection"].unique())
    with columns[3]:
        selection = choice(
            "Selection", options, key="selection", format=lambda s: SELECTIONS.get(s, s),
            help="Which units count as chosen by the scores; rankings need none.",
        )  # fmt: skip
    return {"unit": unit, "universe": universe, "selection": selection, "metric": metric}


def choose_point(frame: pd.DataFrame) -> tuple[str, str, int]:
    """Scorer, model and layer by keyboard, or what was clicked."""
    pairs = {f"{s} {m}": (s, m) for s, m in frame[["scorer", "method"]].itertuples(index=False)}
    columns = st.columns(2)
    with columns[0]:
        name = choice(
            "Scorer", list(pairs), key="point", format=lambda n: words(*pairs[n]),
            help="The curve whose texts are listed below; a click on a point chooses it as well.",
        )  # fmt: skip
    scorer, method = pairs[name]
    layers = frame.loc[(frame["scorer"] == scorer) & (frame["method"] == method), "layer"]
    with columns[1]:
        layer = choice("Layer", [int(k) for k in layers], key="layer", help="Layers count from 0.")
    return scorer, method, layer


def words(scorer: str, method: str) -> str:
    return f"{scorer_name(scorer)} on {method_name(method)}"


def show_texts(
    run: RunData, split: str, asked: dict[str, str], point: tuple[str, str, int]
) -> list[View]:
    """The texts behind one point, worst first."""
    scorer, method, layer = point
    metric, selection = METRICS[asked["metric"]], asked["selection"]
    st.subheader(plain(f"Texts behind {words(scorer, method)}, layer {layer}"))
    path = score_tables(run).get(scorer)
    if path is None:
        st.info(plain(f"Not measured text by text: scores/{scorer}.parquet is not there."))
        return []
    if not has_text_values(selection, metric.name):
        st.info(plain(f"{metric.label} is a value of all texts together; no single text has one."))
        return []
    predictions = run.predictions
    if predictions is not None:
        predictions = predictions[predictions["split"].astype(str) == split]
    ids = None if predictions is None else frozenset(predictions["text_id"].astype(str))
    found = values_of(str(path), stamp(run.folder), method, layer, split, ids)
    values = found[asked["unit"], asked["universe"]]
    own = None if predictions is None else predictions[predictions["method"].astype(str) == method]
    frame = texts_behind(values, selection, metric.name, own)
    lost = without_value(values, selection, metric.name)
    said = f"{len(frame)} texts with a value, their mean {frame['value'].mean():.3f}."
    if lost:
        said += f" Not measured for {lost} more: of one class only ({metric.one_class})."
    if scorer == "random":
        said += " The score table holds one draw; the curve is the mean over several."
    st.text(said)
    st.plotly_chart(
        draw_values(frame["value"], metric.label, dark=is_dark()), theme=None, key="values-chart"
    )
    worst = frame.head(SHOWN)
    texts = openings(path, list(worst["text_id"]))
    links = [
        "/token_flow?" + urlencode({"run": run_name(run), "split": split, "text": text_id})
        for text_id in worst["text_id"]
    ]
    st.text(f"Worst first{'' if len(frame) <= SHOWN else f', the first {SHOWN}'}; the CSV file has all.")
    st.dataframe(
        worst.assign(flow=links, text=[texts.get(t, "") for t in worst["text_id"]]).rename(
            columns={"value": metric.label}
        ),
        hide_index=True, width="stretch", alt="Texts behind the point, worst first",
        column_order=["flow", metric.label, "label", "predicted", "text", *worst.columns[4:], "text_id"],
        column_config={"flow": st.column_config.LinkColumn("tokens", display_text="open", width="small")},
    )  # fmt: skip
    caption = f"{metric.label} of each text: {words(scorer, method)}, layer {layer}, split {split}."
    return [View("texts-behind", caption, frame)]


def show_tables(run: RunData, split: str, asked: dict[str, str]) -> list[View]:
    """One of the run's other agreement tables, or why it is not there."""
    st.subheader("Tables")
    name = choice(
        "Table", list(TABLES), key="table", format=lambda n: TABLES[n].title,
        help="Rows of the chosen split, unit and windows; in full in the CSV file.",
    )  # fmt: skip
    st.caption(plain(TABLES[name].caption))
    frame = extra_table(run, name, split, asked["unit"], asked["universe"])
    if frame is None:
        st.info(plain(f"Not measured: {TABLES[name].absent}"))
        return []
    st.dataframe(frame, hide_index=True, width="stretch", alt=TABLES[name].title)
    return [View(name, TABLES[name].caption, frame)]


run = chosen_run()
whole = run.metrics.get("plausibility")
if whole is None or whole.empty:
    empty("Not measured: this run has no metrics/plausibility, because its texts have no rationales or the "
          "evaluation has not run; `workbench evaluate` makes it.")  # fmt: skip
split = choice(
    "Split", list(whole["split"].astype(str).unique()), key="split", default=run.split,
    help="The texts that are measured.",
)  # fmt: skip
table = whole[whole["split"].astype(str) == split]
asked = choose(table)
frame = layer_frame(table, **asked)
st.caption(plain(rationale_sentence(run.config)))
point_place = st.container()
with st.container():
    point = choose_point(frame)
with point_place:
    st.plotly_chart(
        draw_layers(frame, dark=is_dark(), chosen=point), theme=None, key="layers-chart",
        on_select=take_point, selection_mode="points", width="stretch",
    )  # fmt: skip
    for sentence in not_measured(table, frame, asked["selection"]):
        st.text(sentence)
caption = (
    f"{METRICS[asked['metric']].label} by layer, split {split}, unit {asked['unit']}, windows "
    f"{asked['universe']}, selection {asked['selection']}; means over texts with 95 % bootstrap intervals."
)
st.caption(plain(caption))
views = [
    View(
        "agreement",
        caption,
        frame,
        figure=lambda: draw_layers(frame),
        printed=lambda: draw_metric(frame),
    )
]
views += show_texts(run, split, asked, point)
views += show_tables(run, split, asked)
offer_downloads(*views, title="Rationale agreement")
