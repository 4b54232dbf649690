"""Agreement between scorers in each layer, and between the layers of one scorer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.metrics.plausibility.units import UNITS, scored_units
from workbench.metrics.schemas import AGREEMENT
from workbench.metrics.stats.text_means import text_means

CORRELATIONS = ("spearman", "kendall")


@dataclass(frozen=True)
class _Row:
    """One layer of one scorer."""

    scorer: str
    method: str
    layer: int

    def pairs_with(self, other: "_Row") -> bool:
        """Two scorers in one layer, or two layers of one scorer."""
        same = (self.scorer, self.method) == (other.scorer, other.method)
        return same or self.layer == other.layer


def agreement(
    records: Iterable[TokenScores], split: str, *, bootstrap: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Return Spearman's and Kendall's rank correlation, columns of `schemas.AGREEMENT`.

    Rows of two scorers are of one layer, rows of one scorer of two layers (`against_layer` is the deeper
    one). A window's correlation is over its units, annotated or not, dropped ones tied at the bottom; a
    text's is the mean over its windows, the value the mean over texts. A layer without scores, constant
    scores and a single unit have no correlation and are left out; `n` counts the texts that have one.

    Args:
        records: InputError naming the text where scorers saw different tokens, and as `scored_units`.
        split: Name for the column.
        bootstrap, seed: As of `mean_interval`.
    """
    windows: dict[tuple[str, int], dict[tuple[str, str], TokenScores]] = {}
    for record in records:
        by_scorer = windows.setdefault((record.text_id, record.window), {})
        by_scorer[record.scorer, record.method] = record
    depth: dict[tuple[str, str], int] = {}
    for by_scorer in windows.values():
        depth |= {scorer: record.layers for scorer, record in by_scorer.items()}
    rows = [_Row(*scorer, layer) for scorer, layers in depth.items() for layer in range(layers)]
    pairs = [(i, j) for i, j in combinations(range(len(rows)), 2) if rows[i].pairs_with(rows[j])]
    lines: list[tuple[object, ...]] = []
    for unit in UNITS if pairs else ():
        correlations = np.stack(
            [_correlations(window, rows, pairs, unit) for window in windows.values()]
        )
        owners = (text_id for text_id, _ in windows)
        for (number, metric), value in text_means(correlations, owners, bootstrap, seed):
            a, b = (rows[row] for row in pairs[number])
            lines.append(
                (a.scorer, a.method, a.layer, b.scorer, b.method, b.layer, split, unit,
                 CORRELATIONS[metric], *value)
            )  # fmt: skip
    return AGREEMENT.frame(lines)


def _correlations(
    by_scorer: Mapping[tuple[str, str], TokenScores],
    rows: list[_Row],
    pairs: list[tuple[int, int]],
    unit: str,
) -> np.ndarray:
    """(pairs, 2) correlations of one window; NaN where one of a pair says nothing."""
    units = {}
    for scorer, record in by_scorer.items():
        # Whether people marked the text does not matter here.
        marked = replace(record, rationale=np.zeros(len(record.tokens), dtype=bool))
        units[scorer] = scored_units(marked, unit).scores
    sizes = {scores.shape[1] for scores in units.values()}
    if len(sizes) != 1:
        text_id = next(iter(by_scorer.values())).text_id
        raise InputError(f"{text_id}: scorers saw different numbers of {unit}s: {sorted(sizes)}")
    stacked = np.full((len(rows), sizes.pop()), np.nan)
    for number, row in enumerate(rows):
        scores = units.get((row.scorer, row.method))
        if scores is not None and row.layer < len(scores):
            stacked[number] = scores[row.layer]
    first, second = np.array(pairs).T
    return rank_correlations(stacked)[first, second]


def rank_correlations(scores: np.ndarray) -> np.ndarray:
    """Return both `CORRELATIONS` of all pairs of rows of (rows, n) scores: (rows, rows, 2), in [-1, 1].

    A row is a scorer or layer, over the same n units. NaN (a dropped unit) ranks last, tied with all
    other NaN. NaN where a row is constant, as in scipy.stats, or n < 2. Both are cosines: rho of the
    centred ranks, tau-b of the signs of all differences within a row (Kendall 1945).
    """
    filled = np.where(np.isnan(scores), -np.inf, scores)
    ranks = rankdata(filled, axis=-1)
    first, second = np.triu_indices(scores.shape[-1], k=1)
    # Sums of signs are whole numbers, exact in float32 for texts of up to 5,792 units.
    signs = (filled[:, first] > filled[:, second]).astype(np.float32)
    signs -= filled[:, first] < filled[:, second]
    centred = ranks - (scores.shape[-1] + 1) / 2
    return np.stack([_cosines(centred), _cosines(signs)], axis=-1)


def _cosines(rows: np.ndarray) -> np.ndarray:
    """(rows, rows) cosines of (rows, features); NaN for a row of zeros."""
    products = (rows @ rows.T).astype(np.float64)
    lengths = np.sqrt(np.diagonal(products))
    size = lengths[:, None] * lengths
    cosines = np.divide(products, size, out=np.full(products.shape, np.nan), where=size > 0)
    return np.clip(cosines, -1.0, 1.0)
