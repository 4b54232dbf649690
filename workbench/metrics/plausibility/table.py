"""Agreement of scores with human rationales, layer by layer, from records to tidy rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.measures import MEASURED, MEASURES, SELECTIONS
from workbench.metrics.plausibility.selection import f1
from workbench.metrics.plausibility.text_values import TextValues, text_values
from workbench.metrics.schemas import PLAUSIBILITY, PLAUSIBILITY_COUNTS
from workbench.metrics.stats.resampling import mean_interval, percentiles, resample_means
from workbench.metrics.stats.text_means import ByText, owned_interval

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
SPAN_METRICS = tuple(
    f"{family}_{part}" for family in ("iou", "iou_micro") for part in ("precision", "recall", "f1")
)
"""All that sums over texts give of spans: mean precision and recall are ERASER's with none as 0."""


class Row(NamedTuple):
    """One metric of one selection over texts: arrays of shape (layers,)."""

    selection: str
    metric: str
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray
    """Texts behind the value; where there is none, value and interval mean nothing."""


def corpus_metrics(
    part: TextValues, resamples: int, seed: int, names: Sequence[str] = CORPUS_METRICS
) -> Iterator[Row]:
    """Yield each of the metrics `names` under each selection.

    A precision or recall without any span or unit to divide by is 0, as in ERASER's scorer.

    Args:
        part: Values of texts.
        resamples, seed: As of `mean_interval`.
        names: Of `CORPUS_METRICS` and `SPAN_METRICS`.
    """
    values = part.values
    for selection in SELECTIONS:
        n = (~np.isnan(values[..., MEASURED.index((selection, "chosen"))])).sum(axis=0)
        for family, pairs in _FAMILIES.items():
            sums = np.concatenate([_pair(values, selection, *pair) for pair in pairs], axis=-1)
            if part.owners:
                sums = ByText(part.owners).total(sums)
            point = low = high = np.full((len(n), 3), np.nan)
            if len(sums):
                point = _metrics(sums.mean(axis=0))
            if len(sums) and resamples:
                drawn = resample_means(sums.reshape(len(sums), -1), resamples, seed)
                low, high = percentiles(_metrics(drawn.reshape(resamples, len(n), 4)))
            for column, kind in enumerate(("precision", "recall", "f1")):
                if f"{family}_{kind}" in names:
                    value, below, above = (array[:, column] for array in (point, low, high))
                    yield Row(selection, f"{family}_{kind}", value, below, above, n)


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


@dataclass(frozen=True)
class Plausibility:
    """The tidy table and what it leaves out."""

    frame: pd.DataFrame
    """Columns of `schemas.PLAUSIBILITY`; `n` = texts with a value, `selection` = "none" for ap."""
    counts: pd.DataFrame
    """Columns of `schemas.PLAUSIBILITY_COUNTS`, one row per scorer, method, unit and window set."""


def plausibility(
    records: Iterable[TokenScores], split: str, *, bootstrap: int = 1000, seed: int = 0
) -> Plausibility:
    """Compare every scorer with the rationales of its texts by every metric of `registry.AGREEMENT`.

    No records, or none with a rationale, give empty frames with all columns. The registry says where a
    metric differs from ERASER's.

    Args:
        records: InputError naming the text on scores that `scored_units` refuses, and on two records of
            one window.
        split: Name for the column.
        bootstrap, seed: As of `mean_interval`.
    """
    values = text_values(records)
    return Plausibility(summarise(values, split, bootstrap, seed), count_frame(values, split))


def summarise(
    values: Iterable[TextValues], split: str, bootstrap: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Return all metrics over texts with intervals, columns of `schemas.PLAUSIBILITY`.

    A layer or selection that no text has a value for gets no row.

    Args:
        values: By scorer, unit and window set.
        split, bootstrap, seed: As of `plausibility`.
    """

    def summary(part: TextValues) -> Iterator[Row]:
        yield from _means(part, bootstrap, seed)
        yield from corpus_metrics(part, bootstrap, seed)

    return _tidy(values, split, summary)


def span_rows(values: Iterable[TextValues], split: str, bootstrap: int, seed: int) -> pd.DataFrame:
    """Return rows like those of `summarise` for `SPAN_METRICS` alone.

    Args:
        values, split, bootstrap, seed: As of `summarise`.
    """
    return _tidy(values, split, lambda part: corpus_metrics(part, bootstrap, seed, SPAN_METRICS))


def _tidy(
    values: Iterable[TextValues], split: str, summary: Callable[[TextValues], Iterable[Row]]
) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    for part in values:
        for one in summary(part):
            rows += [
                (part.scorer, part.method, split, int(layer), part.unit, part.window_set, one.selection,
                 one.metric, one.value[layer], one.low[layer], one.high[layer], int(one.n[layer]))
                for layer in np.flatnonzero(one.n)
            ]  # fmt: skip
    return PLAUSIBILITY.frame(rows)


def _means(part: TextValues, resamples: int, seed: int) -> Iterator[Row]:
    shown = part.values[..., : len(MEASURES)]
    n = (~np.isnan(shown)).sum(axis=0)
    means = np.nansum(shown, axis=0) / np.maximum(n, 1)
    if part.owners:
        low, high = owned_interval(shown, part.owners, resamples, seed)
    else:
        low, high = mean_interval(shown, resamples, seed)
    for column, key in enumerate(MEASURES):
        yield Row(*key, means[:, column], low[:, column], high[:, column], n[:, column])


def count_frame(values: Iterable[TextValues], split: str) -> pd.DataFrame:
    """Return what each universe kept and dropped, with the columns of `schemas.PLAUSIBILITY_COUNTS`."""
    names = PLAUSIBILITY_COUNTS.values
    return PLAUSIBILITY_COUNTS.frame(
        (v.scorer, v.method, split, v.unit, v.window_set, *(v.counts[name] for name in names))
        for v in values
    )
