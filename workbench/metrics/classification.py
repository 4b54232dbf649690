"""Quality of predictions, with intervals over texts.

Float labels are a regression's, tuples those of a task with any number of labels, others classes.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon

from workbench.metrics.label_sets import example_f1, is_multi_label, macro_parts, micro_f1, micro_parts
from workbench.metrics.schemas import CLASSIFICATION
from workbench.metrics.stats.correlations import correlations, pearson_difference
from workbench.metrics.stats.resampling import (
    mean_interval,
    paired_difference,
    percentiles,
    resample_means,
)

QUALITIES = {
    "accuracy": ("accuracy", "macro_f1"),
    "pearson": ("pearson", "spearman"),
    "micro_f1": ("micro_f1", "macro_f1"),
}
"""The primary metric, and those shown in a small table; see `primary_metric`."""
_NEEDED = ("method", "split", "text_id", "label", "predicted")


def classification(predictions: pd.DataFrame, *, bootstrap: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Return the quality of every method on every split, columns of `schemas.CLASSIFICATION`.

    Classes: accuracy, macro F1 and Matthews correlation. Values lie in [0, 1], Matthews (for more than
    two classes Gorodkin's R_K, 2004) in [-1, 1] and 0 where labels or predictions are all of one class;
    all equal scikit-learn's. Where several annotators labelled texts, see `label_agreement` too. Values:
    see `correlations`. Any number of labels: micro and macro F1, subset accuracy (all labels right and
    none too many) and the mean of each text's F1.

    Args:
        predictions: One row per method, split and text with `label` and `predicted`; ValueError when a
            column is missing or a text appears twice.
        bootstrap, seed: As of `mean_interval`.
    """
    missing = [name for name in _NEEDED if name not in predictions.columns]
    if missing:
        raise ValueError(f"predictions lack the column(s) {', '.join(missing)}")
    rows: list[tuple[object, ...]] = []
    for key, part in predictions.groupby(["method", "split"], sort=False, observed=True):
        twice = part["text_id"][part["text_id"].duplicated()]
        if len(twice):
            raise ValueError(f"{key[0]}, {key[1]}: text {twice.iloc[0]!r} has two predictions")
        label, predicted = part["label"].to_numpy(), part["predicted"].to_numpy()
        rows += [(*key, *row, len(part)) for row in quality(label, predicted[None], bootstrap, seed)]
        rows += [(*key, *row) for row in label_agreement(part, bootstrap, seed)]
    return CLASSIFICATION.frame(rows)


def quality(
    label: np.ndarray, predicted: np.ndarray, resamples: int, seed: int
) -> Iterator[tuple[str, float, float, float]]:
    """Yield (metric, value, ci_low, ci_high).

    Args:
        label, predicted, resamples, seed: As of `correlations`.
    """
    if is_regression(label):
        yield from correlations(label, predicted, resamples, seed)
        return
    if is_multi_label(label):
        for metric, (parts_of, compute) in _LABEL_METRICS.items():
            yield metric, *_of_means(compute, [parts_of(label, d) for d in predicted], resamples, seed)
        yield "subset_accuracy", *_mean(_all_right(label, predicted), resamples, seed)
        yield "example_f1", *_mean(by_text(label, predicted)[1], resamples, seed)
        return
    yield "accuracy", *_mean(_all_right(label, predicted), resamples, seed)
    for metric, (parts_of, compute) in _METRICS.items():
        parts = [parts_of(label, draw) for draw in predicted]
        yield metric, *_of_means(compute, parts, resamples, seed)


def label_agreement(
    predictions: pd.DataFrame, resamples: int, seed: int
) -> Iterator[tuple[str, float, float, float, int]]:
    """Yield (metric, value, ci_low, ci_high, n) of probabilities against the share of annotators.

    Over texts that several annotators labelled: `label_cross_entropy` in nats, and `label_js`, the
    Jensen-Shannon distance in base 2, from 0 to 1. Both are means over texts; less is closer.

    Args:
        predictions: Of one method and split; columns `prob_<class>` and `share_<class>`, else nothing.
        resamples, seed: As of `mean_interval`.
    """
    columns = map(str, predictions.columns)
    names = [name.removeprefix("share_") for name in columns if name.startswith("share_")]
    shares = predictions[[f"share_{name}" for name in names]].to_numpy(dtype=np.float64)
    known = ~np.isnan(shares).any(axis=1) if names else np.zeros(0, dtype=bool)
    if not known.any():
        return
    shares = shares[known]
    given = predictions[[f"prob_{name}" for name in names]].to_numpy(dtype=np.float64)[known]
    cross_entropy = -(shares * np.log(np.maximum(given, np.finfo(np.float64).tiny))).sum(axis=1)
    for metric, values in (
        ("label_cross_entropy", cross_entropy),
        ("label_js", jensenshannon(shares, given, base=2, axis=1)),
    ):
        low, high = mean_interval(values, resamples, seed)
        yield metric, float(values.mean()), float(low), float(high), len(values)


