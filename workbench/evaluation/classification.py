"""Quality of the predictions, with intervals over texts."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from workbench.evaluation.bootstrap import mean_interval, percentiles, resample_means

COLUMNS = ("method", "split", "metric", "value", "ci_low", "ci_high", "n")
_NEEDED = ("method", "split", "text_id", "label", "predicted")


def classification(predictions: pd.DataFrame, *, bootstrap: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Accuracy, macro F1 and Matthews correlation of every method on every split, columns `COLUMNS`.

    `predictions` has one row per method, split and text with `label` and `predicted`. Values lie in
    [0, 1], Matthews (for more than two classes Gorodkin's R_K, 2004) in [-1, 1] and 0 where labels or
    predictions are all of one class; all equal scikit-learn's. Intervals are 95 % bootstrap
    percentiles over texts (NaN when `bootstrap` is 0). An empty frame gives an empty table. Raises
    ValueError when a column is missing or a text appears twice.
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
        for metric, compute in _METRICS.items():
            rows.append((method, split, metric, *compute(label, predicted, bootstrap, seed), len(part)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _accuracy(label: np.ndarray, predicted: np.ndarray, resamples: int, seed: int) -> tuple[float, ...]:
    right = (label == predicted).astype(np.float64)
    low, high = mean_interval(right, resamples, seed)
    return float(right.mean()), float(low), float(high)


def _macro_f1(label: np.ndarray, predicted: np.ndarray, resamples: int, seed: int) -> tuple[float, ...]:
    true, chosen = _one_hot(label, predicted)
    # F1 of a class needs two shares of the texts only: hits, and true plus chosen.
    parts = np.concatenate([true * chosen, true + chosen], axis=1)
    return _of_means(_mean_f1, parts, resamples, seed)


def _matthews(label: np.ndarray, predicted: np.ndarray, resamples: int, seed: int) -> tuple[float, ...]:
    true, chosen = _one_hot(label, predicted)
    hit = (true * chosen).sum(axis=1, keepdims=True)
    return _of_means(_correlation, np.concatenate([hit, true, chosen], axis=1), resamples, seed)


def _one_hot(label: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which class each text has and is given, (texts, classes) of 0 and 1."""
    classes = np.unique(np.concatenate([label, predicted]))
    true, chosen = label[:, None] == classes, predicted[:, None] == classes
    return true.astype(np.float64), chosen.astype(np.float64)


def _of_means(
    compute: Callable[[np.ndarray], np.ndarray], parts: np.ndarray, resamples: int, seed: int
) -> tuple[float, float, float]:
    """A metric of means over texts, with its interval; `parts` is (texts, columns)."""
    value = float(compute(parts.mean(axis=0, keepdims=True))[0])
    if not resamples:
        return value, np.nan, np.nan
    low, high = percentiles(compute(resample_means(parts, resamples, seed)))
    return value, float(low), float(high)


def _correlation(parts: np.ndarray) -> np.ndarray:
    """Matthews correlation from (resamples, 1 + 2 x classes): share right, true and chosen shares."""
    true, chosen = np.split(parts[:, 1:], 2, axis=1)
    covariance = parts[:, 0] - (true * chosen).sum(axis=1)
    spreads = 1 - (true**2).sum(axis=1), 1 - (chosen**2).sum(axis=1)
    # Two classes among n texts spread by at least 1 / n; less is a rounding error.
    real = np.minimum(*spreads) > 1e-12
    root = np.sqrt(np.where(real, spreads[0] * spreads[1], 1.0))
    return np.where(real, covariance / root, 0.0)


def _mean_f1(parts: np.ndarray) -> np.ndarray:
    """Macro F1 from (resamples, 2 x classes); a class absent from labels and predictions is left out."""
    hits, total = np.split(parts, 2, axis=1)
    f1 = np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0)
    return f1.sum(axis=1) / (total > 0).sum(axis=1)


_METRICS = {"accuracy": _accuracy, "macro_f1": _macro_f1, "matthews": _matthews}
