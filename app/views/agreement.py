"""Rationale agreement: metrics by layer with intervals and controls, and the texts behind a point."""

from functools import partial
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from app.choices import choice
from app.data.catalogue import stamp
from app.data.downloads import View
from app.data.scorer_agreement import TABLES, extra_table
from app.data.texts import snippet
from app.data.texts_behind_point import has_text_values, layer_values, texts_behind, without_value
from app.figures.agreement import draw_layers, draw_spread, layer_frame, not_measured
from app.pick_text import score_tables
from app.screen import offer_downloads
from app.shared import chosen_run, empty, is_dark, plain, run_name
from workbench.metrics.registry import METRICS
from workbench.reporting.figures.plausibility import draw_metric, spread_frame
from workbench.reporting.figures.plausibility import draw_spread as print_spread
from workbench.reporting.text.wording import rationale_sentence, scorer_on_model
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import RunData

SHOWN = 100
WINDOWS = {"with-evidence": "with evidence", "all": "all annotated"}
SELECTIONS = {"none": "none (ranking)", "uniform": "uniform (score ≥ 1/n)", "kept": "kept by the model"}


@st.cache_resource(max_entries=16, show_spinner="Reading the scores of this layer …")
def values_of(
    path: str,
    stamps: object,
    method: str,
    layer: int,
    split: str,
    _table: ScoreTable,
    _ids: frozenset[str] | None,
) -> dict[tuple[str, str], pd.DataFrame]:
    return layer_values(_table, method, layer, _ids)  # fmt: skip


def take_point() -> None:
    """A click on the chart becomes the choice below it."""
    for point in st.session_state["layers-chart"].selection.points[:1]:
        scorer, method, layer = point["customdata"][:3]
        st.session_state["point"] = f"{scorer} {method}"
        st.session_state["layer"] = int(layer)


def choose(table: pd.DataFrame) -> dict[str, str]:
    """Unit, universe, metric and selection; only what the run has."""
    places = [*st.columns(2), *st.columns(2)]
    with places[0]:
        unit = choice(
            "Unit", list(table["unit"].unique()), key="unit",
            help="token: a sub-word token has its word's mark. word: a word has its best token's score.",
        )  # fmt: skip
    with places[1]:
        universe = choice(
            "Windows", list(table["universe"].unique()), key="universe",
            format=lambda name: WINDOWS.get(name, name),
            help="Which windows count: those that hold a rationale token (AdapLeR's protocol), or every "
            "annotated one. Values of the two do not compare.",
        )  # fmt: skip
    here = table[(table["unit"] == unit) & (table["universe"] == universe)]
    with places[2]:
        metric = choice(
            "Metric", [name for name in METRICS if (here["metric"] == name).any()], key="metric",
            format=lambda name: METRICS[name].label, help="How scores and human rationale are compared.",
        )  # fmt: skip
    with places[3]:
        selection = choice(
            "Selection", list(here.loc[here["metric"] == metric, "selection"].unique()), key="selection",
            format=lambda name: SELECTIONS.get(name, name),
            help="Which units count as chosen. uniform: a score reaches 1/n once they sum to 1. kept: "
            "the pruned model passed the unit on. Metrics of a ranking need none.",
        )  # fmt: skip
    return {"unit": unit, "universe": universe, "selection": selection, "metric": metric}


def choose_point(frame: pd.DataFrame) -> tuple[str, str, int]:
    """Scorer, model and layer, by keyboard or as clicked."""
    pairs = {f"{s} {m}": (s, m) for s, m in frame[["scorer", "method"]].itertuples(index=False)}
    places = st.columns(2)
    with places[0]:
        name = choice(
            "Scorer", list(pairs), key="point", format=lambda name: scorer_on_model(*pairs[name]),
            help="The curve whose texts are listed below; a click on a point chooses it as well.",
        )  # fmt: skip
    scorer, method = pairs[name]
    layers = frame.loc[(frame["scorer"] == scorer) & (frame["method"] == method), "layer"]
    with places[1]:
        layer = choice("Layer", [int(k) for k in layers], key="layer", help="Layers count from 0.")
    return scorer, method, layer


