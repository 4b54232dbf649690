"""Rationale agreement: metrics by layer with intervals and controls, and the texts behind a point."""

from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from app.choices import choice
from app.data.downloads import View
from app.data.plausibility import (
    TABLES,
    absence,
    extra_table,
    has_text_values,
    not_measured,
    texts_behind,
    without_value,
)
from app.data.texts import snippet
from app.figures.charts import metric_chart, spread_chart, spread_frame
from app.figures.drawing import on_screen
from app.pick_text import score_tables, values_by_text
from app.screen import offer_downloads, show_figure, show_table, three_digits
from app.shared import chosen_run, empty, is_dark, plain, run_name
from workbench.metrics.registry import METRICS
from workbench.reporting.figures.plausibility import layer_frame
from workbench.reporting.text.wording import rationale_sentence, scorer_on_model
from workbench.runs.tables import RunData

SHOWN = 100
WINDOWS = {"with-evidence": "with evidence", "all": "all annotated"}
SELECTIONS = {"none": "none (ranking)", "uniform": "uniform (score ≥ 1/n)", "kept": "kept by the model"}


def _take_point() -> None:
    """A click on the chart becomes the choice below it."""
    for point in st.session_state["layers-chart"].selection.points[:1]:
        scorer, method, layer = point["customdata"][:3]
        st.session_state["point"] = f"{scorer} {method}"
        st.session_state["layer"] = int(layer)


def _choose(table: pd.DataFrame) -> dict[str, str]:
    """Let the reader choose unit, window set, metric and selection; only what the run has."""
    above, below = st.columns(2), st.columns(2)
    help = "token: a sub-word token has its word's mark. word: a word has its best token's score."
    unit = choice("Unit", list(table["unit"].unique()), key="unit", help=help, at=above[0])
    window_set = choice(
        "Windows", list(table["universe"].unique()), key="universe", at=above[1],
        format=lambda name: WINDOWS.get(name, name),
        help="Which windows count: those that hold a rationale token (AdapLeR's protocol), or every "
        "annotated one. Values of the two do not compare.",
    )  # fmt: skip
    rows = table[(table["unit"] == unit) & (table["universe"] == window_set)]
    metrics = [name for name in METRICS if (rows["metric"] == name).any()]
    metric = choice(
        "Metric", metrics, key="metric", at=below[0], format=lambda name: METRICS[name].label,
        help="How scores and human rationale are compared.",
    )  # fmt: skip
    selections = list(rows.loc[rows["metric"] == metric, "selection"].unique())
    selection = choice(
        "Selection", selections, key="selection", at=below[1],
        format=lambda name: SELECTIONS.get(name, name),
        help="Which units count as chosen. uniform: a score reaches 1/n once they sum to 1. kept: "
        "the pruned model passed the unit on. Metrics of a ranking need none.",
    )  # fmt: skip
    return {"unit": unit, "universe": window_set, "selection": selection, "metric": metric}


def _choose_point(frame: pd.DataFrame) -> tuple[str, str, int]:
    """Let the reader choose scorer, model and layer, by keyboard or as clicked."""
    pairs = {f"{s} {m}": (s, m) for s, m in frame[["scorer", "method"]].itertuples(index=False)}
    left, right = st.columns(2)
    scorer, method = pairs[
        choice(
            "Scorer", list(pairs), key="point", format=lambda name: scorer_on_model(*pairs[name]),
            help="The curve whose texts are listed below; a click on a point chooses it as well.",
            at=left,
        )
    ]  # fmt: skip
    layers = frame.loc[(frame["scorer"] == scorer) & (frame["method"] == method), "layer"].astype(int)
    layer = choice("Layer", layers.tolist(), key="layer", help="Layers count from 0.", at=right)
    return scorer, method, layer


