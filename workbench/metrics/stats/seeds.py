"""Runs that differ in their seed only: texts and seeds are both drawn again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.metrics.plausibility.measures import MEASURES
from workbench.metrics.plausibility.text_values import TextValues
from workbench.metrics.stats.resampling import percentiles
from workbench.metrics.stats.shares import share

COLUMNS = (
    "scorer", "method", "split", "layer", "unit", "universe", "selection", "metric",
    "value", "ci_low", "ci_high", "sd_seeds", "n", "seeds",
)  # fmt: skip


def crossed_interval(
    values: np.ndarray, resamples: int, seed: int, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Bootstrap interval of the mean of `values` (seeds, texts, ...), NaN: no value; two (...) arrays.

    Each resample draws as many seeds and, independently, as many texts, with replacement, and averages
    the values in the rows and columns drawn: the same texts stand under every seed, so neither level is
    inside the other. With one seed it is the ordinary bootstrap over texts and says nothing about seeds.
    NaN where no text has a value or `resamples` is 0. Source: Owen 2007, pigeonhole bootstrap.
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
        low[column], high[column] = percentiles(drawn[~np.isnan(drawn)], level)
    return low.reshape(rest), high.reshape(rest)


def summarise_seeds(
    by_seed: Mapping[int, Sequence[TextValues]], split: str, *, bootstrap: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Means over seeds and texts of every measure, columns of `COLUMNS`.

    `by_seed` has the text values of each run; scorers, units and universes are those that all runs have,
    texts those that all have of a scorer. A seed's value is its mean over texts; `value` is the mean
    over seeds, `sd_seeds` their standard deviation (n - 1; NaN for one), the interval that of
    `crossed_interval`, `n` the number of texts with a value under some seed. Metrics of the whole corpus
    are left out: they are no means over texts.
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
            own = means[(slice(None), *cell)]
            own = own[~np.isnan(own)]
            sd = own.std(ddof=1) if len(own) > 1 else np.nan
            rows.append(
                (first.scorer, first.method, split, int(layer), first.unit, first.universe,
                 *MEASURES[column], own.mean(), low[cell], high[cell], sd, int(n[cell]), len(own))
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def mean_over_seeds(by_seed: Mapping[int, Sequence[TextValues]]) -> list[TextValues]:
    """Each text's values averaged over the seeds that have one, for paired tests over texts.

    One text under three seeds is not three texts: `compare_scorers` on these flips whole texts.
    """
    averaged = []
    for parts in _matched(by_seed):
        values = np.stack([part.values for part in parts])
        count = (~np.isnan(values)).sum(axis=0)
        mean = share(np.nansum(values, axis=0), count)
        averaged.append(replace(parts[0], values=mean))
    return averaged


def _matched(by_seed: Mapping[int, Sequence[TextValues]]) -> list[list[TextValues]]:
    """What all seeds have, on the texts that all have, in the order of the first."""
    if not by_seed:
        raise InputError("no runs to summarise: give one seed at least")
    tables = [
        {(part.scorer, part.method, part.unit, part.universe): part for part in parts}
        for parts in by_seed.values()
    ]
    shared = [key for key in tables[0] if all(key in table for table in tables)]
    return [_on_common_texts([table[key] for table in tables]) for key in shared]


def _on_common_texts(parts: Sequence[TextValues]) -> list[TextValues]:
    common = [
        text_id for text_id in parts[0].text_ids if all(text_id in part.text_ids for part in parts)
    ]
    layers = min(part.values.shape[1] for part in parts)
    chosen = []
    for part in parts:
        row = {text_id: number for number, text_id in enumerate(part.text_ids)}
        values = part.values[[row[text_id] for text_id in common], :layers]
        chosen.append(replace(part, text_ids=tuple(common), values=values))
    return chosen
