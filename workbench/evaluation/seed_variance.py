"""How much of a result is the seed: spread over seeds beside the uncertainty from the texts."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from workbench.evaluation.seeds import crossed_interval

COLUMNS = (
    "method", "value", "sd_seeds", "se_texts", "ci_low", "ci_high", "disagreement", "n", "seeds",
)  # fmt: skip
SPREAD = ("value", "sd_seeds", "lowest", "highest", "seeds")


def accuracy_over_seeds(
    predicted: Mapping[str, pd.DataFrame],
    label: pd.Series,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Accuracy of each method over seeds and where its spread comes from: columns of `COLUMNS`.

    `predicted` has a frame per method: a row per text id, a column per seed, the predicted class; a text
    without a prediction under one of the seeds is left out. `label` is the gold class by text id.
    `sd_seeds`: standard deviation of the seeds' accuracies (n - 1); `se_texts`: standard error of the
    mean over seeds when only the texts are drawn again; interval: `seeds.crossed_interval`, both drawn
    again; `disagreement`: share of texts on which two seeds differ, mean over pairs. With one seed
    sd_seeds and disagreement are NaN, and the interval knows nothing of seeds.
    """
    rows: list[tuple[object, ...]] = []
    for method, frame in predicted.items():
        frame = frame.dropna()
        right = (frame.to_numpy() == label.loc[frame.index].to_numpy()[:, None]).astype(np.float64)
        texts, seeds = right.shape
        if not texts:
            continue
        low, high = crossed_interval(right.T, bootstrap, seed)
        pairs = [np.mean(frame[a].to_numpy() != frame[b].to_numpy()) for a, b in combinations(frame, 2)]
        several = texts > 1
        rows.append(
            (method, right.mean(), right.mean(axis=0).std(ddof=1) if seeds > 1 else np.nan,
             right.mean(axis=1).std(ddof=1) / np.sqrt(texts) if several else np.nan,
             float(low), float(high), np.mean(pairs) if pairs else np.nan, texts, seeds)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def spread_over_seeds(frame: pd.DataFrame, by: list[str], column: str = "value") -> pd.DataFrame:
    """Mean, standard deviation (n - 1, NaN for one), lowest and highest of `column` by the keys `by`.

    Columns `by` and `SPREAD`; `seeds` counts the values, those that are missing left out.
    """
    groups = frame.dropna(subset=[column]).groupby(by, sort=False, observed=True)[column]
    found = groups.agg(["mean", "std", "min", "max", "count"]).reset_index()
    return found.set_axis([*by, *SPREAD], axis=1)
