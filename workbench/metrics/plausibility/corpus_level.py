"""Metrics that are no mean of texts' values: F1 of mean precision and recall, and micro averages."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from workbench.metrics.plausibility.measures import MEASURED, SELECTIONS
from workbench.metrics.plausibility.selection import f1
from workbench.metrics.stats.resampling import percentiles, resample_means

_FAMILIES = {
    "token_micro": (("hits", "chosen"), ("hits", "marked")),
    "iou_micro": (("span_hits", "spans_chosen"), ("span_hits", "spans_marked")),
    "iou": (("iou_precision", None), ("iou_recall", None)),
}
"""Name -> (numerator, denominator) of precision and of recall, summed over texts; None: 1 per value."""
CORPUS_METRICS = (
    *(f"{name}_micro_{part}" for name in ("token", "iou") for part in ("precision", "recall", "f1")),
    "iou_f1",
)


class Row(NamedTuple):
    """One metric of one selection over texts: arrays of shape (layers,)."""

    selection: str
    metric: str
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray
    """Texts behind the value; where there is none, value and interval mean nothing."""


def corpus_metrics(values: np.ndarray, resamples: int, seed: int) -> Iterator[Row]:
    """Yield each of `CORPUS_METRICS` under each selection.

    A precision or recall without any span or unit to divide by is 0, as in ERASER's scorer.

    Args:
        values: (texts, layers, len(MEASURED)).
        resamples, seed: As of `mean_interval`.
    """
    for selection in SELECTIONS:
        n = (~np.isnan(values[..., MEASURED.index((selection, "chosen"))])).sum(axis=0)
        for family, pairs in _FAMILIES.items():
            sums = np.concatenate([_pair(values, selection, *pair) for pair in pairs], axis=-1)
            point = low = high = np.full((len(n), 3), np.nan)
            if len(sums):
                point = _metrics(sums.mean(axis=0))
            if len(sums) and resamples:
                drawn = resample_means(sums.reshape(len(sums), -1), resamples, seed)
                low, high = percentiles(_metrics(drawn.reshape(resamples, len(n), 4)))
            for column, part in enumerate(("precision", "recall", "f1")):
                if f"{family}_{part}" in CORPUS_METRICS:
                    value, below, above = (array[:, column] for array in (point, low, high))
                    yield Row(selection, f"{family}_{part}", value, below, above, n)


def _pair(values: np.ndarray, selection: str, top: str, bottom: str | None) -> np.ndarray:
    """(texts, layers, 2): numerator and denominator, 0 for a text without a value."""
    numerator = values[..., MEASURED.index((selection, top))]
    if bottom is None:
        denominator = ~np.isnan(numerator)
    else:
        denominator = values[..., MEASURED.index((selection, bottom))]
    return np.nan_to_num(np.stack([numerator, denominator], axis=-1))


def _metrics(means: np.ndarray) -> np.ndarray:
    """Precision, recall and F1 (..., 3) from means (..., 4): two numerators with their denominators."""
    top, bottom = means[..., 0::2], means[..., 1::2]
    ratios = np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
    return np.concatenate([ratios, f1(ratios[..., :1], ratios[..., 1:])], axis=-1)
