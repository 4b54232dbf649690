"""Runs that differ in their seed only: how much of a result is the seed, how much the texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.metrics.classification import is_regression
from workbench.metrics.label_sets import is_multi_label, micro_f1, micro_parts
from workbench.metrics.plausibility.measures import MEASURES
from workbench.metrics.plausibility.text_values import TextValues
from workbench.metrics.schemas import OVER_SEEDS, QUALITY_OVER_SEEDS
from workbench.metrics.stats.correlations import pearson
from workbench.metrics.stats.resampling import percentiles, weight_blocks
from workbench.metrics.stats.shares import share

_Spread = tuple[np.ndarray, float, float, float]
"""Quality of each seed, standard error from the texts, low and high end of the interval."""


def crossed_interval(values: np.ndarray, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bootstrap interval of the mean over seeds and texts: two (...) arrays.

    Each resample draws as many seeds and, independently, as many texts, with replacement, and averages
    the values in the rows and columns drawn: the same texts stand under every seed, so neither level is
    inside the other. With one seed it is the ordinary bootstrap over texts and says nothing about seeds.
    NaN where no text has a value or there are no resamples. Source: Owen 2007, pigeonhole bootstrap.

    Args:
        values: (seeds, texts, ...), NaN: no value.
        resamples, seed: As of `mean_interval`.
    """
    values = np.asarray(values, dtype=np.float64)
    seeds, texts, *rest = values.shape
    flat = values.reshape(seeds, texts, int(np.prod(rest)))
    present = ~np.isnan(flat)
    filled = np.where(present, flat, 0.0)
    rng = np.random.default_rng(seed)
    means = np.full((resamples, flat.shape[2]), np.nan)
    for draw in range(resamples if seeds and texts else 0):
        by_seed = np.bincount(rng.integers(seeds, size=seeds), minlength=seeds)
        by_text = np.bincount(rng.integers(texts, size=texts), minlength=texts)
        top, bottom = (
            np.tensordot(by_text, np.tensordot(by_seed, part, axes=1), axes=1)
            for part in (filled, present.astype(np.float64))
        )
        means[draw] = share(top, bottom)
    low, high = np.full(flat.shape[2], np.nan), np.full(flat.shape[2], np.nan)
    for column in np.flatnonzero((~np.isnan(means)).any(axis=0)):
        drawn = means[:, column]
        low[column], high[column] = percentiles(drawn[~np.isnan(drawn)])
    return low.reshape(rest), high.reshape(rest)


