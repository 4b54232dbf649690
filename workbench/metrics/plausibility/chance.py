"""What scores that know nothing give on these texts: draws, and exact expectations."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import digamma

from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.measures import CUTS, MEASURED, Key
from workbench.metrics.plausibility.soft import differ
from workbench.metrics.plausibility.table import Plausibility, count_frame, summarise
from workbench.metrics.plausibility.text_values import TextValues, text_values
from workbench.metrics.plausibility.units import Batch
from workbench.metrics.schemas import CHANCE, RANDOM_SPREAD
from workbench.metrics.stats.shares import share


@dataclass(frozen=True)
class RandomControl:
    """The random control over several draws."""

    result: Plausibility
    """Rows of scorer `random`: each text's value is its mean over the draws."""
    spread: pd.DataFrame
    """Columns of `schemas.RANDOM_SPREAD`: sd (n - 1) over the draws of the mean over texts."""
    values: list[TextValues]
    """The per-text means, for paired comparisons."""


def random_control(
    records: Iterable[TokenScores],
    split: str,
    *,
    draws: int = 5,
    seed: int = 0,
    bootstrap: int = 1000,
) -> RandomControl:
    """Evaluate several sets of uniform(0, 1) scores.

    Every draw depends on seed, text id, window and draw only, never on the order of the records.
    Intervals are over texts; `spread` holds the sd over draws (NaN for one draw).

    Args:
        records: Give the texts, windows and layers; whatever scored them is ignored, and of several
            scorers on one method's window the first lends its tokens.
        split: Name for the column.
        draws: At least 1.
        seed: Of the draws and the resamples.
        bootstrap: Resamples of an interval; 0: NaN.
    """
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    distinct: dict[tuple[str, str, int], TokenScores] = {}
    for record in records:
        distinct.setdefault((record.method, record.text_id, record.window), record)
    windows = list(distinct.values())
    drawn = [text_values([_random(w, seed, draw) for w in windows]) for draw in range(draws)]
    # Random scores leave no unit out and select at least one, so a value is undefined in all draws or
    # in none. Counts are averaged too: a corpus-level metric is that of the mean counts.
    mean = [
        replace(parts[0], values=np.mean([part.values for part in parts], axis=0))
        for parts in zip(*drawn, strict=True)
    ]
    result = Plausibility(summarise(mean, split, bootstrap, seed), count_frame(mean, split))
    tables = pd.concat([summarise(values, split, bootstrap=0) for values in drawn])
    spread = tables.groupby(list(RANDOM_SPREAD.keys), sort=False).agg(
        mean=("value", "mean"), sd=("value", "std"), draws=("value", "size"), n=("n", "first")
    )
    return RandomControl(result, spread.reset_index(), mean)


def _random(record: TokenScores, seed: int, draw: int) -> TokenScores:
    rng = np.random.default_rng([seed, draw, record.window, zlib.crc32(record.text_id.encode())])
    return replace(record, scorer="random", scores=rng.random(record.scores.shape), kept=None)


_KEYS = list(CHANCE.keys)


