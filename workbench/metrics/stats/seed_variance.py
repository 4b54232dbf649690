"""How much of a result is the seed: spread over seeds beside the uncertainty from the texts."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from workbench.metrics.classification import is_regression
from workbench.metrics.stats.correlations import pearson
from workbench.metrics.stats.resampling import percentiles, weight_blocks
from workbench.metrics.stats.seeds import crossed_interval

COLUMNS = (
    "method", "value", "sd_seeds", "se_texts", "ci_low", "ci_high", "disagreement", "n", "seeds",
)  # fmt: skip
SPREAD = ("value", "sd_seeds", "lowest", "highest", "seeds")
_Spread = tuple[np.ndarray, float, float, float]
"""Quality of each seed, standard error from the texts, low and high end of the interval."""


def quality_over_seeds(
    predicted: Mapping[str, pd.DataFrame],
    label: pd.Series,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Headline quality of each method over seeds and where its spread comes from: columns of `COLUMNS`.

    Accuracy, or Pearson's correlation where `label`, the truth by text id, holds float numbers.
    `predicted` has a frame per method: a row per text id, a column per seed, the class or value
    predicted; a text without a prediction under one of the seeds is left out. `sd_seeds`: standard
    deviation of the seeds' qualities (n - 1); `se_texts`: standard error of the mean over seeds when
    only the texts are drawn again, of a correlation by the bootstrap; interval: both drawn again, see
    `seeds.crossed_interval`; `disagreement`, mean over pairs of seeds: share of texts put into different
    classes, or the mean absolute difference of the values. With one seed sd_seeds and disagreement are
    NaN, and the interval knows nothing of seeds.
    """
    rows: list[tuple[object, ...]] = []
    for method, frame in predicted.items():
        frame = frame.dropna()
        texts, seeds = frame.shape
        if not texts:
            continue
        truth, given = label.loc[frame.index].to_numpy(), frame.to_numpy()
        values = is_regression(truth)
        spread = _correlations if values else _accuracies
        found, error, low, high = spread(truth, given, bootstrap, seed)
        pairs = [_apart(a, b, values) for a, b in combinations(given.T, 2)]
        rows.append(
            (method, found.mean(), found.std(ddof=1) if seeds > 1 else np.nan, error, low, high,
             np.mean(pairs) if pairs else np.nan, texts, seeds)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _accuracies(truth: np.ndarray, given: np.ndarray, resamples: int, seed: int) -> _Spread:
    """Of (texts,) classes and (texts, seeds) predictions."""
    right = (given == truth[:, None]).astype(np.float64)
    low, high = crossed_interval(right.T, resamples, seed)
    texts = len(right)
    error = right.mean(axis=1).std(ddof=1) / np.sqrt(texts) if texts > 1 else np.nan
    return right.mean(axis=0), float(error), float(low), float(high)


def _correlations(truth: np.ndarray, given: np.ndarray, resamples: int, seed: int) -> _Spread:
    """Of (texts,) values and (texts, seeds) predictions: a resample's correlation is that of each seed
    on the texts drawn, averaged over the seeds drawn."""
    texts, seeds = given.shape
    found = _by_seed(truth, given, np.full((1, texts), 1 / texts))[0]
    if not resamples:
        return found, np.nan, np.nan, np.nan
    blocks = [_by_seed(truth, given, weights) for weights in weight_blocks(texts, resamples, seed)]
    drawn = np.concatenate(blocks)
    # Seeds are drawn by numbers of their own: with the texts' they would not be independent.
    chosen = np.concatenate(list(weight_blocks(seeds, resamples, seed + 1)))
    low, high = percentiles((chosen * drawn).sum(axis=1))
    return found, float(drawn.mean(axis=1).std(ddof=1)), float(low), float(high)


def _by_seed(truth: np.ndarray, given: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(resamples, seeds): each seed's correlation under (resamples, texts) weights."""
    return np.stack([pearson(truth, own, weights) for own in given.T], axis=1)


def _apart(a: np.ndarray, b: np.ndarray, values: bool) -> float:
    """How far two seeds' predictions, (texts,) each, lie apart."""
    return float(np.abs(a - b).mean() if values else (a != b).mean())


def spread_over_seeds(frame: pd.DataFrame, by: list[str], column: str = "value") -> pd.DataFrame:
    """Mean, standard deviation (n - 1, NaN for one), lowest and highest of `column` by the keys `by`.

    Columns `by` and `SPREAD`; `seeds` counts the values, those that are missing left out.
    """
    groups = frame.dropna(subset=[column]).groupby(by, sort=False, observed=True)[column]
    found = groups.agg(["mean", "std", "min", "max", "count"]).reset_index()
    return found.set_axis([*by, *SPREAD], axis=1)
