"""The texts of a run, for picking one: its length, right or wrong, share dropped, agreement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.catalog.scorers import own_scorer
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.metrics.plausibility.ranking import average_precision, rank_units
from workbench.runs.scores import ScoreTable

Order = Literal[
    "as in the run", "most dropped", "longest", "largest error", "lowest agreement", "highest agreement"
]
_SORTS: dict[str, tuple[str, bool]] = {
    "most dropped": ("dropped", False),
    "longest": ("tokens", False),
    "largest error": ("error", False),
    "lowest agreement": ("agreement", True),
    "highest agreement": ("agreement", False),
}


@dataclass(frozen=True)
class Wanted:
    """Which texts to list; None and "any" leave a filter out."""

    label: str | None = None
    outcome: Literal["any", "right", "wrong"] = "any"
    value: tuple[float, float] | None = None
    """Lowest and highest label of a regression."""
    tokens: tuple[int, int] | None = None
    """Shortest and longest, special tokens included."""
    agreement: tuple[float, float] | None = None
    """Lowest and highest; texts without a value are left out."""
    order: Order = "as in the run"


def run_texts(predictions: pd.DataFrame, method: str, split: str) -> pd.DataFrame:
    """One row per text of `split`, as `method` saw it, from the rows of predictions.parquet.

    Columns: text_id, label and predicted (in words), right (boolean; missing where values are predicted,
    not classes), value and error (of a regression: the label, and how far the prediction is from it; NaN
    for classes), probability (of the predicted class; NaN where the table has none), tokens (special
    ones included, all windows together) and dropped, the share of tokens x layers in self-attention that
    the method saved. InputError for a method without rows.
    """
    rows = predictions[predictions["split"].astype(str) == split]
    own = rows[rows["method"].astype(str) == method]
    if own.empty:
        there = ", ".join(ordered(rows["method"], METHODS)) or "none"
        raise InputError(f"no predictions of {method!r} on {split!r} (there: {there})")
    # No method has more tokens in its first layer than there are; a dense model has them all.
    first = pd.Series([counts[0] for counts in rows["tokens"]], index=rows["text_id"].astype(str))
    length = first.groupby(level=0).max()
    ids = own["text_id"].astype(str).to_numpy()
    tokens = length.reindex(ids).to_numpy()
    kept = np.array([np.sum(counts) / len(counts) for counts in own["tokens"]])
    label, predicted = in_words(own["label"]), in_words(own["predicted"])
    classes = not pd.api.types.is_numeric_dtype(own["predicted"])
    value = np.full(len(own), np.nan) if classes else own["label"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "text_id": ids,
            "label": label,
            "predicted": predicted,
            "right": pd.array(label == predicted if classes else [pd.NA] * len(own), dtype="boolean"),
            "value": value,
            "error": value if classes else np.abs(own["predicted"].to_numpy(dtype=float) - value),
            "probability": _probability(own),
            "tokens": tokens,
            "dropped": 1 - kept / tokens,
        }
    )


def pick(texts: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """The rows of `run_texts` that are wanted, in the order wanted; ties stay in the run's order.

    Filtering or sorting by agreement needs a column `agreement` (see `agreement`); ValueError without.
    """
    if "agreement" not in texts and (wanted.agreement or "agreement" in wanted.order):
        raise ValueError("add a column `agreement` first")
    chosen = np.ones(len(texts), dtype=bool)
    if wanted.label is not None:
        chosen &= (texts["label"] == wanted.label).to_numpy()
    if wanted.outcome != "any":
        chosen &= (texts["right"] == (wanted.outcome == "right")).to_numpy(dtype=bool, na_value=False)
    if wanted.value is not None:
        chosen &= texts["value"].between(*wanted.value).to_numpy()
    if wanted.tokens is not None:
        chosen &= texts["tokens"].between(*wanted.tokens).to_numpy()
    if wanted.agreement is not None:
        chosen &= texts["agreement"].between(*wanted.agreement).to_numpy()
    found = texts[chosen]
    if wanted.order in _SORTS:
        column, ascending = _SORTS[wanted.order]
        found = found.sort_values(column, ascending=ascending, kind="stable")
    return found.reset_index(drop=True)


def outcome(text: Mapping[str, Any]) -> str:
    """A row of `run_texts` in a list of texts, label first: `pos, right`, or `3.5, predicted 3.21`."""
    if pd.isna(text["right"]):
        return f"{text['label']}, predicted {text['predicted']}"
    return f"{text['label']}, {'right' if text['right'] else 'wrong'}"


def verdict(text: Mapping[str, Any]) -> str:
    """A row of `run_texts` in words: `pos 0.981, right`, or `3.21, label 3.5` for a predicted value."""
    probability = text["probability"]
    said = text["predicted"] + ("" if np.isnan(probability) else f" {probability:.3f}")
    if pd.isna(text["right"]):
        return f"{said}, label {text['label']}"
    return f"{said}, right" if text["right"] else f"{said}, wrong: label {text['label']}"


def agreement(table: ScoreTable, layer: int) -> pd.Series:
    """Average precision of a scorer's tokens against the human rationale at one layer, by text id.

    As `ap` of the plausibility table: unit token, mean over the windows with a marked token, dropped
    tokens rank last. A text without a marked token, or which nobody annotated, has no row.
    """
    frame = table.layer(layer, ["text_id", "window", "word_index", "score", "rationale"])
    frame = frame[(frame["word_index"] >= 0) & frame["rationale"].notna()]
    if frame.empty:
        return pd.Series(dtype=float)
    keys = ["text_id", "window"]
    groups = frame.groupby(keys, sort=False, observed=True)
    row, column = groups.ngroup().to_numpy(), groups.cumcount().to_numpy()
    shape = (int(row.max()) + 1, int(column.max()) + 1)
    scores = np.full(shape, np.nan)
    marks, valid = np.zeros((2, *shape), dtype=bool)
    scores[row, column] = frame["score"].to_numpy(dtype=float)
    marks[row, column] = frame["rationale"].to_numpy(dtype=bool)
    valid[row, column] = True
    text = frame["text_id"].astype(str).to_numpy()[column == 0]
    found = pd.Series(average_precision(rank_units(scores, marks, valid)), index=text).dropna()
    return found.groupby(level=0, sort=False).mean()


def scorer_of(method: str, scorers: Sequence[str]) -> str | None:
    """The scorer whose table shows a method's flow: its own; for a model that drops nothing, saliency or
    whatever else of `scorers` is its own model's business; None where there is none."""
    own = own_scorer(method)
    if own in scorers:
        return own
    if method == "dense":
        return next((name for name in ("saliency", "attention", "rollout") if name in scorers), None)
    return None