def chance_levels(records: Iterable[TokenScores], spread: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return the chance level of each unit, window set, selection and metric, columns of
    `schemas.CHANCE`.

    `how` is "exact" for tokens where the expectation of random scores has a closed form (see
    `expected`; `draws` is 0), else "draws": the mean over draws and layers. Words are always by draws:
    scores are drawn per token, and a word of several has the best of them. The levels follow from
    lengths and rationale shares, so they hold for these texts only.

    Args:
        records: Whatever scored the texts.
        spread: The table that `random_control` made of the same texts.
        split: Name for the column.
    """
    distinct: dict[tuple[str, int], TokenScores] = {}
    for record in records:
        distinct.setdefault((record.text_id, record.window), record)
    blank = [replace(r, scores=np.ones((1, len(r.tokens))), kept=None) for r in distinct.values()]
    exact = summarise(text_values(blank, expected), split, bootstrap=0).assign(how="exact", draws=0)
    exact = exact[exact["unit"] == "token"]
    by_draws = spread.groupby(_KEYS, sort=False, observed=True).agg(
        value=("mean", "mean"), draws=("draws", "first"), n=("n", "first")
    )
    drawn = by_draws.reset_index().assign(how="draws")
    columns = list(CHANCE.columns)
    floors = pd.concat([exact[columns], drawn[columns]], ignore_index=True)
    return floors.drop_duplicates(_KEYS, ignore_index=True)


def expected(batch: Batch) -> np.ndarray:
    """Return expectations under independent scores, uniform in (0, 1): (windows, layers, len(MEASURED)).

    Only the units' numbers enter: n there are, m marked; of soft measures their shares. NaN where a
    value is undefined, as in `measure`, and where there is no closed form (F1, spans, complexity,
    sparseness, corpus-level counts, soft measures of the scores' sizes). Selected are the units that
    reach the mean score: one half of them by symmetry, all of a single one. Among the selected, and in
    the first k, the share marked is m / n.
    """
    n = batch.valid.sum(axis=1)
    marked = batch.marks.sum(axis=1)
    both = (marked > 0) & (marked < n)
    base = share(marked, n)
    half = np.where(n == 1, 1.0, 0.5)
    ap = expected_ap(n, marked)
    levels: dict[Key, np.ndarray] = {
        ("none", "ap"): np.where(both, ap, np.nan),
        ("none", "eraser_ap"): np.where(both, ap, np.nan),
        ("none", "auprc"): expected_auprc(n, marked),
        ("none", "roc_auc"): np.where(both, 0.5, np.nan),
        ("none", "r_precision"): np.where(marked > 0, base, np.nan),
        ("uniform", "selected"): half,
        ("uniform", "fpr"): np.where(marked < n, half, np.nan),
        ("uniform", "tpr"): np.where(marked > 0, half, np.nan),
        ("uniform", "token_precision"): base,
        ("uniform", "token_recall"): np.where(marked > 0, half, 0.0),
    }
    levels |= {("none", f"precision_at_{k}"): base for k in CUTS}
    if batch.shares is not None:
        graded = np.where(differ(batch.shares, batch.valid), 1.0, np.nan)
        levels["none", "soft_ap"] = graded * expected_soft_ap(n, batch.shares)
        levels["none", "soft_spearman"] = graded * 0.0
    values = np.full((*batch.has_score.shape, len(MEASURED)), np.nan)
    for key, column in levels.items():
        values[..., MEASURED.index(key)] = column[:, None]
    return values


def expected_ap(n: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """Return the mean average precision over all orders of n units, `marked` of them marked: exact.

    A marked unit stands at each rank k with probability 1/n, and (m - 1) (k - 1) / (n - 1) marked ones
    are expected before it, so AP = (H + (m - 1) / (n - 1) (n - H)) / n with H the n-th harmonic
    number. It is above m / n. NaN where nothing is marked. Source: Bestgen 2015.
    """
    n, marked = np.asarray(n, dtype=np.float64), np.asarray(marked, dtype=np.float64)
    harmonic = digamma(n + 1) + np.euler_gamma
    others = np.divide(marked - 1, n - 1, out=np.ones_like(n), where=n > 1)
    return np.where(marked > 0, share(harmonic + others * (n - harmonic), n), np.nan)


def expected_soft_ap(n: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the mean of `soft_ap` over all orders of n units: exact, (...).

    As `expected_ap`, with the sum S of the shares for m and each unit weighted by its share s: before
    rank k, (S - s) (k - 1) / (n - 1) is expected. With Q the sum of squared shares this is
    (Q H + (S² - Q) / (n - 1) (n - H)) / (n S). NaN where all shares are 0, or one is unknown.

    Args:
        n: (...): how many units there are.
        shares: (..., m), 0 on padding.
    """
    n = np.asarray(n, dtype=np.float64)
    harmonic = digamma(n + 1) + np.euler_gamma
    total, squares = shares.sum(axis=-1), np.square(shares).sum(axis=-1)
    others = np.divide(total**2 - squares, n - 1, out=np.zeros_like(total), where=n > 1)
    return share(squares * harmonic + others * (n - harmonic), n * total)


def expected_auprc(n: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """Return the mean AUPRC over all orders by ERASER's trapezoids: half of expected AP + m / n.

    The precision before a marked unit at rank k > 1 is (m - 1) / (n - 1) on average, and 1 at k = 1.
    0.5 where nothing is marked; NaN without a unit.
    """
    area = (expected_ap(n, marked) + share(marked, n)) / 2
    return np.where(n > 0, np.where(marked > 0, area, 0.5), np.nan)
