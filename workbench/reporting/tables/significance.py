"""Pairs of methods on the same texts: whether a difference is more than other texts would explain."""

import pandas as pd

from workbench.metrics.classification import by_text
from workbench.metrics.plausibility.paired_tests import compare_methods
from workbench.metrics.registry import METRICS
from workbench.reporting.tables.table import Table
from workbench.reporting.text.wording import capitalised, credit_writers, interval, method_name, p_value

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
    """Every pair of methods, see `compare_methods`: accuracy, or a regression's minus squared error.

    `predictions` are those of one split, in the order of the methods, with a column seed; a text stands
    once per method and seed.
    """
    credits, metric = {}, "accuracy"
    for method, rows in predictions.astype({"method": str}).groupby("method", sort=False):
        columns = {}
        for seed, own in rows.groupby("seed", dropna=False):
            metric, credit = by_text(own["label"].to_numpy(), own["predicted"].to_numpy()[None])
            columns[seed] = pd.Series(credit, index=own["text_id"].astype(str))
        credits[str(method)] = pd.DataFrame(columns)
    frame = compare_methods(credits, resamples=resamples, randomisations=randomisations)
    label = capitalised(METRICS[metric].label)
    caption = (
        f"{label} of the first minus that of the second on the same texts of "
        f"split {split}, each text's mean over the seeds; 95 % bootstrap intervals over texts, "
        f"sign-flip test over texts, Holm's correction over all pairs. {STAR}: Holm's p below {LEVEL}."
    )
    return Table(name, caption, frame, _shown(frame, metric), ("method", "against"))


def _shown(frame: pd.DataFrame, metric: str) -> pd.DataFrame:
    _, write = credit_writers(metric)
    differences = frame[["difference", "ci_low", "ci_high"]].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "method": frame["method"].map(method_name),
            "against": frame["against"].map(method_name),
            "difference, points" if metric == "accuracy" else "difference": [
                interval(value, low, high, write) + (STAR if p < LEVEL else "")
                for (value, low, high), p in zip(differences, frame["p_holm"], strict=True)
            ],
            "p": frame["p"].map(p_value),
            "p, Holm": frame["p_holm"].map(p_value),
            "texts": frame["n"],
            "seeds": frame["seeds"],
        }
    )


def unlike_dense(pairs: pd.DataFrame) -> set[str]:
    """The methods that differ from the dense model, by a table of `compare_methods`."""
    found = pairs[pairs["p_holm"] < LEVEL]
    first, second = found["method"].astype(str), found["against"].astype(str)
    return {*second[first == "dense"], *first[second == "dense"]}
