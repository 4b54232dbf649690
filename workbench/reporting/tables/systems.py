"""Answers and tags: F1 against FLOPs by system, and what passes each layer."""

from collections.abc import Mapping

import pandas as pd

from workbench.reporting.figures.plausibility import in_order, one_control
from workbench.reporting.tables.by_layer import by_layer
from workbench.reporting.tables.main import PLAUSIBILITY as SCORED
from workbench.reporting.tables.significance import LEVEL, STAR
from workbench.reporting.tables.table import Table
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import interval, percent

ANSWERS, TAGS = "answers", "tags"
"""What the tables are called; those by layer have `_by_layer` behind it."""


PLAUSIBILITY = "answers_plausibility"
RATIONALES = {"answer": "the answer's tokens", "sentence": "the tokens of the sentence that holds it"}
LINES = (*SCORED, *(("kept", metric) for selection, metric in SCORED if selection == "uniform"))
"""(selection, metric): the tokens that go on are a selection themselves."""


def answers_table(frame: pd.DataFrame, questions: str, resamples: int) -> Table:
    """Build a row per system: F1, exact match, F1 with random tokens, FLOPs.

    Args:
        frame: Columns of `schemas.SYSTEMS`.
        questions: What was asked, for the caption.
        resamples: Behind the intervals and tests.
    """
    begin = (
        f"Answers to {questions}: F1 and exact match with 95 % bootstrap intervals over questions "
        f"({resamples:,} resamples)."
    )
    columns = {"F1 %": "f1", "exact match %": "exact", "F1 % with random tokens": "random_f1"}
    return _systems(ANSWERS, frame, columns, f"{begin} {_rest(resamples)}")


def tags_table(frame: pd.DataFrame, texts: str, resamples: int) -> Table:
    """Build a row per system: F1 of entities, precision, recall, accuracy by word, FLOPs.

    Args:
        frame, resamples: As of `answers_table`.
        texts: What was tagged, for the caption.
    """
    begin = (
        f"Tags of {texts}: micro-averaged F1, precision and recall of entities with the right type and "
        "bounds, as conlleval counts (where tags spell no entities each word is one), and the share of "
        f"right words, mean over texts; 95 % bootstrap intervals over texts of F1 and of these "
        f"({resamples:,} resamples)."
    )
    columns = {
        "F1 %": "f1", "precision %": "precision", "recall %": "recall", "words right %": "accuracy",
        "F1 % with random tokens": "random_f1",
    }  # fmt: skip
    return _systems(TAGS, frame, columns, f"{begin} {_rest(resamples)}")


def _rest(resamples: int) -> str:
    return (
        f"{STAR}: F1 differs from the dense model's (paired randomisation test, {resamples:,} draws, "
        f"Holm-corrected, p < {LEVEL}). Random tokens: the same weights with as many other tokens in "
        "every layer, one draw. FLOPs: dense over the model's own, windows at their own lengths, the "
        "head on all tokens included."
    )


def _systems(name: str, frame: pd.DataFrame, columns: Mapping[str, str], words: str) -> Table:
    shown = []
    for system, part in frame.groupby("system", sort=False):
        rows = part.set_index("metric")
        p_value = _value(rows, "f1_p_holm_against_dense")
        star = STAR if p_value is not None and p_value < LEVEL else ""
        speedup = _value(rows, "flops_speedup_unpadded")
        cells = {column: _with_interval(rows, metric) for column, metric in columns.items()}
        cells["F1 %"] += star
        flops = "–" if speedup is None else f"{speedup:.2f}x"
        shown.append({"model": system, **cells, "FLOPs, unpadded": flops})
    return Table(name, words, frame, pd.DataFrame(shown), ("model",))


def answers_by_layer_table(frame: pd.DataFrame) -> Table:
    """Build a row per system and quantity, a column per layer, of columns `schemas.SYSTEMS_BY_LAYER`."""
    return _by_layer(
        ANSWERS, frame,
        "mean over the windows that hold a whole answer. Answer whole: windows of which every token of "
        "the answer goes on; passage: the passage's tokens outside of the answer, which is the false "
        "positive rate of the tokens that go on.",
    )  # fmt: skip


def tags_by_layer_table(frame: pd.DataFrame) -> Table:
    """Build the same of tags: words of entities, and other words."""
    return _by_layer(
        TAGS, frame,
        "mean over the windows with such a token. Entities: tokens of words that are tagged; other "
        "words: what of these goes on is the false positive rate.",
    )  # fmt: skip


def _by_layer(name: str, frame: pd.DataFrame, words: str) -> Table:
    shown = []
    for (system, quantity), part in frame.groupby(["system", "quantity"], sort=False):
        pairs = zip(part["layer"], part["value"], strict=True)
        values = {f"L{layer}": percent(value) for layer, value in pairs}
        shown.append({"model": system, "what goes on": quantity, **values})
    said = f"What passes each layer's cut, in percent, {words}"
    return Table(f"{name}_by_layer", said, frame, pd.DataFrame(shown), ("model", "what goes on"))


def answers_plausibility_tables(frame: pd.DataFrame, *, mark_best: bool = True) -> list[Table]:
    """Build scorer by layer, as a run's plausibility tables, against the answer and its sentence.

    Args:
        frame: Columns of `schemas.ANSWERS_PLAUSIBILITY`; no rows make no tables.
        mark_best: Whether the best of each metric and layer is bold.
    """
    tables = []
    ranking = f"{caption('ranks')} of each metric and layer, controls apart." if mark_best else ""
    for rationale, rows in frame.groupby("marks", sort=False, observed=True):
        numbers, shown, marks = by_layer(one_control(in_order(rows)), LINES)
        told = RATIONALES[str(rationale)]
        words = caption("answers_plausibility", rationale=told, ranking=ranking)
        name = f"{PLAUSIBILITY}_{rationale}"
        bold = marks if mark_best else None
        tables.append(Table(name, words, numbers, shown, ("metric", "scorer", "model"), bold))
    return tables


def _value(rows: pd.DataFrame, metric: str) -> float | None:
    return float(rows["value"][metric]) if metric in rows.index else None


def _with_interval(rows: pd.DataFrame, metric: str) -> str:
    if metric not in rows.index:
        return "–"
    value, low, high = (float(rows[column][metric]) for column in ("value", "ci_low", "ci_high"))
    return percent(value) if pd.isna(low) else interval(value, low, high, percent)
