"""One text under one scorer: layers by tokens or words as a frame, and words by rank."""

import numpy as np
import pandas as pd

from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.units import unit_index, unit_names, unit_scores

COLUMNS = (
    "scorer", "method", "text_id", "window", "layer", "unit", "place", "written", "score", "rank",
    "state", "rationale",
)  # fmt: skip
STATES = {
    "scored": "has a score",
    "dropped here": "dropped in this layer, its last score is shown",
    "dropped": "dropped before this layer",
    "silent": "the scorer says nothing about this layer",
}
"""What is known of a unit in a layer. A dropped unit has no score, which is not a score of 0."""


def heat_frame(record: TokenScores, unit: str) -> pd.DataFrame:
    """Return a row per layer and unit (`token` or `word`) of one window, special tokens left out.

    A word's score is the highest of its tokens', it is dropped when all are, and it is rationale if any
    is, as in the evaluation (`units.scored_units`). `rank` is 1 for the highest score of a layer, ties
    share the best rank; NaN, as the score, for what is dropped. `state` is a key of `STATES`.
    `rationale` is missing where nobody annotated the text. Columns: `COLUMNS`.
    """
    index = unit_index(record.word_index, unit)
    scores = unit_scores(record.scores, index)
    layers, n = scores.shape
    kept = np.ones((layers, n), dtype=bool)
    if record.kept is not None:
        kept = unit_scores(record.kept.astype(float), index) > 0
    silent = np.isnan(record.scores).all(axis=1) & kept.any(axis=1)
    return pd.DataFrame(
        {
            "scorer": record.scorer,
            "method": record.method,
            "text_id": record.text_id,
            "window": record.window,
            "layer": np.repeat(np.arange(layers), n),
            "unit": unit,
            "place": np.tile(np.arange(n), layers),
            "written": unit_names(record.tokens, index) * layers,
            "score": scores.ravel(),
            "rank": pd.DataFrame(scores).rank(axis=1, method="min", ascending=False).to_numpy().ravel(),
            "state": _states(scores, kept, silent).ravel(),
            "rationale": pd.array(_marks(record, index, n) * layers, dtype="boolean"),
        },
        columns=list(COLUMNS),
    )


def _states(scores: np.ndarray, kept: np.ndarray, silent: np.ndarray) -> np.ndarray:
    scored = ~np.isnan(scores)
    states = np.where(scored, np.where(kept, "scored", "dropped here"), "dropped").astype(object)
    states[np.broadcast_to(silent[:, None], states.shape) & kept] = "silent"
    return states


def _marks(record: TokenScores, index: np.ndarray, n: int) -> list[object]:
    if record.rationale is None:
        return [None] * n
    marked = set(index[np.asarray(record.rationale, dtype=bool)].tolist())
    return [unit in marked for unit in range(n)]


def sign_of(record: TokenScores, explains: str = "") -> str:
    """Return how the scores stand to signs: `signed`, `absolute values`, or `never negative`.

    `explains` is what the run says of the scorer, for records that carry no target.
    """
    if (record.scores < 0).any():
        return "signed"
    target = record.target or explains
    return "absolute values" if target.endswith(", absolute") else "never negative"


def ranked_words(frame: pd.DataFrame, layer: int) -> pd.DataFrame:
    """Return the units of one layer of `heat_frame`, highest score first.

    What is dropped or silent comes last in the order of the text.
    """
    rows = frame[frame["layer"] == layer]
    return rows.sort_values(["rank", "place"], na_position="last", kind="stable").reset_index(drop=True)
