"""Pairs of methods on the same texts: whether a difference is more than other texts would explain."""

from collections.abc import Iterable, Mapping

import pandas as pd

from workbench.evaluation.comparisons import compare_methods
from workbench.reporting.table import Table
from workbench.reporting.wording import interval, method_name, p_value, points

LEVEL = 0.05
STAR = "*"


def correct(predictions: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Text ids x seeds, 1 where the prediction is right; a frame per seed, of one method."""
    columns = {}
    for own in predictions:
        right = own["predicted"].astype(str) == own["label"].astype(str)
        seed = own["seed"].iloc[0] if len(own) else None
        columns[seed] = pd.Series(right.to_numpy(dtype=float), index=own["text_id"].astype(str))
    return pd.DataFrame(columns)


def significance_table(
    right: Mapping[str, pd.DataFrame],
    split: str,
    name: str = "significance",
    *,
    resamples: int = 1000,
    randomisations: int = 10_000,
) -> Table:
    """Every pair of methods; `right` has `correct`'s frame by method. See `compare_methods`."""
    frame = compare_methods(right, resamples=resamples, randomisations=randomisations)
    differences = frame[["difference", "ci_low", "ci_high"]].to_numpy(dtype=float)
    shown = pd.DataFrame(
        {
            "method": frame["method"].map(method_name),
            "against": frame["against"].map(method_name),
            "difference, points": [
                interval(value, low, high, points) + (STAR if p < LEVEL else "")
                for (value, low, high), p in zip(differences, frame["p_holm"], strict=True)
            ],
            "p": frame["p"].map(p_value),
            "p, Holm": frame["p_holm"].map(p_value),
            "texts": frame["n"],
            "seeds": frame["seeds"],
        }
    )
    caption = (
        f"Accuracy of the first minus that of the second on the same texts of split {split}, each "
        "text's mean over the seeds; 95 % bootstrap intervals over texts, sign-flip test over texts, "
        f"Holm's correction over all pairs. {STAR}: Holm's p below {LEVEL}."
    )
    return Table(name, caption, frame, shown, ("method", "against"))


def unlike_dense(pairs: pd.DataFrame) -> set[str]:
    """The methods whose accuracy differs from the dense model's, by a table of `compare_methods`."""
    found = pairs[pairs["p_holm"] < LEVEL]
    first, second = found["method"].astype(str), found["against"].astype(str)
    return {*second[first == "dense"], *first[second == "dense"]}