def show_texts(
    run: RunData, split: str, asked: dict[str, str], point: tuple[str, str, int]
) -> list[View]:
    """The texts behind one point, worst first."""
    scorer, method, layer = point
    metric, selection = METRICS[asked["metric"]], asked["selection"]
    who = scorer_on_model(scorer, method)
    st.subheader(plain(f"Texts behind {who}, layer {layer}"))
    scores = score_tables(run).get(scorer)
    if scores is None:
        st.info(plain(f"Not measured text by text: scores/{scorer}.parquet is not there."))
        return []
    if not has_text_values(selection, metric.name):
        st.info(plain(f"{metric.label} is a value of all texts together; no single text has one."))
        return []
    rows = run.predictions
    rows = None if rows is None else rows[rows["split"].astype(str) == split]
    ids = None if rows is None else frozenset(rows["text_id"].astype(str))
    found = values_of(str(scores.path), stamp(run.folder), method, layer, split, scores, ids)
    values = found[asked["unit"], asked["universe"]]
    own = None if rows is None else rows[rows["method"].astype(str) == method]
    frame = texts_behind(values, selection, metric.name, own)
    said = f"{len(frame)} texts with a value, their mean {frame['value'].mean():.3f}."
    if lost := without_value(values, selection, metric.name):
        said += f" Not measured for {lost} more: of one class only ({metric.one_class})."
    if scorer == "random":
        said += " The score table holds one draw; the curve is the mean over several."
    st.text(said)
    spread = spread_frame(frame["value"]), frame["value"].mean(), metric.label
    caption = f"{metric.label} of each text: {who}, layer {layer}, split {split}."
    figure = draw_spread(*spread, dark=is_dark())
    st.plotly_chart(figure, theme=None, key="values-chart", alt=caption)
    worst = frame.head(SHOWN)
    begins = {name: snippet(tokens, 200) for name, tokens in scores.beginnings(worst["text_id"]).items()}
    where = {"run": run_name(run), "split": split}
    links = ["/token_flow?" + urlencode(where | {"text": text_id}) for text_id in worst["text_id"]]
    st.text(f"Worst first{'' if len(frame) <= SHOWN else f', the first {SHOWN}'}; the CSV file has all.")
    named = worst.rename(columns={"value": metric.label})
    numbers = list(named.select_dtypes("number"))
    beside = named.columns[named.columns.get_loc(metric.label) + 1 :]
    three = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        named.assign(flow=links, text=worst["text_id"].map(begins)),
        hide_index=True, width="stretch", alt="Texts behind the point, worst first",
        column_order=["flow", metric.label, "label", "predicted", "text", *beside, "text_id"],
        column_config=dict.fromkeys(numbers, three) | {
            "flow": st.column_config.LinkColumn("tokens", display_text="open", width=60)
        },
    )  # fmt: skip
    draws = partial(draw_spread, *spread), partial(print_spread, *spread)
    bins = View("spread-of-texts", f"Texts by value. {caption}", spread[0], None, *draws)
    return [View("texts-behind", caption, frame), bins]


def show_tables(run: RunData, split: str, asked: dict[str, str]) -> list[View]:
    """One of the run's other agreement tables, or why it is not there."""
    st.subheader("Tables")
    name = choice(
        "Table", list(TABLES), key="table", format=lambda name: TABLES[name].title,
        help="Rows of the chosen split, unit and windows; in full in the CSV file.",
    )  # fmt: skip
    told = TABLES[name]
    st.caption(plain(told.caption))
    frame = extra_table(run, name, split, asked["unit"], asked["universe"])
    if frame is None:
        st.info(plain(f"Not measured: {told.absent}"))
        return []
    st.dataframe(frame, hide_index=True, width="stretch", alt=told.title)
    return [View(name, told.caption, frame)]


run = chosen_run()
whole = run.metrics.get("plausibility")
if whole is None or whole.empty:
    empty("Not measured: this run has no metrics/plausibility, because its texts have no rationales or "
          "the evaluation has not run; `workbench evaluate` makes it.")  # fmt: skip
splits = list(whole["split"].astype(str).unique())
split = choice("Split", splits, key="split", default=run.split, help="The texts that are measured.")
table = whole[whole["split"].astype(str) == split]
asked = choose(table)
frame = layer_frame(table, **asked)
st.caption(plain(rationale_sentence(run.config)))
above = st.container()
point = choose_point(frame)
caption = (
    f"{METRICS[asked['metric']].label} by layer, split {split}, unit {asked['unit']}, windows "
    f"{asked['universe']}, selection {asked['selection']}; means over texts, 95 % bootstrap intervals."
)
with above:
    st.plotly_chart(
        draw_layers(frame, dark=is_dark(), chosen=point), theme=None, key="layers-chart", alt=caption,
        on_select=take_point, selection_mode="points",
    )  # fmt: skip
    st.caption(plain(caption))
    for sentence in not_measured(table, frame, asked["selection"]):
        st.text(sentence)
draws = partial(draw_layers, frame), partial(draw_metric, frame)
views = [View("agreement", caption, frame, None, *draws)]
views += show_texts(run, split, asked, point)
views += show_tables(run, split, asked)
offer_downloads(*views, title="Rationale agreement")
