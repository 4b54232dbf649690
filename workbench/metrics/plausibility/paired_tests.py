"""Paired comparisons of scorers and of methods on the same texts, corrected over the table."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from workbench.metrics.plausibility.measures import MEASURES
from workbench.metrics.plausibility.text_values import TextValues
from workbench.metrics.schemas import COMPARISONS, METHOD_COMPARISONS
from workbench.metrics.stats.resampling import (
    cohens_dz,
    holm,
    paired_difference,
    paired_randomisation_test,
    sign_balance,
)


def compare_methods(
    qualities: Mapping[str, pd.DataFrame],
    *,
    resamples: int = 1000,
    randomisations: int = 10_000,
) -> pd.DataFrame:
    """Compare every pair of methods on the same texts: columns of `schemas.METHOD_COMPARISONS`.

    Seeds are blocks: a pair is formed within a seed, over the seeds and texts that both have. A text's
    difference is its mean over those seeds, and the test flips the sign of whole texts, since one text
    in three seeds is not three texts. Holm's p is over all pairs; the interval is a bootstrap over
    texts, `sd_seeds` the standard deviation of the difference over seeds (NaN for one), `d_z` Cohen's
    over texts. Pairs without a common seed or text are left out. Source: Noreen 1989.

    Args:
        qualities: A frame per method: a row per text id, a column per training seed, what
            `classification.by_text` gives (1 for a right prediction and 0 for a wrong one).
        resamples: Of an interval.
        randomisations: Sign flips of the two-sided test.
    """
    rows: list[tuple[object, ...]] = []
    for a, b in combinations(qualities, 2):
        seeds = [column for column in qualities[a].columns if column in qualities[b].columns]
        difference = (qualities[a][seeds] - qualities[b][seeds]).dropna()
        if not seeds or difference.empty:
            continue
        pair = (difference.mean(axis=1).to_numpy(), np.zeros(len(difference)))
        rows.append(
            (a, b, *paired_difference(*pair, resamples, 0), cohens_dz(pair[0]),
             difference.mean().std(ddof=1),
             paired_randomisation_test(*pair, randomisations, 0), np.nan, len(difference), len(seeds))
        )  # fmt: skip
    frame = METHOD_COMPARISONS.frame(rows)
    if len(frame):
        frame["p_holm"] = holm(frame["p"].to_numpy(dtype=float))
    return frame


def compare_scorers(
    values: Sequence[TextValues],
    reference: Sequence[TextValues],
    split: str,
    *,
    metric: str = "ap",
    selection: str = "none",
    across_methods: bool = False,
    resamples: int = 1000,
    randomisations: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare each scorer with the reference of its unit and window set: `schemas.COMPARISONS`.

    Texts are joined by id and need a value of both. Per layer: mean difference with its bootstrap
    interval, effect sizes, the two-sided p, and Holm's p over the rows of the same unit and window set
    (what one table shows; the least p, 1 / (randomisations + 1), must survive it). Empty without a
    match.

    Args:
        values: The scorers.
        reference: One per method, unit and window set, else ValueError.
        split: Name for the column.
        metric: With `selection` one of `MEASURES`, else ValueError.
        selection: `none` for what needs scores only.
        across_methods: Take the one reference there is, whichever model it was computed on; else that of
            the same method.
        resamples: Of an interval.
        randomisations: Sign flips of the test.
        seed: Of both.
    """
    if (selection, metric) not in MEASURES:
        raise ValueError(f"no measure {metric!r} with selection {selection!r} to compare")
    column = MEASURES.index((selection, metric))
    partners: dict[tuple[str, ...], TextValues] = {}
    for part in reference:
        key = _key(part, across_methods)
        if key in partners:
            raise ValueError(f"several references for {' '.join(key)}: give one")
        partners[key] = part
    rows: list[tuple[object, ...]] = []
    for part in values:
        other = partners.get(_key(part, across_methods))
        if other is None or (other.scorer, other.method) == (part.scorer, part.method):
            continue
        ours, theirs = _joined(part, other, column)
        for layer in range(ours.shape[1]):
            both = ~np.isnan(ours[:, layer]) & ~np.isnan(theirs[:, layer])
            if both.any():
                pair = (ours[both, layer], theirs[both, layer])
                difference = pair[0] - pair[1]
                rows.append(
                    (part.scorer, part.method, other.scorer, other.method, split, layer, part.unit,
                     part.window_set, selection, metric, *paired_difference(*pair, resamples, seed),
                     cohens_dz(difference), sign_balance(difference),
                     paired_randomisation_test(*pair, randomisations, seed), np.nan, both.sum())
                )  # fmt: skip
    frame = COMPARISONS.frame(rows)
    if len(frame):
        families = frame.groupby(["unit", "universe"], sort=False)["p"]
        frame["p_holm"] = families.transform(lambda p: holm(p.to_numpy(dtype=float)))
    return frame


def _key(part: TextValues, across_methods: bool) -> tuple[str, ...]:
    return (part.unit, part.window_set) if across_methods else (part.method, part.unit, part.window_set)


def _joined(a: TextValues, b: TextValues, column: int) -> tuple[np.ndarray, np.ndarray]:
    """One measure of both on their common texts and layers: two (texts, layers) arrays."""
    partner = pd.Index(b.text_ids).get_indexer(pd.Index(a.text_ids))
    common, layers = partner >= 0, min(a.values.shape[1], b.values.shape[1])
    return a.values[common, :layers, column], b.values[partner[common], :layers, column]
