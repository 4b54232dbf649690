"""Paired comparisons of scorers on the same texts, corrected over the table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.evaluation.bootstrap import holm, paired_difference, paired_randomisation_test
from workbench.evaluation.plausibility import MEASURES, TextValues

COLUMNS = (
    "scorer", "method", "against", "split", "layer", "unit", "universe", "selection", "metric",
    "difference", "ci_low", "ci_high", "p", "p_holm", "n",
)  # fmt: skip


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
