"""Pruned models against controls that keep as many tokens: quality, and paired tests."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.metrics.classification import by_text, quality
from workbench.metrics.schemas import CONTROL_COMPARISONS, CONTROLS
from workbench.metrics.stats.resampling import holm, paired_difference, paired_randomisation_test

FLIPS = 10_000
"""Sign flips of a paired test."""
CONVENTION = "own weights, choice of tokens replaced"
"""What every control is: the method's trained weights keep other tokens, as many as it chose."""


def against_controls(
    pruned: pd.DataFrame,
    controls: Mapping[str, Sequence[pd.DataFrame]],
    *,
    bootstrap: int = 1000,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the quality of every control of one method on one split, and the method's minus each one's.

    Columns of `schemas.CONTROLS` and `schemas.CONTROL_COMPARISONS`. A text's accuracy under a control is
    the share of the draws that are right, macro F1 the mean over draws; of a regression minus the
    squared error takes the accuracy's place. Intervals (95 %) and tests are over texts, so that draws do
    not count as texts. `p_holm` is left NaN for `correct_table`.

    Args:
        pruned: One row per text with method, split, text_id, label and predicted.
        controls: By name such frames of one draw or more, over the same texts or fewer (those an oracle
            exists for); ValueError for a control without a draw or with a text that `pruned` lacks.
        bootstrap, seed: As of `mean_interval`; the seed is the two-sided tests' as well.
    """
    facts = pruned.set_index("text_id")
    method, split = str(pruned["method"].iloc[0]), str(pruned["split"].iloc[0])
    rows: list[tuple[object, ...]] = []
    compared: list[tuple[object, ...]] = []
    for name, draws in controls.items():
        if not draws:
            raise ValueError(f"{name}: a control needs at least one draw")
        texts = pd.Index(draws[0]["text_id"])
        by_draw = [frame.set_index("text_id").loc[texts, "predicted"].to_numpy() for frame in draws]
        predicted = np.stack(by_draw)
        lost = texts[~texts.isin(facts.index)]
        if len(lost):
            raise ValueError(f"{name}: the method has no prediction of text {lost[0]!r}")
        label = facts.loc[texts, "label"].to_numpy()
        key = (method, name, split, seed)
        n = (len(texts), len(draws))
        rows += [(*key, *row, *n) for row in quality(label, predicted, bootstrap, seed)]
        judged, theirs = by_text(label, predicted)
        _, ours = by_text(label, facts.loc[texts, "predicted"].to_numpy()[None])
        compared.append(
            (*key, judged, ours.mean(), theirs.mean(),
             *paired_difference(ours, theirs, bootstrap, seed),
             paired_randomisation_test(ours, theirs, FLIPS, seed), np.nan, *n)
        )  # fmt: skip
    return CONTROLS.frame(rows), CONTROL_COMPARISONS.frame(compared)


def correct_table(compared: pd.DataFrame) -> pd.DataFrame:
    """Return the same rows with Holm's p over those of one split, which one table shows."""
    families = compared.groupby("split", sort=False)["p"]
    return compared.assign(p_holm=families.transform(lambda p: holm(p.to_numpy(dtype=float))))
