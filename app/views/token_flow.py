"""Token flow: one text through up to three models, layer by layer, and what if."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.choices import choice, several, switch, typed
from app.data.downloads import View
from app.data.flows import Flow
from app.data.texts import flow_records, recorded_thresholds, verdict
from app.pick_text import picked_text, score_tables, texts_of
from app.screen import offer_downloads, show_flows
from app.shared import chosen_run, empty, plain, problem
from app.what_if import (
    changes_at_a_glance,
    chosen_change,
    clicked,
    has_model,
    outcomes,
    run_windows,
    typed_windows,
    unlike_texts,
)
from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.core.merge_windows import stitched
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.inference.what_if import Change, Outcome, outcome_table
from workbench.reporting.text.wording import method_name, scorer_name
from workbench.runs.tables import RunData


def _drops(method: str) -> bool:
    """Return whether a method drops tokens, as far as the catalogue knows it."""
    return method not in METHODS or METHODS[method].drops_tokens


def _recorded(run: RunData, methods: Sequence[str]) -> tuple[str, dict[str, list[TokenScores]]]:
    """Return the picked text's id, and what the run wrote down of it, by method."""
    tables = score_tables(run, methods)
    row = picked_text(run, tables, methods[0])
    records = {}
    for method in methods:
        try:
            records[method] = flow_records(tables, method, row["text_id"])
        except InputError as error:
            problem(f"{method_name(method)}: {error}")
    return row["text_id"], records


def _recorded_flow(run: RunData, method: str, records: Sequence[TokenScores]) -> Flow:
    """Return a flow as the run wrote it down."""
    record, texts = stitched(records), texts_of(run, method)
    verdicts = [verdict(row) for row in texts[texts["text_id"] == record.text_id].to_dict("records")]
    limits = recorded_thresholds(run.folder / "models" / method, records)
    return Flow(
        f"{method_name(method)} · {scorer_name(record.scorer)}", record, "".join(verdicts), limits
    )


def _live_flow(method: str, outcome: Outcome, change: Change | None = None) -> Flow:
    """Return a flow as a model gave it just now, after a change or without any."""
    prediction = f"{outcome.likeliest} {outcome.probabilities[outcome.likeliest]:.3f}"
    if outcome.predicted != outcome.likeliest:
        prediction = f"{outcome.predicted}; likeliest is {prediction}"
    if change is None:
        scorer = f" · {scorer_name(outcome.record.scorer)}" if outcome.scored.any() else ""
        return Flow(f"{method_name(method)}{scorer}", outcome.record, prediction, outcome.thresholds)
    forced = dict.fromkeys(change.kept, "kept") | dict.fromkeys(change.dropped, "dropped")
    return Flow(
        f"{method_name(method)}, what if", outcome.record, prediction, outcome.thresholds, forced
    )


def _typed_text(run: RunData, methods: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Return the windows of what the reader types, by method; ends the page until there is a word."""
    text = typed("Your text", key="typed", lines=4, most=200_000,
                 help="Only you see it. Up to 2,000 characters it stands in the link.")  # fmt: skip
    second = typed("Second text", key="second", most=20_000, help="For models of pairs, else empty.")
    if not text.strip():
        empty("Type a text of at least one word.")
    windows = {}
    for method in methods:
        try:
            windows[method] = typed_windows(run, method, text, second.strip() or None)
        except InputError as error:
            problem(f"{method_name(method)}: {error}")
    for sentence in unlike_texts(run, windows):
        st.warning(plain(f"{sentence}."))
    return windows


def _what_if(
    run: RunData, windows: dict[str, Sequence[Any]], text_key: str
) -> tuple[str, Outcome, Outcome, Change]:
    """Return the chosen method, its outcome before and after, and the change between them.

    Forced tokens are forgotten when `text_key` changes.
    """
    help = "Whose decisions to change."
    default = next(filter(_drops, windows), None)
    method = choice(
        "What if, for", list(windows), key="asked", default=default, format=method_name, help=help
    )
    unchanged, _ = outcomes(run, method, windows[method], Change())
    change = chosen_change(method, unchanged, text_key)
    before, after = outcomes(run, method, windows[method], change)
    return method, before, after, change


run = chosen_run()
if run.predicted is None:
    empty("This run has no predictions yet: go on with `workbench run`.")
present = ordered(run.predicted["method"].astype(str), METHODS)
left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
methods = several(
    "Methods", present, key="methods", default=(list(filter(_drops, present)) or present)[:2], most=3,
    format=method_name, help="Up to three.", at=left,
)  # fmt: skip
help = "A typed text needs the models."
source = choice("Text", ["of the run", "typed"], key="source", help=help, at=middle)
help = "Run the model with other thresholds, a budget, or tokens forced to go or to stay."
asking = switch("What if", key="whatif", help=help, at=right)
if not methods:
    empty("No method is chosen: pick one above.")
runnable = [method for method in methods if has_model(run, method)]
for method in methods if asking or source == "typed" else []:
    if method not in runnable:
        problem(f"{method_name(method)}: this run holds no model of it, so nothing can be run.")

flows: dict[str, Flow] = {}
windows: dict[str, Sequence[Any]] = {}
if source == "typed":
    if not runnable:
        empty("A typed text needs a model: this run has none. Recorded texts can still be looked at.")
    windows, text_key = _typed_text(run, runnable), "typed"
    flows = {method: _live_flow(method, outcomes(run, method, typed, Change())[0])
             for method, typed in windows.items()}  # fmt: skip
else:
    text_key, records = _recorded(run, methods)
    flows = {method: _recorded_flow(run, method, parts) for method, parts in records.items()}
    if asking and records:
        any_records = next(iter(records.values()))
        windows = {
            method: run_windows(run, method, records.get(method, any_records)) for method in runnable
        }
shown = list(flows.values())
views = []
if asking and windows:
    with st.container(border=True):
        target, before, after, change = _what_if(run, windows, text_key)
        changes_at_a_glance(before, after)
    flows[target] = _live_flow(target, before)
    shown = [*flows.values()]
    shown.insert(1 + list(flows).index(target), _live_flow(target, after, change))
    caption = f"{method_name(target)} before and after."
    views.append(View("what-if", caption, outcome_table(before, after)))
if not shown:
    empty("There is nothing to draw for these methods and this text.")
drawn = show_flows(shown, clicked=clicked if asking and windows else None)
for view in views:
    st.dataframe(view.formatted, hide_index=True, alt="Before and after")
offer_downloads(drawn, *views, title="Token flow")
