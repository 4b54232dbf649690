"""Question answering: F1 and exact match against FLOPs, and what passes each layer."""

import pandas as pd

from workbench.reporting.tables.significance import LEVEL, STAR
from workbench.reporting.tables.table import Table
from workbench.reporting.text.wording import interval, percent

MAIN = "answers"
BY_LAYER = "answers_by_layer"


def answers_table(frame: pd.DataFrame, questions: str, resamples: int) -> Table:
    """Build a row per system, see `answer_rows`.

    Args:
        frame: Columns of `schemas.ANSWERS`.
        questions: What was asked, for the caption.
        resamples: Behind the intervals and tests.
    """
    words = (
        f"Answers to {questions}: F1 and exact match with 95 % bootstrap intervals over questions "
        f"({resamples:,} resamples). {STAR}: F1 differs from the dense model's (paired randomisation "
        f"test, {resamples:,} draws, Holm-corrected, p < {LEVEL}). Random tokens: the same weights with "
        "as many other tokens in every layer, one draw. FLOPs: dense over the model's own, windows at "
        "their own lengths, the head on all tokens included."
    )
    return Table(MAIN, words, frame, answer_rows(frame), ("model",))


def answer_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per system: F1, exact match, F1 with random tokens, FLOPs, as they are shown."""
    shown = []
    for system, part in frame.groupby("system", sort=False):
        rows = part.set_index("metric")
        p_value = _value(rows, "f1_p_holm_against_dense")
        star = STAR if p_value is not None and p_value < LEVEL else ""
        speedup = _value(rows, "flops_speedup_unpadded")
        shown.append(
            {
                "model": system,
                "F1 %": _with_interval(rows, "f1") + star,
                "exact match %": _with_interval(rows, "exact"),
                "F1 % with random tokens": _with_interval(rows, "random_f1"),
                "FLOPs, unpadded": "–" if speedup is None else f"{speedup:.2f}x",
            }
        )
    return pd.DataFrame(shown)


def answers_by_layer_table(frame: pd.DataFrame) -> Table:
    """Build a row per system and quantity, a column per layer, of columns `schemas.ANSWERS_BY_LAYER`."""
    shown = []
    for (system, quantity), part in frame.groupby(["system", "quantity"], sort=False):
        pairs = zip(part["layer"], part["value"], strict=True)
        values = {f"L{layer}": percent(value) for layer, value in pairs}
        shown.append({"model": system, "what goes on": quantity, **values})
    words = (
        "What passes each layer's cut, in percent, mean over the windows that hold a whole answer. "
        "Answer whole: windows of which every token of the answer goes on; passage: the passage's "
        "tokens outside of the answer, which is the false positive rate of the tokens that go on."
    )
    return Table(BY_LAYER, words, frame, pd.DataFrame(shown), ("model", "what goes on"))


def _value(rows: pd.DataFrame, metric: str) -> float | None:
    return float(rows["value"][metric]) if metric in rows.index else None


def _with_interval(rows: pd.DataFrame, metric: str) -> str:
    if metric not in rows.index:
        return "–"
    value, low, high = (float(rows[column][metric]) for column in ("value", "ci_low", "ci_high"))
    return interval(value, low, high, percent)
