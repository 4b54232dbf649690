"""Agreement between scorers in each layer, and between the layers of one scorer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.metrics.plausibility.units import UNITS, scored_units
from workbench.metrics.schemas import AGREEMENT
from workbench.metrics.scorer_agreement.rank import CORRELATIONS, rank_correlations
from workbench.metrics.stats.text_means import text_means


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
        bootstrap: Resamples of a 95 % interval over texts; 0: NaN.
        seed: Of the resamples.
    """
    windows: dict[tuple[str, int], dict[tuple[str, str], TokenScores]] = {}
    for record in records:
        own = windows.setdefault((record.text_id, record.window), {})
        own[record.scorer, record.method] = record
    depth: dict[tuple[str, str], int] = {}
    for own in windows.values():
        depth |= {scorer: record.layers for scorer, record in own.items()}
    rows = [_Row(*scorer, layer) for scorer, layers in depth.items() for layer in range(layers)]
    pairs = [(i, j) for i, j in combinations(range(len(rows)), 2) if rows[i].pairs_with(rows[j])]
    lines: list[tuple[object, ...]] = []
    for unit in UNITS if pairs else ():
        found = np.stack([_correlations(own, rows, pairs, unit) for own in windows.values()])
        owners = (text_id for text_id, _ in windows)
        for (number, metric), value in text_means(found, owners, bootstrap, seed):
            a, b = (rows[row] for row in pairs[number])
            lines.append(
                (a.scorer, a.method, a.layer, b.scorer, b.method, b.layer, split, unit,
                 CORRELATIONS[metric], *value)
            )  # fmt: skip
    return AGREEMENT.frame(lines)


def _correlations(
    own: Mapping[tuple[str, str], TokenScores],
    rows: list[_Row],
    pairs: list[tuple[int, int]],
    unit: str,
) -> np.ndarray:
    """(pairs, 2) correlations of one window; NaN where one of a pair says nothing."""
    units = {}
    for scorer, record in own.items():
        # Whether people marked the text does not matter here.
        marked = replace(record, rationale=np.zeros(len(record.tokens), dtype=bool))
        units[scorer] = scored_units(marked, unit).scores
    sizes = {scores.shape[1] for scores in units.values()}
    if len(sizes) != 1:
        text_id = next(iter(own.values())).text_id
        raise InputError(f"{text_id}: scorers saw different numbers of {unit}s: {sorted(sizes)}")
    stacked = np.full((len(rows), sizes.pop()), np.nan)
    for number, row in enumerate(rows):
        scores = units.get((row.scorer, row.method))
        if scores is not None and row.layer < len(scores):
            stacked[number] = scores[row.layer]
    first, second = np.array(pairs).T
    return rank_correlations(stacked)[first, second]
