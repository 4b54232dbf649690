"""Scorers: one text under any scorers and layers, against each other and the human rationale."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from app.choices import choice, several, slider
from app.data.downloads import View
from app.data.one_text import (
    against_rationale,
    heat_frame,
    pair_frame,
    ranked_words,
    ranking_table,
    sign_of,
    sizes_of,
)
from app.data.texts import in_words
from app.figures.heatmap import heat_map, pair_map
from app.pick_text import attributed_tables, picked_text, score_tables
from app.screen import offer_downloads, show_figure, show_table, three_digits
from app.shared import chosen_run, empty, plain
from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.catalog.scorers import CONTROLS
from workbench.core.token_scores import TokenScores
from workbench.reporting.text.wording import method_name, scorer_name, scorer_on_model
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import RunData

MOST = 6
LEGEND = (
    "Orange frame: human rationale. Small cross: dropped before this layer, so there is no score (which "
    "is not a score of 0). Cross on a colour: dropped in this layer. Bar: the scorer says nothing about "
    "the layer. [CLS] and [SEP] are left out, as in the evaluation."
)


def _title(record: TokenScores) -> str:
    return scorer_on_model(record.scorer, record.method)


def _about_text(run: RunData, text_id: str) -> str:
    """Return label and predictions of the text, as far as the run has them."""
    rows = run.predictions
    rows = None if rows is None else rows[rows["text_id"].astype(str) == text_id]
    if rows is None or rows.empty:
        return "Label and predictions: not measured, the run's predictions do not hold this text."
    pairs = zip(rows["method"], in_words(rows["predicted"]), strict=True)
    predictions = "; ".join(f"{method_name(method)} predicts {label}" for method, label in pairs)
    return f"Split {rows['split'].iloc[0]}, label {in_words(rows['label'])[0]}; {predictions}."


def _show_heat_maps(records: list[TokenScores], explains: dict[str, str], unit: str) -> list[View]:
    """Show a heat map per scorer, with what it explains and how its signs are to be read."""
    deepest = list(range(max(record.layers for record in records)))
    left, middle, right = st.columns([3, 2, 2])
    help = "Rows of the maps: the entry of each layer (attention: the layer itself)."
    layers = several("Layers", deepest, key="layers", default=deepest, help=help, at=left)
    help = "Which score has the full colour: each layer's largest, or the map's."
    scale = choice("Colours", ["by layer", "whole map"], key="colours", help=help, at=middle)
    help = "Where the text is broken."
    line = slider("Units per line", 10, 60, key="line", default=30, help=help, at=right)
    st.caption(plain(LEGEND))
    views = []
    for record in records:
        known = explains.get(record.scorer, "")
        target, sign = record.target or known or "not recorded", sign_of(record, known)
        st.subheader(plain(_title(record)))
        st.text(f"Explains: {target}. Scores: {sign}.")
        for warning in record.warnings:
            st.text(f"Warning: {warning}.")
        shown = [layer for layer in layers if layer < record.layers]
        if not shown:
            st.info("No layer is chosen that this scorer has.")
            continue
        frame = heat_frame(record, unit)
        figure = heat_map(frame, sign=sign, layers=shown, per_layer=scale == "by layer", line=line)
        name = f"heat-{record.scorer}-{record.method}".replace("/", "-")
        caption = f"{_title(record)}, text {record.text_id}, unit {unit}: {target}; {sign}."
        views.append(show_figure(View(name, caption, frame, figure=figure), captioned=False))
    return views


def _show_ranked_words(records: list[TokenScores], unit: str, layer: int) -> list[View]:
    """Show the words of one layer by score, and how they agree with the human rationale."""
    scored = [record for record in records if layer < record.layers]
    table = ranking_table({_title(r): ranked_words(heat_frame(r, unit), layer) for r in scored})
    st.text(f"{unit.capitalize()}s by score in layer {layer}; ● human rationale.")
    widths = {"rank": st.column_config.NumberColumn(width=50)}
    show_table(table, f"{unit}s by score", column_config=widths)
    st.text("Against the human rationale, this text alone:")
    parts = [
        against_rationale(sizes_of(record), unit).assign(scorer=_title(record)) for record in scored
    ]
    measures = pd.concat(parts, ignore_index=True).query("layer == @layer")
    views = [View("ranked", f"{unit}s by score, layer {layer}", table)]
    if measures.empty:
        st.info("Not measured: nobody annotated this text.")
        return views
    measures = measures[["scorer", *measures.columns.drop(["scorer", "layer"])]]
    numbers = three_digits(list(measures.columns[1:]))
    show_table(measures, "Agreement with the rationale", column_config=numbers)
    st.caption("None: not measured (a silent layer, a model that drops nothing, a text of one class). "
               "Signed scores count by their size.")  # fmt: skip
    return [*views, View("against-rationale", f"Measures of this text, layer {layer}", measures)]


def _show_scorer_agreement(records: list[TokenScores], unit: str, layer: int) -> View:
    """Show how much the scorers agree with each other in one layer."""
    metric = choice(
        "Agreement between scorers", ["spearman", "kendall"], key="correlation",
        help="Spearman's rho: of the ranks. Kendall's tau-b: of the order of all pairs. Sizes of scores "
        "count; dropped units are tied last.",
    )  # fmt: skip
    frame = pair_frame(records, layer, unit, metric)
    figure = pair_map(frame, [(record.scorer, record.method) for record in records], metric)
    caption = (
        f"{metric} between scorers, layer {layer}, unit {unit}; –: no correlation, as in a silent layer."
    )
    return show_figure(View("agreement-between-scorers", caption, frame, figure=figure))


def _windows(tables: dict[str, ScoreTable], text_id: str) -> dict[int, tuple[str, ...]]:
    """Return the tokens of the text's windows, of the first table that holds it; none without one."""
    holder = next((table for table in tables.values() if text_id in table), None)
    return {} if holder is None else {r.window: r.tokens for r in holder.records(text_id)}


