"""Scorers: one text under any scorers and layers, against each other and the human rationale."""

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from app.choices import choice, several, slider
from app.data.downloads import View
from app.data.one_text import against_rationale, ranking_table
from app.data.texts import in_words
from app.figures.heatmap import draw_heat, heat_frame, ranked_words, sign_of
from app.figures.pairs import draw_pairs, pair_frame, sizes_of
from app.pick_text import attributed_tables, picked_text, score_tables
from app.screen import offer_downloads
from app.shared import chosen_run, empty, is_dark, plain
from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.catalog.scorers import CONTROLS
from workbench.core.token_scores import TokenScores
from workbench.reporting.figures.heatmap import draw_heat as print_heat
from workbench.reporting.figures.heatmap import draw_pairs as print_pairs
from workbench.reporting.text.wording import method_name, scorer_name, scorer_on_model
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import RunData

MOST = 6
LEGEND = (
    "Orange frame: human rationale. Small cross: dropped before this layer, so there is no score (which "
    "is not a score of 0). Cross on a colour: dropped in this layer. Bar: the scorer says nothing about "
    "the layer. [CLS] and [SEP] are left out, as in the evaluation."
)


def who(record: TokenScores) -> str:
    return scorer_on_model(record.scorer, record.method)


def told_of(run: RunData, text_id: str) -> str:
    """Label and predictions of the text, as far as the run has them."""
    rows = run.predictions
    rows = None if rows is None else rows[rows["text_id"].astype(str) == text_id]
    if rows is None or rows.empty:
        return "Label and predictions: not measured, the run's predictions do not hold this text."
    pairs = zip(rows["method"], in_words(rows["predicted"]), strict=True)
    said = "; ".join(f"{method_name(method)} predicts {predicted}" for method, predicted in pairs)
    return f"Split {rows['split'].iloc[0]}, label {in_words(rows['label'])[0]}; {said}."


def heat_maps(records: list[TokenScores], explains: dict[str, str], unit: str) -> list[View]:
    """A heat map per scorer, with what it explains and how its signs are to be read."""
    deepest = list(range(max(record.layers for record in records)))
    places = st.columns([3, 2, 2])
    with places[0]:
        layers = several(
            "Layers", deepest, key="layers", default=deepest,
            help="Rows of the maps: the entry of each layer (attention: the layer itself).",
        )  # fmt: skip
    with places[1]:
        scale = choice(
            "Colours", ["by layer", "whole map"], key="colours",
            help="Which score has the full colour: each layer's largest, or the map's.",
        )  # fmt: skip
    with places[2]:
        line = slider("Units per line", 10, 60, key="line", default=30, help="Where the text is broken.")
    st.caption(plain(LEGEND))
    views = []
    for record in records:
        known = explains.get(record.scorer, "")
        target, sign = record.target or known or "not recorded", sign_of(record, known)
        st.subheader(plain(who(record)))
        st.text(f"Explains: {target}. Scores: {sign}.")
        for warning in record.warnings:
            st.text(f"Warning: {warning}.")
        frame = heat_frame(record, unit)
        chosen = [layer for layer in layers if layer < record.layers]
        if not chosen:
            st.info("No layer is chosen that this scorer has.")
            continue
        how = {"sign": sign, "layers": chosen, "per_layer": scale == "by layer", "line": line}
        draw, printed = (partial(drawn, frame, **how) for drawn in (draw_heat, print_heat))
        name = f"heat-{record.scorer}-{record.method}".replace("/", "-")
        caption = f"{who(record)}, text {record.text_id}, unit {unit}: {target}; {sign}."
        st.plotly_chart(draw(dark=is_dark()), theme=None, key=name, alt=caption)
        views.append(View(name, caption, frame, figure=draw, printed=printed))
    return views


def words_by_rank(records: list[TokenScores], unit: str, layer: int) -> list[View]:
    """The words of one layer by score, and how they agree with the human rationale."""
    here = [record for record in records if layer < record.layers]
    table = ranking_table({who(r): ranked_words(heat_frame(r, unit), layer) for r in here})
    st.text(f"{unit.capitalize()}s by score in layer {layer}; ● human rationale.")
    st.dataframe(
        table, hide_index=True, width="stretch", alt=f"{unit}s by score",
        column_config={"rank": st.column_config.NumberColumn(width=50)},
    )  # fmt: skip
    st.text("Against the human rationale, this text alone:")
    found = [against_rationale(sizes_of(record), unit).assign(scorer=who(record)) for record in here]
    measured = pd.concat(found, ignore_index=True).query("layer == @layer")
    views = [View("ranked", f"{unit}s by score, layer {layer}", table)]
    if measured.empty:
        st.info("Not measured: nobody annotated this text.")
        return views
    measured = measured[["scorer", *measured.columns.drop(["scorer", "layer"])]]
    numbers = dict.fromkeys(measured.columns[1:], st.column_config.NumberColumn(format="%.3f"))
    st.dataframe(
        measured, hide_index=True, width="stretch", alt="Agreement with the rationale",
        column_config=numbers,
    )  # fmt: skip
    st.caption("None: not measured (a silent layer, a model that drops nothing, a text of one class). "
               "Signed scores count by their size.")  # fmt: skip
    return [*views, View("against-rationale", f"Measures of this text, layer {layer}", measured)]


