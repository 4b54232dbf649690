"""Paired comparisons of scorers and of methods on the same texts, corrected over the table."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from workbench.evaluation.bootstrap import holm, paired_difference, paired_randomisation_test
from workbench.evaluation.plausibility import MEASURES, TextValues

COLUMNS = (
    "scorer", "method", "against", "split", "layer", "unit", "universe", "selection", "metric",
    "difference", "ci_low", "ci_high", "p", "p_holm", "n",
)  # fmt: skip

METHOD_COLUMNS = (
    "method", "against", "difference", "ci_low", "ci_high", "sd_seeds", "p", "p_holm", "n", "seeds",
)  # fmt: skip


def compare_methods(
    correct: Mapping[str, pd.DataFrame],
    *,
    resamples: int = 1000,
    randomisations: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Accuracy of every pair of methods on the same texts: columns of `METHOD_COLUMNS`.

    `correct` has a frame per method: a row per text id, a column per training seed, 1 for a right
    prediction and 0 for a wrong one. Seeds are blocks: a pair is formed within a seed, over the seeds
    and texts that both have. A text's difference is its mean over those seeds, and the test flips the
    sign of whole texts, since one text in three seeds is not three texts. Two-sided p of
    `randomisations` flips, Holm's p over all pairs; the interval is a bootstrap over texts, `sd_seeds`
    the standard deviation of the difference over seeds (NaN for one). Pairs without a common seed or
    text are left out. Source: Noreen 1989.
    """
    rows: list[tuple[object, ...]] = []
    for a, b in combinations(correct, 2):
        seeds = [column for column in correct[a].columns if column in correct[b].columns]
        difference = (correct[a][seeds] - correct[b][seeds]).dropna()
        if not seeds or difference.empty:
            continue
        pair = (difference.mean(axis=1).to_numpy(), np.zeros(len(difference)))
        rows.append(
            (a, b, *paired_difference(*pair, resamples, seed), difference.mean().std(ddof=1),
             paired_randomisation_test(*pair, randomisations, seed), np.nan, len(difference), len(seeds))
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(METHOD_COLUMNS))
    if len(frame):
        frame["p_holm"] = holm(frame["p"].to_numpy(dtype=float))
    return frame


def compare_scorers(
    values: Sequence[TextValues],
    reference: Sequence[TextValues],
    split: str,
    *,
    metric: str = "ap",
    resamples: int = 1000,
    randomisations: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Each scorer minus the reference scorer of the same method, unit and universe, layer by layer.

    Texts are joined by id and need a value of both. Per row: mean difference with its bootstrap
    interval, the two-sided p of `randomisations` sign flips, and Holm's p over the rows of the same
    unit and universe (what one table shows; the least p, 1 / (randomisations + 1), must survive it).
    Columns of `COLUMNS`; empty without a match. `metric` is one of ap, fpr, tpr, selected (the last
    three by uniform selection).
    """
    column = [name for _, name in MEASURES].index(metric)
    partners = {(part.method, part.unit, part.universe): part for part in reference}
    rows: list[tuple[object, ...]] = []
    for part in values:
        other = partners.get((part.method, part.unit, part.universe))
        if other is None or other.scorer == part.scorer:
            continue
        ours, theirs = _joined(part, other, column)
        for layer in range(ours.shape[1]):
            both = ~np.isnan(ours[:, layer]) & ~np.isnan(theirs[:, layer])
            if both.any():
                pair = (ours[both, layer], theirs[both, layer])
                rows.append(
                    (part.scorer, part.method, other.scorer, split, layer, part.unit, part.universe,
                     *MEASURES[column], *paired_difference(*pair, resamples, seed),
                     paired_randomisation_test(*pair, randomisations, seed), np.nan, both.sum())
                )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    if len(frame):
        families = frame.groupby(["unit", "universe"], sort=False)["p"]
        frame["p_holm"] = families.transform(lambda p: holm(p.to_numpy(dtype=float)))
    return frame


def _joined(a: TextValues, b: TextValues, column: int) -> tuple[np.ndarray, np.ndarray]:
    """One measure of both on their common texts and layers: two (texts, layers) arrays."""
    row = {text_id: number for number, text_id in enumerate(b.text_ids)}
    common = [number for number, text_id in enumerate(a.text_ids) if text_id in row]
    layers = min(a.values.shape[1], b.values.shape[1])
    partner = [row[a.text_ids[number]] for number in common]
    return a.values[common, :layers, column], b.values[partner, :layers, column]
