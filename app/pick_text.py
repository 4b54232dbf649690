"""Controls that pick a text of a run."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from app.choices import choice, slider, value_range
from app.data.plausibility import layer_values
from app.data.texts import ORDERS, in_order, matching, outcome, run_texts, scorer_of, snippet
from app.shared import cached, empty
from workbench.reporting.text.wording import method_name
from workbench.runs.scores import ScoreTable
from workbench.runs.tables import RunData

LISTED = 100
"""Texts offered at a time."""


def score_tables(run: RunData, methods: Sequence[str] | None = None) -> dict[str, ScoreTable]:
    """Return the score tables that the flows of these methods need, by scorer; without `methods` all."""
    paths = {path.stem: path for path in run.score_files()}
    needed = paths.keys() if methods is None else {scorer_of(m, list(paths)) for m in methods}
    return {name: _table(path) for name, path in paths.items() if name in needed}


def attributed_tables(run: RunData) -> dict[str, ScoreTable]:
    """Return the tables of `workbench attribute` in the run, by `attribute/<texts>/<scorer>`."""
    paths = sorted(run.folder.glob("attribute/**/scores/*.parquet"))
    folders = {path: path.parents[1].relative_to(run.folder).as_posix() for path in paths}
    return {f"{folder}/{path.stem}": _table(path) for path, folder in folders.items()}


@cached(16, "Finding the texts …")
def _table(path: Path) -> ScoreTable:
    return ScoreTable(path)


@cached(8, "Reading the texts …")
def texts_of(run: RunData, method: str) -> pd.DataFrame:
    """Return the rows of `run_texts`; leave the frame as it is."""
    assert run.predicted is not None
    return run_texts(run.predicted, method, run.split)


@cached(16, "Reading the scores of this layer …")
def values_by_text(
    run: RunData, table: ScoreTable, method: str, layer: int, split: str, unit: str
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return `layer_values` of a split.

    Args:
        run: Its predictions say which texts a split has.
        table: Whose scores.
        method: Whose model is explained.
        layer: From 0.
        split: Whose texts.
        unit: `token` or `word`.
    """
    rows, ids = run.predictions, None
    if rows is not None:
        ids = frozenset(rows.loc[rows["split"].astype(str) == split, "text_id"].astype(str))
    return layer_values(table, method, layer, ids, [unit])


def picked_text(run: RunData, tables: dict[str, ScoreTable], method: str) -> pd.Series:
    """Let the reader pick a row of `run_texts`; ends the page where none fits.

    Args:
        run: Whose texts.
        tables: Its score tables, by scorer.
        method: Whose predictions and scores the filters are about.
    """
    texts = texts_of(run, method)
    scorer = scorer_of(method, list(tables))
    table = None if scorer is None else tables[scorer]
    if table is not None:
        last = len(run.predictions["tokens"].iloc[0]) - 1
    with st.expander("Filter the texts"):
        equal, between, order = _filters(texts, method, table is not None)
    if table is not None and (between["agreement"] or "agreement" in order):
        values = values_by_text(run, table, method, last, run.split, "token")
        ap = values["token", "with-evidence"].set_index("text_id")["ap"] if values else {}
        texts = texts.assign(agreement=texts["text_id"].map(ap))
    listed = in_order(matching(texts, equal, between), order)
    if listed.empty:
        empty("No text fits these filters: widen one of them.")
    return _one(listed, table, len(texts))


def _filters(
    texts: pd.DataFrame, method: str, scored: bool
) -> tuple[dict[str, object], dict[str, tuple[float, float] | None], str]:
    """What `matching` and `in_order` take."""
    name = method_name(method)
    classes = texts["right"].notna().all()
    left, middle, last = st.columns(3)
    equal: dict[str, object] = {}
    between: dict[str, tuple[float, float] | None] = {"agreement": None}
    if classes:
        label = choice("Label", ["any", *sorted(texts["label"].unique())], key="label", at=left)
        right = choice(
            "Prediction", ["any", "right", "wrong"], key="outcome", help=f"Of {name}.", at=left
        )
        equal["label"] = None if label == "any" else label
        equal["right"] = {"right": True, "wrong": False}.get(right)
    else:
        values = value_range("Label", texts["value"], key="value", help="The true value.", at=left)
        between["value"] = values
    low, high = int(texts["tokens"].min()), int(texts["tokens"].max())
    if low < high:
        between["tokens"] = slider(
            "Tokens", low, high, key="tokens", default=(low, high), help="Special ones included.",
            at=middle,
        )  # fmt: skip
    orders = [
        order for order in ORDERS
        if (scored or "agreement" not in order) and not (classes and order == "largest error")
    ]  # fmt: skip
    help = f"Dropped, or predicted, by {name}."
    order = choice("Order", orders, key="order", help=help, at=middle)
    if scored:
        ends = slider(
            "Agreement (AP)", 0.0, 1.0, key="ap", default=(0.0, 1.0), step=0.05, at=last,
            help=f"Average precision of {name}'s own scores of the last layer against the human "
            "rationale, unit token. Texts without a marked token have none and are left out once this "
            "is moved.",
        )  # fmt: skip
        between["agreement"] = None if ends == (0.0, 1.0) else ends
    return equal, between, order


def _one(listed: pd.DataFrame, table: ScoreTable | None, total: int) -> pd.Series:
    ids = listed["text_id"].tolist()
    pages = list(range(0, len(ids), LISTED))
    left, right = st.columns([1, 4]) if len(pages) > 1 else (None, st.container())
    start = 0
    if len(pages) > 1:
        linked = st.query_params.get("text")
        start = choice(
            "Texts", pages, key="listed", at=left,
            default=ids.index(linked) // LISTED * LISTED if linked in ids else 0,
            format=lambda first: f"{first + 1:,} to {min(first + LISTED, len(ids)):,}",
        )  # fmt: skip
    offered = ids[start : start + LISTED]
    beginnings = {} if table is None else table.beginnings(offered)
    rows = listed.set_index("text_id")

    def name(text_id: str) -> str:
        row = rows.loc[text_id]
        begins = snippet(beginnings[text_id]) if text_id in beginnings else "not scored"
        return f"{outcome(row)}, {row['tokens']} tokens: {begins} ({text_id})"

    help = "Type to search. Texts are put together from sub-words: a run keeps no raw ones."
    label = f"Text ({len(ids):,} of {total:,})"
    text_id = choice(label, offered, key="text", format=name, help=help, at=right)
    return listed[listed["text_id"] == text_id].iloc[0]