def _records_under(
    tables: dict[str, ScoreTable], names: list[str], text_id: str, windows: dict[int, tuple[str, ...]]
) -> list[TokenScores]:
    """Return the records of the text in each table; say which tables lack it.

    Args:
        tables, names: All tables, and which of them are asked for.
        text_id, windows: The text, and its tokens: another file may have another text of this id.
    """
    records: list[TokenScores] = []
    for name in names:
        if text_id not in tables[name]:
            st.info(plain(f"{name}: not measured, its table does not hold this text."))
            continue
        found = tables[name].records(text_id)
        if any(windows.get(record.window) != record.tokens for record in found):
            st.info(plain(f"{name}: not shown, its text of this id is another one, or cut otherwise."))
            continue
        records += [replace(record, scorer=name) for record in found]
    return records


def _chosen_text(
    run: RunData, own: dict[str, ScoreTable], more: dict[str, ScoreTable]
) -> tuple[str, dict[str, ScoreTable]]:
    """Let the reader choose a text of the run, or one that `workbench attribute` scored (`more`).

    Returns:
        Its id, and the tables among which it was chosen.
    """
    folders = {name: name.rpartition("/")[0] for name in more}
    origin = "the run"
    if more:
        help = "workbench attribute may have scored other texts than the run holds."
        origins = list(dict.fromkeys([origin, *folders.values()]))
        origin = choice("Texts of", origins, key="texts", help=help)
    if origin == "the run" and run.predicted is not None:
        method, *_ = ordered(run.predicted["method"].astype(str), METHODS)
        return str(picked_text(run, own, method)["text_id"]), own
    tables = own
    if origin != "the run":
        tables = {name: table for name, table in more.items() if folders[name] == origin}
    ids = list(dict.fromkeys(text_id for table in tables.values() for text_id in table.text_ids))
    if not ids:
        empty("The score tables of this run hold no text.")
    return choice("Text", ids, key="text", help="Its id; Token flow shows the same text."), tables


run = chosen_run()
own, more = score_tables(run), attributed_tables(run)
tables = own | more
if not tables:
    empty("Not measured: this run has no score tables; `workbench evaluate` or `attribute` makes them.")
text_id, origin = _chosen_text(run, own, more)
text_windows = _windows(origin, text_id)
if origin is own or _windows(own, text_id) == text_windows:
    st.text(_about_text(run, text_id))
else:
    st.text("Label and predictions: not measured, the run's own scores do not hold this text.")
left, right = st.columns([3, 1])
default = [name for name in origin | tables if name not in CONTROLS and text_id in tables[name]][:3]
help = f"Up to {MOST}; names with attribute/ were made by `workbench attribute`."
names = several(
    "Scorers", list(tables), key="scorers", most=MOST, format=scorer_name, default=default, help=help,
    at=left,
)  # fmt: skip
help = "A word has its best token's score."
unit = choice("Unit", ["word", "token"], key="unit", help=help, at=right)
if not names:
    empty("Choose a scorer.")
records = _records_under(tables, names, text_id, text_windows)
if not records:
    empty("None of the chosen scorers has scored this text.")
windows = sorted({record.window for record in records})
window = windows[0]
if len(windows) > 1:
    window = choice("Window", windows, key="window", help="A long text is scored in windows, from 0 on.")
records = [record for record in records if record.window == window]
explains = run.about.get("explains")
views = _show_heat_maps(records, explains if isinstance(explains, dict) else {}, unit)
st.subheader("One layer, side by side")
layers = list(range(max(record.layers for record in records)))
layer = choice("Layer", layers, key="layer", help="Layers count from 0.")
views += _show_ranked_words(records, unit, layer)
if len(records) > 1:
    views.append(_show_scorer_agreement(records, unit, layer))
offer_downloads(*views, title="Scorers")
