"""Answers and tags: what systems of a folder are worth, what passes their layers, and one text of it."""

import streamlit as st

from app.choices import choice, several
from app.data.downloads import View
from app.data.systems import SystemsData, by_layer_table, plausibility_tables, quality_table
from app.figures.charts import passing_chart
from app.one_question import question_views
from app.one_tagged import tagged_views
from app.screen import offer_downloads, show_figure, show_table
from app.shared import chosen_systems, plain, problem
from workbench.errors import InputError
from workbench.reporting.tables.table import Table
from workbench.runs.answers import AnswersFolder

# Quantities in one figure. (Streamlit would show a string that stands alone.)
MOST_LINES = 4


def _shown(table: Table, alt: str) -> View:
    """Show a report's table with its caption below."""
    show_table(table.shown, alt)
    st.caption(plain(table.caption))
    return View(table.name, table.caption, table.frame, table.shown)


def _passing(data: SystemsData) -> list[View]:
    """Show what passes each layer."""
    table = by_layer_table(data)
    if table is None:
        return []
    st.subheader("What passes each layer")
    present = list(dict.fromkeys(table.frame["quantity"]))
    usual = [name for name in ("answer", "sentence", "passage", "entities", "other words")
             if name in present]  # fmt: skip
    help = "Which tokens are followed. Each system has a colour and a marker, each quantity a dash."
    quantities = several(
        "Tokens", present, key="quantities", default=usual or present[:MOST_LINES], most=MOST_LINES,
        help=help,
    )  # fmt: skip
    figure = passing_chart(table.frame, quantities)
    view = View(table.name, table.caption, table.frame, table.shown, figure)
    show_figure(view)
    with st.expander("The numbers"):
        show_table(table.shown, "What passes each layer, in percent")
    return [view]


def _plausibility(data: SystemsData) -> list[View]:
    """Show how scorers agree with the answer, or with its sentence."""
    tables = plausibility_tables(data)
    if not tables:
        return []
    st.subheader("Plausibility of scorers")
    marks = choice("Compared with", list(tables), key="marks", help="What counts as the rationale.")
    return [_shown(tables[marks], "Agreement of scorers by layer")]


def _one_text(data: SystemsData) -> list[View]:
    """Show one question or text; what cannot be read or run is a sentence, and the tables stay."""
    st.subheader("Token flow")
    try:
        if isinstance(data.opened, AnswersFolder):
            return question_views(data, data.opened)
        return tagged_views(data, data.opened)
    except InputError as error:
        problem(str(error))
        return []


data = chosen_systems()
st.text(f"{data.texts}, seed {data.seed}")
for sentence in data.missing:
    st.info(plain(sentence))
for title in data.removed:
    told = f"{title} was measured, but the configuration has it no more: its tokens cannot be shown."
    st.warning(plain(told))
table = quality_table(data)
views = []
if table is None:
    command = "answer" if isinstance(data.opened, AnswersFolder) else "tag"
    st.info(plain(f"Nothing has been judged yet: go on with `workbench {command}`."))
else:
    st.subheader("Quality and FLOPs")
    views.append(_shown(table, "Quality and FLOPs by system"))
views += [*_passing(data), *_plausibility(data), *_one_text(data)]
offer_downloads(*views, title="Answers and tags")
