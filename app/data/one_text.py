"""One text under one scorer and several: a frame, words by rank, agreement with people and scorers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from app.data.plausibility import column
from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.measures import MEASURES
from workbench.metrics.plausibility.text_values import text_values
from workbench.metrics.plausibility.units import unit_index, unit_names, unit_scores
from workbench.metrics.scorer_agreement import agreement

SHOWN = (
    ("none", "ap"), ("none", "roc_auc"), ("none", "r_precision"), ("uniform", "fpr"), ("uniform", "tpr"),
    ("uniform", "selected"), ("kept", "fpr"), ("kept", "tpr"),
)  # fmt: skip


def against_rationale(record: TokenScores, unit: str) -> pd.DataFrame:
    """Return the measures `SHOWN` of one window in each of its layers: layer, a column per measure.

    NaN where a measure has no value: a silent layer, a model that drops nothing, a text of one class. No
    rows without an annotated rationale. Scores as `text_values` takes them: not negative.
    """
    parts = [v for v in text_values([record]) if (v.unit, v.window_set) == (unit, "all")]
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
    scored = ~np.isnan(scores)
    undefined = (np.isnan(record.scores).all(axis=1) & kept.any(axis=1))[:, None] & kept
    states = np.select(
        [undefined, scored & kept, scored], ["silent", "scored", "dropped here"], "dropped"
    )
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
            "state": states.ravel().astype(object),
            "rationale": pd.array(_marks(record, index, n) * layers, dtype="boolean"),
        },
        columns=list(COLUMNS),
    )


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