def summarise_seeds(
    by_seed: Mapping[int, Sequence[TextValues]], split: str, *, bootstrap: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Return means over seeds and texts of every measure, columns of `schemas.OVER_SEEDS`.

    A seed's value is its mean over texts; `value` is the mean over seeds, the interval that of
    `crossed_interval`, `n` the number of texts with a value under some seed. Metrics of the whole corpus
    are left out: they are no means over texts.

    Args:
        by_seed: The text values of each run; scorers, units and universes are those that all runs have,
            texts those that all have of a scorer.
        split: Name for the column.
        bootstrap, seed: As of `mean_interval`.
    """
    rows: list[tuple[object, ...]] = []
    for parts in _matched(by_seed):
        first = parts[0]
        values = np.stack([part.values[..., : len(MEASURES)] for part in parts])
        count = (~np.isnan(values)).sum(axis=1)
        means = share(np.nansum(values, axis=1), count)
        n = (~np.isnan(values)).any(axis=0).sum(axis=0)
        low, high = crossed_interval(values, bootstrap, seed)
        for layer, column in zip(*np.nonzero(n), strict=True):
            cell = (layer, column)
            each = means[(slice(None), *cell)]
            each = each[~np.isnan(each)]
            sd = each.std(ddof=1) if len(each) > 1 else np.nan
            rows.append(
                (first.scorer, first.method, split, int(layer), first.unit, first.window_set,
                 *MEASURES[column], each.mean(), low[cell], high[cell], sd, int(n[cell]), len(each))
            )  # fmt: skip
    return OVER_SEEDS.frame(rows)


def mean_over_seeds(by_seed: Mapping[int, Sequence[TextValues]]) -> list[TextValues]:
    """Return each text's values averaged over the seeds that have one, for paired tests over texts.

    One text under three seeds is not three texts: `compare_scorers` on these flips whole texts.
    """
    averaged = []
    for parts in _matched(by_seed):
        values = np.stack([part.values for part in parts])
        mean = share(np.nansum(values, axis=0), (~np.isnan(values)).sum(axis=0))
        averaged.append(replace(parts[0], values=mean))
    return averaged


def _matched(by_seed: Mapping[int, Sequence[TextValues]]) -> list[list[TextValues]]:
    """What all seeds have, on the texts that all have, in the order of the first."""
    if not by_seed:
        raise InputError("no runs to summarise: give one seed at least")
    tables = [
        {(part.scorer, part.method, part.unit, part.window_set): part for part in parts}
        for parts in by_seed.values()
    ]
    shared = [key for key in tables[0] if all(key in table for table in tables)]
    return [_on_common_texts([table[key] for table in tables]) for key in shared]


def _on_common_texts(parts: Sequence[TextValues]) -> list[TextValues]:
    texts = [pd.Index(part.text_ids) for part in parts]
    common = texts[0][np.logical_and.reduce([texts[0].isin(other) for other in texts])]
    layers = min(part.values.shape[1] for part in parts)
    return [
        replace(part, text_ids=tuple(common), values=part.values[ids.get_indexer(common), :layers])
        for part, ids in zip(parts, texts, strict=True)
    ]


def quality_over_seeds(
    predicted: Mapping[str, pd.DataFrame],
    label: pd.Series,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the primary metric of each method over seeds, columns of `schemas.QUALITY_OVER_SEEDS`.

    `se_texts` of a correlation is by the bootstrap; the interval draws texts and seeds again, see
    `crossed_interval`; `disagreement` of values is their mean absolute difference. With one seed
    sd_seeds and disagreement are NaN, and the interval knows nothing of seeds.

    Args:
        predicted: A frame per method: a row per text id, a column per seed, the class or value
            predicted; a text without a prediction under one of the seeds is left out.
        label: The truth by text id; float numbers are judged by Pearson's correlation, tuples of labels
            by micro F1, classes by accuracy.
        bootstrap, seed: As of `mean_interval`.
    """
    rows: list[tuple[object, ...]] = []
    for method, frame in predicted.items():
        frame = frame.dropna()
        texts, seeds = frame.shape
        if not texts:
            continue
        truth, given = label.loc[frame.index].to_numpy(), frame.to_numpy()
        values = is_regression(truth)
        spread = _accuracies
        if values or is_multi_label(truth):
            spread = partial(_ratios, by_seed=_pearsons if values else _micro_f1s)
        qualities, error, low, high = spread(truth, given, bootstrap, seed)
        pairs = [
            np.abs(a - b).mean() if values else (a != b).mean() for a, b in combinations(given.T, 2)
        ]
        rows.append(
            (method, qualities.mean(), qualities.std(ddof=1) if seeds > 1 else np.nan, error, low, high,
             np.mean(pairs) if pairs else np.nan, texts, seeds)
        )  # fmt: skip
    return QUALITY_OVER_SEEDS.frame(rows)


def _accuracies(truth: np.ndarray, given: np.ndarray, resamples: int, seed: int) -> _Spread:
    """Of (texts,) classes and (texts, seeds) predictions."""
    right = (given == truth[:, None]).astype(np.float64)
    low, high = crossed_interval(right.T, resamples, seed)
    texts = len(right)
    error = right.mean(axis=1).std(ddof=1) / np.sqrt(texts) if texts > 1 else np.nan
    return right.mean(axis=0), float(error), float(low), float(high)


def _ratios(
    truth: np.ndarray,
    given: np.ndarray,
    resamples: int,
    seed: int,
    *,
    by_seed: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> _Spread:
    """Of (texts,) truths and (texts, seeds) predictions: a resample's correlation, or F1, is that of
    each seed on the texts drawn, averaged over the seeds drawn."""
    texts, seeds = given.shape
    qualities = by_seed(truth, given, np.full((1, texts), 1 / texts))[0]
    if not resamples:
        return qualities, np.nan, np.nan, np.nan
    blocks = [by_seed(truth, given, weights) for weights in weight_blocks(texts, resamples, seed)]
    drawn = np.concatenate(blocks)
    # Seeds are drawn by numbers of their own: with the texts' they would not be independent.
    chosen = np.concatenate(list(weight_blocks(seeds, resamples, seed + 1)))
    low, high = percentiles((chosen * drawn).sum(axis=1))
    return qualities, float(drawn.mean(axis=1).std(ddof=1)), float(low), float(high)


def _pearsons(truth: np.ndarray, given: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(resamples, seeds): each seed's correlation under (resamples, texts) weights."""
    return np.stack([pearson(truth, values, weights) for values in given.T], axis=1)


def _micro_f1s(truth: np.ndarray, given: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(resamples, seeds): each seed's micro F1 under (resamples, texts) weights."""
    return np.stack([micro_f1(weights @ micro_parts(truth, values)) for values in given.T], axis=1)
