"""Scorers: one text under any scorers and layers, against each other and against the human rationale."""

from dataclasses import replace

import pandas as pd
import streamlit as st
from choices import choice, several, slider
from screen import offer_downloads
from shared import chosen_run, empty, is_dark, plain

from workbench.records import TokenScores
from workbench.reporting.run_data import CONTROLS, RunData
from workbench.reporting.screen.heat import draw_heat, heading, heat_frame, ranked_words, sign_of
from workbench.reporting.screen.pairs import draw_pairs, pair_frame, sizes_of
from workbench.viewing.catalogue import stamp
from workbench.viewing.export import View
from workbench.viewing.one_text import against_rationale, ranking_table
from workbench.viewing.score_rows import ATTRIBUTED, score_tables, text_ids, text_records

MOST = 6


@st.cache_resource(max_entries=8, show_spinner="Reading the texts of the score tables …")
def ids_of(paths: tuple[str, ...], stamps: tuple[object, ...]) -> list[str]:
    """Ids of all texts that any of the tables has, in order."""
    return list(dict.fromkeys(text_id for path in paths for text_id in text_ids(path)))


@st.cache_resource(max_entries=32, show_spinner="Reading the scores of the text …")
def records_of(path: str, stamps: tuple[object, ...], text_id: str) -> list[TokenScores]:
    return text_records(path, text_id)


def choose_text(run: RunData, tables: dict[str, str]) -> str:
    """The text, from those of the score tables."""
    ids = ids_of(tuple(tables.values()), stamp(run.folder))
    if not ids:
        empty("The score tables of this run hold no text.")
    return choice("Text", ids, key="text", help="Its id in the data; Token flow shows the same text.")


def told_of(run: RunData, text_id: str) -> str:
    """Label and predictions of the text, as far as the run has them."""
    rows = run.predictions
    rows = None if rows is None else rows[rows["text_id"].astype(str) == text_id]
    if rows is None or rows.empty:
        return "Label and predictions: not measured, the run's predictions do not hold this text."
    said = "; ".join(
        f"{m} predicts {p}" for m, p in rows[["method", "predicted"]].itertuples(index=False)
    )
    return f"Split {rows['split'].iloc[0]}, label {rows['label'].iloc[0]}; {said}."


def heat_maps(records: list[TokenScores], explains: dict[str, str], unit: str) -> list[View]:
    """A heat map per scorer, with what it explains and how its signs are to be read."""
    deepest = max(record.layers for record in records)
    columns = st.columns([3, 2, 2])
    with columns[0]:
        layers = several(
            "Layers", list(range(deepest)), key="layers", default=list(range(deepest)),
            help="Rows of the maps; row l speaks of the entry of layer l (attention: of the layer itself).",
        )  # fmt: skip
    with columns[1]:
        scale = choice(
            "Colours", ["by layer", "whole map"], key="colours",
            help="by layer: each layer's largest score has the full colour. whole map: one scale for all.",
        )  # fmt: skip
    with columns[2]:
        line = slider("Units per line", 10, 60, key="line", default=30, help="Where the text is broken.")
    views = []
    for record in records:
        st.subheader(plain(heading(record)))
        known = explains.get(record.scorer, "")
        target = record.target or known or "not recorded"
        sign = sign_of(record, known)
        st.text(f"Explains: {target}. Scores: {sign}.")
        for warning in record.warnings:
            st.text(f"Warning: {warning}.")
        frame = heat_frame(record, unit)
        chosen = [layer for layer in layers if layer < record.layers]
        if not chosen:
            st.info("No layer is chosen that this scorer has.")
            continue
        figure = draw_heat(
            frame, sign=sign, layers=chosen, per_layer=scale == "by layer", line=line, dark=is_dark()
        )
        st.plotly_chart(figure, theme=None, key=f"heat-{record.scorer}-{record.method}")
        caption = f"{heading(record)}, text {record.text_id}, unit {unit}: {target}; {sign}."
        views.append(
            View(f"heat-{record.scorer}".replace("/", "-"), caption, frame, figure=lambda f=figure: f)
        )
    return views


