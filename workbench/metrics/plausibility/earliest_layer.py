"""How early a selection holds the rationale and little else: the first layer that passes two levels."""

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
import pandas as pd

from workbench.metrics.plausibility.measures import MEASURES, SELECTIONS
from workbench.metrics.plausibility.text_values import TextValues
from workbench.metrics.schemas import EARLIEST
from workbench.metrics.stats.shares import share

FPR_LEVELS = (0.1, 0.2, 0.3, 0.5)
TPR_LEVELS = (0.5, 0.7, 0.9)


def earliest_layers(
    values: Iterable[TextValues],
    split: str,
    *,
    fpr_levels: Sequence[float] = FPR_LEVELS,
    tpr_levels: Sequence[float] = TPR_LEVELS,
) -> pd.DataFrame:
    """Return the first layer with FPR below and TPR above each pair of levels, `schemas.EARLIEST`.

    `layer` is where the means over texts pass (NaN: nowhere); `texts_share` is the share of the `n`
    texts that pass by themselves at some layer and `texts_median` the median of their first layers (NaN
    without any). Texts of one class lack a rate and are left out.

    Args:
        values: Each selection with values gets rows.
        split: Name for the column.
        fpr_levels, tpr_levels: Shares in [0, 1].
    """
    rows: list[tuple[object, ...]] = []
    for part in values:
        for selection in SELECTIONS:
            fpr, tpr = (part.values[..., MEASURES.index((selection, name))] for name in ("fpr", "tpr"))
            defined = ~np.isnan(fpr) & ~np.isnan(tpr)
            chosen = defined.any(axis=1)
            if not chosen.any():
                continue
            # NaN, which passes no level, without any text.
            means = [
                share(np.where(defined, rate, 0.0).sum(axis=0), defined.sum(axis=0))
                for rate in (fpr, tpr)
            ]
            key = (part.scorer, part.method, split, part.unit, part.window_set, selection)
            for below, above in product(fpr_levels, tpr_levels):
                (of_means,) = first_layer(means[0][None], means[1][None], below, above)
                firsts = first_layer(fpr[chosen], tpr[chosen], below, above)
                reached = firsts[~np.isnan(firsts)]
                median = float(np.median(reached)) if len(reached) else np.nan
                passed = len(reached) / len(firsts)
                rows.append((*key, below, above, of_means, passed, median, len(firsts)))
    return EARLIEST.frame(rows)


def first_layer(fpr: np.ndarray, tpr: np.ndarray, below: float, above: float) -> np.ndarray:
    """Return the first layer of each row that passes both levels: (rows,) float, NaN for none.

    Args:
        fpr, tpr: (rows, layers).
        below, above: What FPR must stay below, and TPR exceed.
    """
    passes = (fpr < below) & (tpr > above)
    return np.where(passes.any(axis=1), passes.argmax(axis=1), np.nan)
