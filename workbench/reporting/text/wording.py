"""Names and sentences that tables, figures and the report share."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from workbench.catalog.methods import METHODS, method_title
from workbench.catalog.scorers import scorer_title
from workbench.core.documents import ANNOTATED
from workbench.metrics.efficiency.table import BFLOAT16, MASKED
from workbench.metrics.registry import METRICS
from workbench.reporting.text.render import caption

STOCK_NAMES = {
    "hf": "stock model, padded",
    "hf-given-order": "stock model, padded, given order",
    "hf-torch-kernels": "stock model, padded, given order, torch's own kernels",
}


def method_name(method: object) -> str:
    """Return a method's name as its paper writes it, masked or in bfloat16; unknown names stay.

    What follows after a space, a strength in a comparison, is kept.
    """
    name = str(method).removesuffix(MASKED).removesuffix(BFLOAT16)
    first, space, rest = name.partition(" ")
    title = STOCK_NAMES.get(first) or method_title(first)
    return title + space + rest + str(method).removeprefix(name).replace("-", ", ")


def scorer_name(scorer: object) -> str:
    """Return a scorer's title; unknown names stay as they are."""
    return scorer_title(str(scorer))


def scorer_on_model(scorer: object, method: object) -> str:
    """Name a scorer and the model whose tokens it scored: `saliency on dense`."""
    return f"{scorer_name(scorer)} on {method_name(method)}"


def scorers_with_models(rows: pd.DataFrame, scorer: str = "scorer", method: str = "method") -> list[str]:
    """Name the scorer and, in brackets, the model of every row.

    Args:
        rows: The rows.
        scorer: Column of the scorer.
        method: Column of the model's method.
    """
    pairs = rows[[scorer, method]].itertuples(index=False)
    return [f"{scorer_name(name)} ({method_name(model)})" for name, model in pairs]


def rationale_sentence(config: dict[str, Any]) -> str:
    """Say what the rationales of a run are, for the top of a page."""
    source = _rationales(config)
    known = source in ("valence", "annotated", "none")
    return caption(f"rationales_{source if known else 'unknown'}")


def short_rationales(config: dict[str, Any]) -> str:
    """Say the same in a few words, for captions."""
    names = {"valence": "valence proxy (words rated out of context)", "annotated": ANNOTATED}
    return names.get(_rationales(config), "source not recorded")


def _rationales(config: dict[str, Any]) -> str:
    data = config.get("data")
    return str(data.get("rationales") if isinstance(data, dict) else None)


def method_notes(config: dict[str, Any], methods: Iterable[object]) -> str:
    """Say what the catalogue notes about the settings of the methods; nothing where it notes nothing."""
    specs = [METHODS[name] for name in dict.fromkeys(map(str, methods)) if name in METHODS]
    sections = [(spec.note, config.get(spec.name)) for spec in specs]
    return " ".join(
        note(section if isinstance(section, dict) else {}) for note, section in sections if note
    )


SHARES = frozenset({"accuracy", "micro_f1", "example_f1"})
"""Qualities that are shares: written in hundredths, their differences in points."""


def quality_words(metric: str, value: float, low: float = math.nan, high: float = math.nan) -> str:
    """Name a quality and write it, with its interval if it has one: `accuracy 81.2 [79.0, 83.1] %`,
    `Pearson correlation 0.812 [0.790, 0.831]`.

    Args:
        metric: Name of the metric.
        value: Its value.
        low: Lower end of its interval; NaN for none.
        high: Upper end.
    """
    if metric in SHARES:
        return f"{METRICS[metric].label} {interval(value, low, high, percent)} %"
    return f"{METRICS[metric].label} {interval(value, low, high, decimals)}"


def quality_writer(metric: str) -> Callable[[float], str]:
    """Return what writes a metric's value per text: shares in hundredths, squared errors as such."""
    return percent if metric in SHARES else decimals


def difference_writer(metric: str) -> Callable[[float], str]:
    """Return what writes a difference of two such values, with its sign: shares in points."""
    return points if metric in SHARES else "{:+.3f}".format


def capitalised(text: str) -> str:
    """Return `text` as the beginning of a sentence, its other capitals kept."""
    return text[:1].upper() + text[1:]


def spread(mean: float, sd: float, write: Callable[[float], str]) -> str:
    """Write mean ± standard deviation; the mean alone where there is no deviation (NaN).

    Args:
        mean: The mean.
        sd: The standard deviation.
        write: Writes one number.
    """
    return write(mean) + ("" if sd != sd else f" ± {write(sd)}")


def interval(value: float, low: float, high: float, write: Callable[[float], str]) -> str:
    """Write a value and its interval in brackets; the value alone where there is none (NaN).

    Args:
        value: The value.
        low: Lower end of the interval.
        high: Upper end.
        write: Writes one number.
    """
    return write(value) + ("" if low != low else f" [{write(low)}, {write(high)}]")


def percent(value: float) -> str:
    """Write a share as a percentage with one decimal."""
    return _or_dash(value, f"{100 * value:.1f}")


def points(value: float) -> str:
    """Write a difference of shares in points, with its sign."""
    return _or_dash(value, f"{100 * value:+.1f}")


def times(value: float) -> str:
    """Write a speed-up with two decimals."""
    return _or_dash(value, f"{value:.2f}")


def seconds(value: float) -> str:
    """Write seconds with three digits."""
    return _or_dash(value, f"{value:.3g}")


def p_value(value: float) -> str:
    """Write a p-value with three decimals."""
    return "<0.001" if value < 0.001 else decimals(value)


def decimals(value: float, digits: int = 3) -> str:
    """Write a metric with three decimals."""
    return _or_dash(value, f"{value:.{digits}f}")


def quartiles(low: float, high: float) -> str:
    """Write the lower and the upper quartile of seconds."""
    return _or_dash(low, f"{seconds(low)}–{seconds(high)}")


def amount(value: float) -> str:
    """Write a rate or size: whole from 100 on, one decimal below."""
    return _or_dash(value, f"{value:,.{0 if value >= 100 else 1}f}")


def _or_dash(value: float, text: str) -> str:
    """`text`, or a dash for what is missing."""
    return "–" if value != value else text
