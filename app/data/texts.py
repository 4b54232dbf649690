"""The texts of a run, for picking one: its length, right or wrong, share dropped; and filters."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open

from app.data.flows import GONE, states
from workbench.catalog.methods import METHODS
from workbench.catalog.ordering import ordered
from workbench.catalog.scorers import own_scorer
from workbench.core.merge_windows import stitched
from workbench.core.sub_words import CONTINUES
from workbench.core.task_type import answer_text
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.reporting.figures.chart import short
from workbench.runs.scores import ScoreTable

ORDERS = {
    "as in the run": None,
    "most dropped": ("dropped", False),
    "longest": ("tokens", False),
    "largest error": ("error", False),
    "lowest agreement": ("agreement", True),
    "highest agreement": ("agreement", False),
}
"""Column of each order of texts, and whether it ascends."""


def run_texts(predictions: pd.DataFrame, method: str, split: str) -> pd.DataFrame:
    """Return one row per text of a split, as a method saw it.

    Args:
        predictions: The rows of predictions.parquet.
        method: InputError for one without rows.
        split: Whose texts.

    Returns:
        Columns text_id, label and predicted (in words), right (boolean, of several labels all together;
        missing where values are predicted, not classes), value and error (of a regression: the label,
        and how far the prediction is from it; NaN for classes), probability (of the predicted class; NaN
        where the table has none), tokens (special ones included, all windows together) and dropped, the
        share of tokens x layers in self-attention that the method saved.
    """
    rows = predictions[predictions["split"].astype(str) == split]
    texts = rows[rows["method"].astype(str) == method]
    if texts.empty:
        known = ", ".join(ordered(rows["method"].astype(str), METHODS)) or "none"
        raise InputError(f"no predictions of {method!r} on {split!r} (there: {known})")
    # No method has more tokens in its first layer than there are; a dense model has them all.
    first = pd.Series([counts[0] for counts in rows["tokens"]], index=rows["text_id"].astype(str))
    length = first.groupby(level=0).max()
    ids = texts["text_id"].astype(str).to_numpy()
    tokens = length.reindex(ids).to_numpy()
    layers = texts["tokens"].map(len).to_numpy()
    kept = (
        np.add.reduceat(np.concatenate(texts["tokens"].to_list()), np.cumsum(layers) - layers) / layers
    )
    label, predicted = in_words(texts["label"]), in_words(texts["predicted"])
    classes = not pd.api.types.is_numeric_dtype(texts["predicted"])
    value = np.full(len(texts), np.nan) if classes else texts["label"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "text_id": ids,
            "label": label,
            "predicted": predicted,
            "right": pd.array(label == predicted if classes else [pd.NA] * len(texts), dtype="boolean"),
            "value": value,
            "error": value if classes else np.abs(texts["predicted"].to_numpy(dtype=float) - value),
            "probability": _probability(texts),
            "tokens": tokens,
            "dropped": 1 - kept / tokens,
        }
    )


def _probability(texts: pd.DataFrame) -> np.ndarray:
    """(texts,) float: of the predicted class; NaN where there is no such column."""
    named = ("prob_" + texts["predicted"].map(str)).to_numpy(dtype=object)
    found = np.full(len(texts), np.nan)
    for name in set(named) & set(texts.columns):
        found[named == name] = texts.loc[named == name, name]
    return found


def matching(
    texts: pd.DataFrame,
    equal: Mapping[str, object] | None = None,
    between: Mapping[str, tuple[float, float] | None] | None = None,
    query: str = "",
) -> pd.DataFrame:
    """Return the rows that fit all filters; texts without a value in a filtered column do not.

    Args:
        texts: A row per text.
        equal: Value of columns; None: any.
        between: Lowest and highest value of columns, both included; None: any.
        query: Stands in the column `text` letter by letter, case aside.
    """
    keep = pd.Series(True, index=texts.index)
    for column, value in (equal or {}).items():
        if value is not None:
            keep &= (texts[column] == value).fillna(False).astype(bool)
    for column, ends in (between or {}).items():
        if ends is not None:
            keep &= texts[column].between(*ends)
    if query := " ".join(query.split()).casefold():
        keep &= texts["text"].str.casefold().str.contains(query, regex=False)
    return texts[keep]


def in_order(texts: pd.DataFrame, order: str) -> pd.DataFrame:
    """Sort texts by one of `ORDERS`; equal ones stay in the run's order."""
    if ORDERS[order] is None:
        return texts.reset_index(drop=True)
    column, ascending = ORDERS[order]
    return texts.sort_values(column, ascending=ascending, kind="stable").reset_index(drop=True)


