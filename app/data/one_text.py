"""One text under several scorers: the words by rank side by side, and agreement with its rationale."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from app.data.texts_behind_point import column
from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.measures import MEASURES
from workbench.metrics.plausibility.text_values import text_values

SHOWN = (
    ("none", "ap"), ("none", "roc_auc"), ("none", "r_precision"), ("uniform", "fpr"), ("uniform", "tpr"),
    ("uniform", "selected"), ("kept", "fpr"), ("kept", "tpr"),
)  # fmt: skip


def against_rationale(record: TokenScores, unit: str) -> pd.DataFrame:
    """Return the measures `SHOWN` of one window in each of its layers: layer, a column per measure.

    NaN where a measure has no value: a silent layer, a model that drops nothing, a text of one class. No
    rows without an annotated rationale. Scores as `text_values` takes them: not negative.
    """
    parts = [v for v in text_values([record]) if (v.unit, v.universe) == (unit, "all")]
    names = [column(*key) for key in SHOWN]
    if not parts or not len(parts[0].values):
        return pd.DataFrame(columns=["layer", *names])
    values = parts[0].values[0][:, [MEASURES.index(key) for key in SHOWN]]
    frame = pd.DataFrame(values, columns=names)
    frame.insert(0, "layer", np.arange(len(frame)))
    return frame


def ranking_table(ranked: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return ranked units side by side: `rank`, and per scorer its words with their scores, as text.

    `ranked` maps a heading to `ranked_words` of one text. Rationale is marked with a dot, what has no
    score says why instead of a number.
    """
    longest = max((len(frame) for frame in ranked.values()), default=0)
    table = pd.DataFrame({"rank": np.arange(1, longest + 1)})
    for heading, frame in ranked.items():
        cells = [
            _cell(*row)
            for row in frame[["written", "score", "state", "rationale"]].itertuples(index=False)
        ]
        table[heading] = pd.Series(cells, dtype=object)
    return table.fillna("")


def _cell(written: str, score: float, state: str, rationale: object) -> str:
    mark = "● " if rationale is not pd.NA and rationale else ""
    number = {"silent": "no score", "dropped": "dropped"}.get(state, f"{score:.4f}")
    return f"{mark}{written}  {number}"