def agreement(records: list[TokenScores], unit: str, layer: int) -> list[View]:
    """How much the scorers agree with each other in one layer."""
    metric = choice(
        "Agreement between scorers", ["spearman", "kendall"], key="correlation",
        help="Spearman's rho: of the ranks. Kendall's tau-b: of the order of all pairs. Sizes of scores "
        "count; dropped units are tied last.",
    )  # fmt: skip
    frame = pair_frame(records, layer, unit, metric)
    whose = [(r.scorer, r.method) for r in records]
    draw, printed = (partial(drawn, frame, whose, metric) for drawn in (draw_pairs, print_pairs))
    caption = (
        f"{metric} between scorers, layer {layer}, unit {unit}; –: no correlation, as in a silent layer."
    )
    st.plotly_chart(draw(dark=is_dark()), theme=None, key="pairs-chart", alt=caption)
    st.caption(plain(caption))
    return [View("agreement-between-scorers", caption, frame, figure=draw, printed=printed)]


def records_under(tables: dict[str, ScoreTable], names: list[str], text_id: str) -> list[TokenScores]:
    """The records of the text in each table; a table without it is told."""
    records: list[TokenScores] = []
    for name in names:
        if text_id in tables[name]:
            records += [replace(record, scorer=name) for record in tables[name].records(text_id)]
        else:
            st.info(plain(f"{name}: not measured, its table does not hold this text."))
    return records


def chosen_text(run: RunData, own: dict[str, ScoreTable], more: dict[str, ScoreTable]) -> str:
    """A text of the run, or one that `workbench attribute` scored."""
    origin = "the run"
    if more:
        origin = choice(
            "Texts of", ["the run", "workbench attribute"], key="texts",
            help="workbench attribute may have scored other texts than the run holds.",
        )  # fmt: skip
    if origin == "the run" and run.predicted is not None:
        methods = ordered(run.predicted["method"], METHODS)
        return str(picked_text(run, own, methods[0])["text_id"])
    tables = own if origin == "the run" else more
    ids = list(dict.fromkeys(text_id for table in tables.values() for text_id in table.text_ids))
    if not ids:
        empty("The score tables of this run hold no text.")
    return choice("Text", ids, key="text", help="Its id; Token flow shows the same text.")


run = chosen_run()
own, more = score_tables(run), attributed_tables(run)
tables = own | more
if not tables:
    empty("Not measured: this run has no score tables; `workbench evaluate` or `attribute` makes them.")
text_id = chosen_text(run, own, more)
st.text(told_of(run, text_id))
places = st.columns([3, 1])
with places[0]:
    names = several(
        "Scorers", list(tables), key="scorers", most=MOST, format=scorer_name,
        default=[name for name in tables if name not in CONTROLS and text_id in tables[name]][:3],
        help=f"Up to {MOST}; names with attribute/ were made by `workbench attribute`.",
    )  # fmt: skip
with places[1]:
    unit = choice("Unit", ["word", "token"], key="unit", help="A word has its best token's score.")
if not names:
    empty("Choose a scorer.")
records = records_under(tables, names, text_id)
if not records:
    empty("None of the chosen scorers has scored this text.")
windows = sorted({record.window for record in records})
window = windows[0]
if len(windows) > 1:
    window = choice("Window", windows, key="window", help="A long text is scored in windows, from 0 on.")
records = [record for record in records if record.window == window]
explains = run.about.get("explains")
views = heat_maps(records, explains if isinstance(explains, dict) else {}, unit)
st.subheader("One layer, side by side")
layers = list(range(max(record.layers for record in records)))
layer = choice("Layer", layers, key="layer", help="Layers count from 0.")
views += words_by_rank(records, unit, layer)
if len(records) > 1:
    views += agreement(records, unit, layer)
offer_downloads(*views, title="Scorers")