def _show_texts(
    run: RunData, split: str, chosen: dict[str, str], point: tuple[str, str, int]
) -> list[View]:
    """Show the texts behind one point (scorer, method, layer), worst first."""
    scorer, method, layer = point
    metric, selection = METRICS[chosen["metric"]], chosen["selection"]
    name = scorer_on_model(scorer, method)
    st.subheader(plain(f"Texts behind {name}, layer {layer}"))
    scores = score_tables(run).get(scorer)
    if scores is None:
        st.info(plain(f"Not measured text by text: scores/{scorer}.parquet is not there."))
        return []
    if not has_text_values(selection, metric.name):
        st.info(plain(f"{metric.label} is a value of all texts together; no single text has one."))
        return []
    every = values_by_text(run, scores, method, layer, split, chosen["unit"])
    values = every[chosen["unit"], chosen["universe"]]
    rows = run.predictions
    if rows is not None:
        rows = rows[(rows["split"].astype(str) == split) & (rows["method"].astype(str) == method)]
    frame = texts_behind(values, selection, metric.name, rows)
    mean = frame["value"].mean()
    about = f"{len(frame)} texts with a value, their mean {mean:.3f}."
    if lost := without_value(values, selection, metric.name):
        about += f" Not measured for {lost} more: of one class only ({metric.one_class})."
    if scorer == "random":
        about += " The score table holds one draw; the curve is the mean over several."
    st.text(about)
    caption = f"{metric.label} of each text: {name}, layer {layer}, split {split}."
    spread = spread_frame(frame["value"])
    figure = spread_chart(spread, mean, metric.label)
    histogram = View("spread-of-texts", f"Texts by value. {caption}", spread, figure=figure)
    show_figure(histogram, captioned=False)
    worst = frame.head(SHOWN)
    begins = {name: snippet(tokens, 200) for name, tokens in scores.beginnings(worst["text_id"]).items()}
    place = {"run": run_name(run), "split": split}
    links = ["/token_flow?" + urlencode(place | {"text": text_id}) for text_id in worst["text_id"]]
    st.text(f"Worst first{'' if len(frame) <= SHOWN else f', the first {SHOWN}'}; the CSV file has all.")
    named = worst.rename(columns={"value": metric.label})
    context = named.columns[named.columns.get_loc(metric.label) + 1 :]
    link = st.column_config.LinkColumn("tokens", display_text="open", width=60)
    show_table(
        named.assign(flow=links, text=worst["text_id"].map(begins)),
        "Texts behind the point, worst first",
        column_order=["flow", metric.label, "label", "predicted", "text", *context, "text_id"],
        column_config=three_digits(list(named.select_dtypes("number"))) | {"flow": link},
    )
    return [View("texts-behind", caption, frame), histogram]


def _show_extra_table(run: RunData, split: str, chosen: dict[str, str]) -> list[View]:
    """Show one of the run's other plausibility tables, or why it is not there."""
    st.subheader("Tables")
    help = "Rows of the chosen split, unit and windows; in full in the CSV file."
    name = choice("Table", list(TABLES), key="table", format=lambda name: TABLES[name][0], help=help)
    title, caption = TABLES[name]
    st.caption(plain(caption))
    frame = extra_table(run, name, split, chosen["unit"], chosen["universe"])
    if frame is None:
        st.info(plain(f"Not measured: {absence(name)}"))
        return []
    show_table(frame, title)
    return [View(name, caption, frame)]


run = chosen_run()
whole = run.metrics.get("plausibility")
if whole is None or whole.empty:
    empty("Not measured: this run has no metrics/plausibility, because its texts have no rationales or "
          "the evaluation has not run; `workbench evaluate` makes it.")  # fmt: skip
splits = list(whole["split"].astype(str).unique())
split = choice("Split", splits, key="split", default=run.split, help="The texts that are measured.")
table = whole[whole["split"].astype(str) == split]
chosen = _choose(table)
measure = (chosen["selection"], chosen["metric"])
frame = layer_frame(table, [measure], unit=chosen["unit"], window_set=chosen["universe"])
st.caption(plain(rationale_sentence(run.config)))
above = st.container()
point = _choose_point(frame)
caption = (
    f"{METRICS[chosen['metric']].label} by layer, split {split}, unit {chosen['unit']}, windows "
    f"{chosen['universe']}, selection {chosen['selection']}; means over texts, 95 % bootstrap intervals."
)
people = run.rows("human_bound", split)
if people is not None:
    caption += " Dashed: annotators, each against the others."
with above:
    st.plotly_chart(
        on_screen(metric_chart(frame, point, people), dark=is_dark()), theme=None, key="layers-chart",
        alt=caption, on_select=_take_point, selection_mode="points",
    )  # fmt: skip
    st.caption(plain(caption))
    for sentence in not_measured(table, frame, chosen["selection"]):
        st.text(sentence)
views = [View("agreement", caption, frame, figure=metric_chart(frame, people=people))]
views += _show_texts(run, split, chosen, point)
views += _show_extra_table(run, split, chosen)
offer_downloads(*views, title="Rationale agreement")
