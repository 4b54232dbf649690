"""Pairs of methods on the same texts: whether a difference is more than other texts would explain."""

from typing import Any

import pandas as pd

from workbench.metrics.classification import by_text
from workbench.metrics.plausibility.paired_tests import compare_methods
from workbench.metrics.registry import METRICS
from workbench.reporting.tables.table import Table, formatted
from workbench.reporting.text.render import caption
from workbench.reporting.text.wording import (
    SHARES,
    capitalised,
    difference_writer,
    interval,
    method_name,
    p_value,
)

LEVEL = 0.05
STAR = "*"


def significance_table(
    predictions: pd.DataFrame,
    split: str,
    name: str = "significance",
    *,
    resamples: int = 1000,
    randomisations: int = 10_000,
) -> Table:
    """Test every pair of methods, see `compare_methods`: what `by_text` gives.

    Args:
        predictions: Rows of one split in the order of the methods, with a column seed; a text stands
            once per method and seed.
        split: Name of the split.
        name: Name of the table.
        resamples: Bootstrap resamples of each interval.
        randomisations: Sign flips of each test.
    """
    credits, metric = {}, "accuracy"
    for method, rows in predictions.astype({"method": str}).groupby("method", sort=False):
        columns = {}
        for seed, seed_rows in rows.groupby("seed", dropna=False):
            metric, credit = by_text(
                seed_rows["label"].to_numpy(), seed_rows["predicted"].to_numpy()[None]
            )
            columns[seed] = pd.Series(credit, index=seed_rows["text_id"].astype(str))
        credits[str(method)] = pd.DataFrame(columns)
    frame = compare_methods(credits, resamples=resamples, randomisations=randomisations)
    label = capitalised(METRICS[metric].label)
    words = caption("significance", quality=label, split=split)
    write = difference_writer(metric)

    def difference(value: float, low: float, high: float, p: float) -> str:
        return interval(value, low, high, write) + (STAR if p < LEVEL else "")

    shown: dict[str, tuple[Any, ...]] = {
        "method": ("method", method_name), "against": ("against", method_name),
        "difference, points" if metric in SHARES else "difference": (
            "difference", "ci_low", "ci_high", "p_holm", difference,
        ),
        "p": ("p", p_value), "p, Holm": ("p_holm", p_value), "texts": ("n",), "seeds": ("seeds",),
    }  # fmt: skip
    return Table(name, words, frame, formatted(frame, shown), ("method", "against"))


def unlike_dense(pairs: pd.DataFrame) -> set[str]:
    """Return the methods that differ from the dense model, by a table of `compare_methods`."""
    differing = pairs[pairs["p_holm"] < LEVEL]
    first, second = differing["method"].astype(str), differing["against"].astype(str)
    return {*second[first == "dense"], *first[second == "dense"]}
