"""How much scorers agree on one text: rank correlations."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.core.token_scores import TokenScores
from workbench.metrics.scorer_agreement import agreement


def sizes_of(record: TokenScores) -> TokenScores:
    """Return the record with absolute scores, as the evaluation takes them."""
    return replace(record, scores=np.abs(record.scores))


def pair_frame(records: Sequence[TokenScores], layer: int, unit: str, metric: str) -> pd.DataFrame:
    """Return the rank correlation of every two records in one layer.

    Sizes of signed scores are compared, dropped units tie at the bottom.

    Args:
        records: Of one window; InputError where the scorers saw different tokens.
        layer: From 0.
        unit: `token` or `word`.
        metric: `spearman` or `kendall`.

    Returns:
        Columns scorer, method, against, against_method, value; a pair without a correlation (a silent
        layer, constant scores) has no row.
    """
    rows = [_row(record, layer) for record in records if layer < record.layers]
    frame = agreement(rows, "", bootstrap=0)
    frame = frame[(frame["unit"] == unit) & (frame["metric"] == metric)]
    return frame[["scorer", "method", "against", "against_method", "value"]].reset_index(drop=True)


def _row(record: TokenScores, layer: int) -> TokenScores:
    kept = None if record.kept is None else record.kept[[layer]]
    return replace(sizes_of(record), scores=np.abs(record.scores[[layer]]), kept=kept, error=None)
