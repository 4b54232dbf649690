"""Quality of the predictions, with intervals over texts."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.evaluation.bootstrap import mean_interval, percentiles, resample_means

COLUMNS = ("method", "split", "metric", "value", "ci_low", "ci_high", "n")
_NEEDED = ("method", "split", "text_id", "label", "predicted")


def classification(predictions: pd.DataFrame, *, bootstrap: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Accuracy and macro F1 of every method on every split, as rows with the columns of `COLUMNS`.

    `predictions` has one row per method, split and text with `label` and `predicted`. Values lie in
    [0, 1] and equal scikit-learn's; intervals are 95 % bootstrap percentiles over texts (NaN when
    `bootstrap` is 0). An empty frame gives an empty table. Raises ValueError when a column is missing
    or a text appears twice.
    """
    missing = [name for name in _NEEDED if name not in predictions.columns]
    if missing:
        raise ValueError(f"predictions lack the column(s) {', '.join(missing)}")
    rows: list[tuple[object, ...]] = []
    for (method, split), part in predictions.groupby(["method", "split"], sort=False, observed=True):
        twice = part["text_id"][part["text_id"].duplicated()]
        if len(twice):
            raise ValueError(f"{method}, {split}: text {twice.iloc[0]!r} has two predictions")
        label, predicted = part["label"].to_numpy(), part["predicted"].to_numpy()
        for metric, *values in quality(label, predicted[None], bootstrap, seed):
            rows.append((method, split, metric, *values, len(part)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def quality(
    label: np.ndarray, predicted: np.ndarray, resamples: int, seed: int
) -> Iterator[tuple[str, float, float, float]]:
    """(metric, value, ci_low, ci_high) of predictions (draws, texts) against `label` (texts,).

    Of several draws every value is the mean over the draws; an interval is over texts, each resample
    holding the same texts in all draws.
    """
    right = correct(label, predicted)
    low, high = mean_interval(right, resamples, seed)
    yield "accuracy", float(right.mean()), float(low), float(high)
    yield "macro_f1", *_macro_f1(label, predicted, resamples, seed)


def correct(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(texts,): share of the draws of `predicted` (draws, texts) that are right."""
    return (label == predicted).mean(axis=0, dtype=np.float64)


def _macro_f1(
    label: np.ndarray, predicted: np.ndarray, resamples: int, seed: int
) -> tuple[float, float, float]:
    parts = [_f1_parts(label, draw) for draw in predicted]
    value = float(np.mean([_mean_f1(part.mean(axis=0, keepdims=True)) for part in parts]))
    if not resamples:
        return value, np.nan, np.nan
    drawn = [_mean_f1(resample_means(part, resamples, seed)) for part in parts]
    low, high = percentiles(np.mean(drawn, axis=0))
    return value, float(low), float(high)


def _f1_parts(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(texts, 2 x classes): hits, and true plus chosen; F1 of a class needs their shares only."""
    classes = np.unique(np.concatenate([label, predicted]))
    true, chosen = label[:, None] == classes, predicted[:, None] == classes
    return np.concatenate([true & chosen, true.astype(np.float64) + chosen], axis=1)


def _mean_f1(parts: np.ndarray) -> np.ndarray:
    """Macro F1 from (resamples, 2 x classes); a class absent from labels and predictions is left out."""
    hits, total = np.split(parts, 2, axis=1)
    f1 = np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0)
    return f1.sum(axis=1) / (total > 0).sum(axis=1)
