"""What was asked for and not reached: sentences, and the mark at the number that falls short."""

import pandas as pd

from workbench.metrics.aims import LOST
from workbench.metrics.registry import METRICS
from workbench.reporting.text.wording import method_name

DAGGER = "†"
"""Beside a number that falls short of what was asked for."""
_DIGITS = (1, 2, 3, 6)


def missed(aims: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows of the table `aims` that were not reached; none where a run has no such table."""
    if aims is None:
        return pd.DataFrame(columns=["method", "quantity"])
    return aims[~aims["reached"].astype(bool)]


def aim_sentences(aims: pd.DataFrame | None) -> list[str]:
    """Write a sentence per aim that was not reached."""
    rows = missed(aims).to_dict("records")
    return [_sentence({str(name): value for name, value in row.items()}) for row in rows]


def aim_words(aims: pd.DataFrame | None) -> str:
    """Return those sentences as one text."""
    return " ".join(f"{sentence}." for sentence in aim_sentences(aims))


def _sentence(row: dict[str, object]) -> str:
    method, setting, quantity = (str(row[name]) for name in ("method", "setting", "quantity"))
    got, wanted = _unlike(100 * float(str(row["got"])), 100 * float(str(row["wanted"])))
    name = f"{method_name(method)}:"
    if quantity.endswith(LOST):
        metric = METRICS[quantity.removesuffix(LOST)].label
        return f"{name} dev {metric} is {got} points below dense, its {setting} is {wanted}"
    share = {
        "flops_saved": f"on dev it saves {got} % of the dense model's FLOPs",
        "tokens_dropped": f"on dev it drops {got} % of the tokens",
    }[quantity]
    return f"{name} {share}, its {setting} is {wanted} %"


def _unlike(got: float, wanted: float) -> tuple[str, str]:
    """Both with one decimal, or as many as tell them apart."""
    pairs = [(f"{got:.{digits}f}", f"{wanted:.{digits}f}") for digits in _DIGITS]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])


def mark_missed(
    shown: pd.DataFrame, names: pd.Series, aims: pd.DataFrame, headings: dict[str, str]
) -> bool:
    """Put a dagger beside each number that falls short; returns whether any does.

    Args:
        shown: The table as text, changed in place.
        names: What each of its rows is about, as `method` in `aims`.
        aims: Rows of `missed`.
        headings: Column of `shown` by quantity; of qualities `quality_lost`.
    """
    marked = False
    for method, quantity in dict.fromkeys(zip(aims["method"], aims["quantity"], strict=True)):
        kind = "quality_lost" if str(quantity).endswith(LOST) else str(quantity)
        rows = names.astype(str) == str(method)
        if headings[kind] in shown and rows.any():
            shown.loc[rows, headings[kind]] += DAGGER
            marked = True
    return marked