def by_text(label: np.ndarray, predicted: np.ndarray) -> tuple[str, np.ndarray]:
    """Return the metric that every text has a value of, for paired tests, and those values (texts,).

    Accuracy, or minus the squared error of a regression, or F1 of a text's labels where it has any
    number, the mean over the draws of `predicted` (draws, texts).
    """
    if is_regression(label):
        return "neg_squared_error", -((predicted - label) ** 2).mean(axis=0)
    if is_multi_label(label):
        return "example_f1", np.mean([example_f1(label, draw) for draw in predicted], axis=0)
    return "accuracy", _all_right(label, predicted)


def _all_right(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(texts,): the share of the draws that are the label."""
    return (label == predicted).mean(axis=0, dtype=np.float64)


def _mean(values: np.ndarray, resamples: int, seed: int) -> tuple[float, float, float]:
    low, high = mean_interval(values, resamples, seed)
    return float(values.mean()), float(low), float(high)


def primary_metric(label: np.ndarray, predicted: np.ndarray) -> tuple[str, float]:
    """Return the metric by which models are chosen (accuracy, Pearson's r, micro F1) and its value."""
    return next((name, value) for name, value, *_ in quality(label, predicted[None], 0, 0))


def quality_difference(
    label: np.ndarray, a: np.ndarray, b: np.ndarray, resamples: int, seed: int
) -> tuple[float, float, float]:
    """Return the primary metric of predictions `a` minus that of `b`, with its paired interval.

    Args:
        label, a, b, resamples, seed: As of `pearson_difference`.
    """
    if is_regression(label):
        return pearson_difference(label, a, b, resamples, seed)
    if is_multi_label(label):
        pair = np.concatenate([micro_parts(label, a), micro_parts(label, b)], axis=1)
        return _of_means(
            lambda parts: micro_f1(parts[:, :2]) - micro_f1(parts[:, 2:]), [pair], resamples, seed
        )
    _, ours = by_text(label, a[None])
    _, theirs = by_text(label, b[None])
    return paired_difference(ours, theirs, resamples, seed)


def judged_by(table: pd.DataFrame) -> str:
    """Return the primary metric of a table as `classification` makes it."""
    return next(
        (name for name in ("pearson", "micro_f1") if (table["metric"] == name).any()), "accuracy"
    )


def is_regression(label: np.ndarray) -> bool:
    """Return whether labels, or predictions, are numbers and not names of classes."""
    return label.dtype.kind == "f"


def _f1_parts(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(texts, 2 x classes): hits, and true plus chosen; F1 of a class needs their shares only."""
    true, chosen = _one_hot(label, predicted)
    return np.concatenate([true * chosen, true + chosen], axis=1)


def _matthews_parts(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(texts, 1 + 2 x classes): right or not, then the true and the chosen class."""
    true, chosen = _one_hot(label, predicted)
    hit = (true * chosen).sum(axis=1, keepdims=True)
    return np.concatenate([hit, true, chosen], axis=1)


def _one_hot(label: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which class each text has and is given, (texts, classes) of 0 and 1."""
    classes = np.unique(np.concatenate([label, predicted]))
    true, chosen = label[:, None] == classes, predicted[:, None] == classes
    return true.astype(np.float64), chosen.astype(np.float64)


def _of_means(
    compute: Callable[[np.ndarray], np.ndarray], parts: list[np.ndarray], resamples: int, seed: int
) -> tuple[float, float, float]:
    """A metric of means over texts, with its interval; `parts` holds a (texts, columns) per draw."""
    value = float(np.mean([compute(part.mean(axis=0, keepdims=True)) for part in parts]))
    if not resamples:
        return value, np.nan, np.nan
    drawn = [compute(resample_means(part, resamples, seed)) for part in parts]
    low, high = percentiles(np.mean(drawn, axis=0))
    return value, float(low), float(high)


def matthews(parts: np.ndarray) -> np.ndarray:
    """Return Matthews correlation from (resamples, 1 + 2 x classes): right, true and chosen shares."""
    true, chosen = np.split(parts[:, 1:], 2, axis=1)
    covariance = parts[:, 0] - (true * chosen).sum(axis=1)
    spreads = 1 - (true**2).sum(axis=1), 1 - (chosen**2).sum(axis=1)
    # Two classes among n texts spread by at least 1 / n; less is a rounding error.
    real = np.minimum(*spreads) > 1e-12
    root = np.sqrt(np.where(real, spreads[0] * spreads[1], 1.0))
    return np.where(real, covariance / root, 0.0)


def macro_f1(parts: np.ndarray) -> np.ndarray:
    """Return macro F1 from (resamples, 2 x classes) of means of hits and of true plus chosen.

    A class that is absent from labels and predictions is left out.
    """
    hits, total = np.split(parts, 2, axis=1)
    f1 = np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0)
    return f1.sum(axis=1) / np.maximum((total > 0).sum(axis=1), 1)


_METRICS = {"macro_f1": (_f1_parts, macro_f1), "matthews": (_matthews_parts, matthews)}
"""Per text what the metric needs the means of, and the metric from those."""
_LABEL_METRICS = {"micro_f1": (micro_parts, micro_f1), "macro_f1": (macro_parts, macro_f1)}
"""The same where a text has any number of labels."""
