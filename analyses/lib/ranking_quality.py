"""How well each layer's order of the tokens matches a last layer's: what ToP's distillation is for."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.core.score_grid import ScoreGrid, common_windows
from workbench.errors import InputError
from workbench.metrics.plausibility.ranking import precision_at, rank_units
from workbench.metrics.stats.correlations import masked_spearman
from workbench.metrics.stats.text_means import text_means

COLUMNS = (
    "scorer", "method", "layer", "against", "against_method", "against_layer", "split", "metric",
    "value", "ci_low", "ci_high", "chance", "n",
)  # fmt: skip
TOP = (5, 10)
"""Sizes of the set of first tokens; ToP distils the order of the first 10 to 20."""


def ranking_quality(
    grid: ScoreGrid,
    reference: ScoreGrid,
    split: str,
    *,
    top: Sequence[int] = TOP,
    bootstrap: int = 1000,
) -> pd.DataFrame:
    """Compare each layer of `grid` with the last in which `reference` has scores, columns of `COLUMNS`.

    Metrics: `spearman`, the rank correlation over a window's tokens, and `precision_at_k`,
    the share of the layer's first k tokens that are among the reference's first k. Special tokens
    are left out, as [CLS] is in ToP; a dropped token ranks last, tied with all dropped ones. Of equal
    reference scores the earlier token is taken. A text of no more than k tokens, or whose reference
    scores fewer than k, has no precision. A text's value is the mean over its windows, intervals are
    95 % over texts; `chance` is what a random order reaches, 0 for the correlation. Layers in which
    `grid` has no score have no row. Source: ToP (arXiv 2306.14393), ranking distillation.

    Args:
        grid: The scores that are judged.
        reference: Whose order is taken for the right one.
        split: Name of the texts' split.
        top: Every k.
        bootstrap: Resamples of the intervals; 0: none.

    Raises:
        InputError: The two share no window or saw different tokens, or the reference has no scores.
    """
    if not reference.has_score.any():
        raise InputError(f"{reference.scorer} on {reference.method} scores no layer")
    last = int(np.flatnonzero(reference.has_score)[-1])
    ours, theirs = common_windows(grid, reference)
    target = np.where(ours.inside, theirs.scores[:, last], np.nan)
    # A dropped token ranks last.
    scores, aim = (np.where(np.isnan(part), -np.inf, part) for part in (ours.scores, target))
    rho = masked_spearman(scores, aim[:, None], ours.inside[:, None])
    values = np.where(np.isnan(ours.scores).all(axis=2), np.nan, rho)[..., None]
    chance = np.zeros((len(target), 1))
    for k in top:
        precision, floor = _precision(ours, target, k)
        values = np.concatenate([values, precision[..., None]], axis=-1)
        chance = np.column_stack([chance, floor])
    names = ["spearman", *(f"precision_at_{k}" for k in top)]
    floors = {place[0]: value[0] for place, value in text_means(chance, ours.text_ids, 0, seed=0)}
    key = (reference.scorer, reference.method, last, split)
    rows = [
        (grid.scorer, grid.method, layer, *key, names[metric], *value[:3], floors[metric], value[3])
        for (layer, metric), value in text_means(values, ours.text_ids, bootstrap, seed=0)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _precision(ours: ScoreGrid, target: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Precision at k of every layer (windows, layers), and what a random order has (windows,)."""
    size = ours.inside.sum(axis=1)
    usable = (size > k) & ((~np.isnan(target)).sum(axis=1) >= k)
    order = np.argsort(np.where(np.isnan(target), np.inf, -target), axis=1, kind="stable")
    first = np.zeros(target.shape, dtype=bool)
    np.put_along_axis(first, order[:, :k], True, axis=1)
    ranking = rank_units(ours.scores, first[:, None], ours.inside[:, None])
    has_score = ~np.isnan(ours.scores).all(axis=2)
    precision = np.where(usable[:, None] & has_score, precision_at(ranking, k), np.nan)
    return precision, np.where(usable, k / np.maximum(size, 1), np.nan)