def side_by_side(records: list[TokenScores], unit: str) -> list[View]:
    """Ranked words, agreement with the rationale, and agreement between the scorers, in one layer."""
    deepest = max(record.layers for record in records)
    st.subheader("One layer, side by side")
    columns = st.columns(2)
    with columns[0]:
        layer = choice("Layer", list(range(deepest)), key="layer", help="Layers count from 0.")
    with columns[1]:
        metric = choice(
            "Correlation", ["spearman", "kendall"], key="correlation",
            help="Spearman's rho: of the ranks. Kendall's tau-b: of the order of all pairs.",
        )  # fmt: skip
    ranked = {heading(r): ranked_words(heat_frame(r, unit), layer) for r in records if layer < r.layers}
    words = ranking_table(ranked)
    st.text(f"{unit.capitalize()}s by score in layer {layer}; ● human rationale.")
    st.dataframe(words, hide_index=True, width="stretch", alt="Units by score")
    views = [View("ranked", f"{unit}s by score, layer {layer}", words)]
    st.text("Against the human rationale, this text alone:")
    rows = []
    for record in records:
        found = against_rationale(sizes_of(record), unit)
        rows.append(found[found["layer"] == layer].assign(scorer=heading(record)))
    table = pd.concat(rows, ignore_index=True)
    if table.empty:
        st.info("Not measured: nobody annotated this text.")
    else:
        table = table[["scorer", *table.columns[:-1]]]
        st.dataframe(table, hide_index=True, width="stretch", alt="Agreement with the rationale")
        st.caption(plain("Empty: not measured (a silent layer, a model that drops nothing, a text of one class). "
                         "Signed scores count by their size."))  # fmt: skip
        views.append(View("against-rationale", f"Measures of this text, layer {layer}", table))
    if len(records) > 1:
        st.text(
            f"Agreement between scorers in layer {layer}: {metric}, by the size of scores; dropped units tie last."
        )
        pairs = pair_frame(records, layer, unit, metric)
        who = [(record.scorer, record.method) for record in records]
        figure = draw_pairs(pairs, who, metric, dark=is_dark())
        st.plotly_chart(figure, theme=None, key="pairs-chart")
        views.append(
            View("pairs", f"{metric} between scorers, layer {layer}", pairs, figure=lambda: figure)
        )
    return views


run = chosen_run()
paths = {name: str(path) for name, path in score_tables(run).items()}
if not paths:
    empty(
        "Not measured: this run has no score tables; `workbench evaluate` or `workbench attribute` makes them."
    )
text_id = choose_text(run, paths)
st.text(told_of(run, text_id))
columns = st.columns([3, 1])
informed = [name for name in paths if name not in CONTROLS]
with columns[0]:
    names = several(
        "Scorers", list(paths), key="scorers", default=informed[:3], most=MOST,
        help=f"Up to {MOST}; names with {ATTRIBUTED} were made by `workbench attribute`.",
    )  # fmt: skip
with columns[1]:
    unit = choice(
        "Unit", ["word", "token"], key="unit", help="A word has the highest score of its tokens."
    )
if not names:
    empty("Choose a scorer.")
records: list[TokenScores] = []
for name in names:
    found = records_of(paths[name], stamp(run.folder), text_id)
    if not found:
        st.info(plain(f"{name}: not measured, its table does not hold this text."))
    records += [replace(record, scorer=name) for record in found]
if records:
    windows = sorted({record.window for record in records})
    window = windows[0]
    if len(windows) > 1:
        window = choice(
            "Window", windows, key="window", help="A long text is scored in windows, from 0 on."
        )
    records = [record for record in records if record.window == window]
    explains = run.about.get("explains")
    views = heat_maps(records, explains if isinstance(explains, dict) else {}, unit)
    views += side_by_side(records, unit)
    offer_downloads(*views, title="Scorers")
