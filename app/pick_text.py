"""Controls that pick a text of a run."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from app.choices import choice, slider, value_range
from app.data.catalogue import stamp
from app.data.texts import Wanted, agreement, outcome, pick, run_texts, scorer_of, snippet
from app.shared import empty
from workbench.reporting.text.wording import method_name
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import RunData

LISTED = 100
"""Texts offered at a time."""
ORDERS = ["as in the run", "most dropped", "longest"]
BY_AGREEMENT = ["lowest agreement", "highest agreement"]


def score_tables(run: RunData, methods: Sequence[str] | None = None) -> dict[str, ScoreTable]:
    """The score tables that the flows of these methods need, by scorer; without `methods` all."""
    paths = {path.stem: path for path in run.score_files()}
    needed = paths.keys() if methods is None else {scorer_of(m, list(paths)) for m in methods}
    return {
        name: _table(str(path), path.stat().st_mtime_ns)
        for name, path in paths.items()
        if name in needed
    }


def attributed_tables(run: RunData) -> dict[str, ScoreTable]:
    """The tables that `workbench attribute` wrote into the run, by `attribute/<scorer>`."""
    return {
        f"attribute/{path.stem}": _table(str(path), path.stat().st_mtime_ns)
        for path in sorted(run.folder.glob("attribute/scores/*.parquet"))
    }


@st.cache_resource(max_entries=16, show_spinner="Finding the texts …")
def _table(path: str, changed: int) -> ScoreTable:
    return ScoreTable(Path(path))


@st.cache_resource(max_entries=8, show_spinner="Reading the texts …")
def _texts(folder: str, method: str, split: str, stamps: object, _run: RunData) -> pd.DataFrame:
    assert _run.predicted is not None
    return run_texts(_run.predicted, method, split)


@st.cache_resource(max_entries=8, show_spinner="Measuring the agreement …")
def _agreement(path: str, layer: int, changed: int, _table: ScoreTable) -> pd.Series:
    return agreement(_table, layer)


def texts_of(run: RunData, method: str) -> pd.DataFrame:
    """The rows of `run_texts`; leave the frame as it is."""
    return _texts(str(run.folder), method, run.split, stamp(run.folder), run)


def picked_text(run: RunData, tables: dict[str, ScoreTable], method: str) -> pd.Series:
    """The row of `run_texts` that the reader picks; ends the page where none fits."""
    texts = texts_of(run, method)
    scorer = scorer_of(method, list(tables))
    table = None if scorer is None else tables[scorer]
    layers = len(run.predictions["tokens"].iloc[0]) if run.predictions is not None else 1
    with st.expander("Filter the texts"):
        wanted = _wanted(texts, method, table is not None)
    if wanted.agreement or "agreement" in wanted.order:
        assert table is not None
        last = layers - 1
        values = _agreement(str(table.path), last, table.path.stat().st_mtime_ns, table)
        texts = texts.assign(agreement=texts["text_id"].map(values))
    found = pick(texts, wanted)
    if found.empty:
        empty("No text fits these filters: widen one of them.")
    return _one(found, table, len(texts))


def _wanted(texts: pd.DataFrame, method: str, scored: bool) -> Wanted:
    name = method_name(method)
    classes = texts["right"].notna().all()
    columns = st.columns(3)
    with columns[0]:
        label = right = "any"
        value = None
        if classes:
            label = choice("Label", ["any", *sorted(texts["label"].unique())], key="label")
            right = choice("Prediction", ["any", "right", "wrong"], key="outcome", help=f"Of {name}.")
        else:
            value = value_range("Label", texts["value"], key="value", help="The true value.")
    with columns[1]:
        low, high = int(texts["tokens"].min()), int(texts["tokens"].max())
        tokens = (low, high)
        if low < high:
            tokens = slider(
                "Tokens", low, high, key="tokens", default=tokens, help="Special ones included."
            )
        orders = [*ORDERS, *([] if classes else ["largest error"]), *(BY_AGREEMENT if scored else [])]
        order = choice("Order", orders, key="order", help=f"Dropped, or predicted, by {name}.")
    with columns[2]:
        every = (0.0, 1.0)
        agreeing = every
        if scored:
            agreeing = slider(
                "Agreement (AP)", 0.0, 1.0, key="ap", default=every, step=0.05,
                help=f"Average precision of {name}'s own scores of the last layer against the human "
                "rationale, unit token. Texts without a marked token have none and are left out once "
                "this is moved.",
            )  # fmt: skip
    return Wanted(
        None if label == "any" else label,
        right,
        value,
        None if tokens == (low, high) else tokens,
        None if agreeing == every else agreeing,
        order,
    )


def _one(found: pd.DataFrame, table: ScoreTable | None, total: int) -> pd.Series:
    ids = found["text_id"].tolist()
    pages = list(range(1, 2 + (len(ids) - 1) // LISTED))
    columns = st.columns([1, 4])
    page = 1
    if len(pages) > 1:
        asked = st.query_params.get("text")
        there = 1 + ids.index(asked) // LISTED if asked in ids else 1
        with columns[0]:
            page = choice(
                "Texts", pages, key="listed", default=there, format=lambda n: _range(n, len(ids))
            )
    offered = ids[(page - 1) * LISTED : page * LISTED]
    beginnings = {} if table is None else table.beginnings(offered)
    rows = found.set_index("text_id")

    def name(text_id: str) -> str:
        row = rows.loc[text_id]
        start = snippet(beginnings[text_id]) if text_id in beginnings else "not scored"
        return f"{outcome(row)}, {row['tokens']} tokens: {start} ({text_id})"

    with columns[1] if len(pages) > 1 else st.container():
        text_id = choice(
            f"Text ({len(ids):,} of {total:,})",
            offered,
            key="text",
            format=name,
            help="Type to search. Texts are put together from sub-words: a run keeps no raw ones.",
        )
    return found[found["text_id"] == text_id].iloc[0]


def _range(page: int, total: int) -> str:
    return f"{(page - 1) * LISTED + 1:,} to {min(page * LISTED, total):,}"