def outcome(text: Mapping[str, Any]) -> str:
    """Return a row of `run_texts` for a list, label first: `pos, right`, or `3.5, predicted 3.21`."""
    if pd.isna(text["right"]):
        return f"{text['label']}, predicted {text['predicted']}"
    return f"{text['label']}, {'right' if text['right'] else 'wrong'}"


def verdict(text: Mapping[str, Any]) -> str:
    """Return a row of `run_texts` in words: `pos 0.981, right`, or `3.21, label 3.5` for a value."""
    probability = text["probability"]
    prediction = text["predicted"] + ("" if np.isnan(probability) else f" {probability:.3f}")
    if pd.isna(text["right"]):
        return f"{prediction}, label {text['label']}"
    return f"{prediction}, right" if text["right"] else f"{prediction}, wrong: label {text['label']}"


def scorer_of(method: str, scorers: Sequence[str]) -> str | None:
    """Return the scorer whose table shows a method's flow; None where there is none.

    It is the method's own; for a model that drops nothing, saliency or whatever else of `scorers`
    explains that very model.
    """
    if (own := own_scorer(method)) in scorers:
        return own
    if method == "dense":
        return next((name for name in ("saliency", "attention", "rollout") if name in scorers), None)
    return None


def flow_records(tables: dict[str, ScoreTable], method: str, text_id: str) -> list[TokenScores]:
    """Return the recorded windows of one text in a method's flow.

    Args:
        tables: The run's, by scorer.
        method: InputError for one without a score table.
        text_id: InputError for a text that was not scored.
    """
    scorer = scorer_of(method, list(tables))
    if scorer is None:
        raise InputError(
            f"this run has no token scores of {method!r}: add its scorer to evaluation.scorers and run "
            "`workbench evaluate` again, or run its model below"
        )
    return tables[scorer].records(text_id)


def snippet(tokens: Sequence[str], longest: int = 60) -> str:
    """Return the beginning of a text put together from its sub-words."""
    return short(" ".join(tokens).replace(f" {CONTINUES}", ""), longest)


def in_words(column: pd.Series) -> np.ndarray:
    """Return labels or predictions as text: names of classes or labels, or values with four digits."""
    if pd.api.types.is_numeric_dtype(column):
        return column.map("{:.4g}".format).to_numpy()
    return column.map(answer_text).to_numpy(dtype=object)


def recorded_thresholds(model_folder: Path, records: Sequence[TokenScores]) -> np.ndarray | None:
    """Return (layers, n): the score each token of a text needed to stay, n as in `stitched(records)`.

    NaN where a token met none; None for a method that cuts by rank or not at all, and where the run
    holds no model. InputError for a damaged model folder.
    """
    first = records[0]
    threshold = METHODS[first.method].threshold if first.method in METHODS else None
    path = model_folder / "policy.safetensors"
    if threshold is None or (threshold.parameter is not None and not path.is_file()):
        return None
    if threshold.parameter is None:
        needed = np.full(first.layers, threshold.value)
    else:
        needed = _read(path, threshold.parameter)
        # Nothing is scored at the first layer of a method that has a threshold less than layers.
        needed = np.concatenate([np.full(first.layers - len(needed), np.nan), needed])
    scores = [_placed(record, needed, threshold.shared_out) for record in records]
    placed = [replace(record, scores=own) for record, own in zip(records, scores, strict=True)]
    return stitched(placed).scores


def _placed(record: TokenScores, needed: np.ndarray, shared_out: bool) -> np.ndarray:
    came = states(record) != GONE
    by = came.sum(axis=1) if shared_out else np.ones(record.layers)
    return np.where(came & ~np.isnan(record.scores), (needed / by)[:, None], np.nan)


def _read(path: Path, name: str) -> np.ndarray:
    try:
        with safe_open(path, "numpy") as file:
            return np.asarray(file.get_tensor(name), dtype=np.float64)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not readable: {str(error).splitlines()[0]}") from None