def flow_records(tables: dict[str, ScoreTable], method: str, text_id: str) -> list[TokenScores]:
    """The recorded windows of one text in a method's flow; `tables` are the run's, by scorer.

    InputError saying what is missing: a method without a score table, or a text that was not scored.
    """
    scorer = scorer_of(method, list(tables))
    if scorer is None:
        raise InputError(
            f"this run has no token scores of {method!r}: add its scorer to evaluation.scorers and run "
            "`workbench evaluate` again, or run its model below"
        )
    return tables[scorer].records(text_id)


def snippet(tokens: Sequence[str], longest: int = 60) -> str:
    """The beginning of a text put together from its sub-words, without special tokens."""
    words = " ".join(t for t in tokens if t not in ("[CLS]", "[SEP]", "[PAD]")).replace(" ##", "")
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def in_words(column: pd.Series) -> np.ndarray:
    """Labels or predictions as text: names of classes, or values with four digits."""
    if pd.api.types.is_numeric_dtype(column):
        return column.map("{:.4g}".format).to_numpy()
    return column.astype(str).to_numpy()


def _probability(own: pd.DataFrame) -> np.ndarray:
    found = np.full(len(own), np.nan)
    for name in own["predicted"].astype(str).unique():
        if f"prob_{name}" in own:
            mask = (own["predicted"].astype(str) == name).to_numpy()
            found[mask] = own[f"prob_{name}"].to_numpy(dtype=float)[mask]
    return found
