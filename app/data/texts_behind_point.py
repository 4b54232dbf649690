"""The texts behind a point of a curve: each text's values in one layer, worst first."""

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from workbench.core.token_scores import COLUMNS, from_frame
from workbench.metrics.plausibility.measures import MEASURES
from workbench.metrics.plausibility.text_values import text_values
from workbench.metrics.registry import METRICS
from workbench.runs.scores import ScoreTable

CONTEXT = (("none", "ap"), ("uniform", "fpr"), ("uniform", "tpr"), ("uniform", "selected"))
"""Measures that are shown with the chosen one."""


def column(selection: str, metric: str) -> str:
    """Return the name of a measure's column: `ap`, `fpr (uniform)`."""
    return metric if selection == "none" else f"{metric} ({selection})"


def layer_values(
    table: ScoreTable, method: str, layer: int, ids: frozenset[str] | None = None
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return every measure of one layer text by text, of which the plausibility table has the means.

    Args:
        table: A scorer's; InputError where it is damaged or its scores are signed.
        method: Whose model is explained.
        layer: Only its rows are read.
        ids: Texts, such as those of a split; None: all.

    Returns:
        By (unit, universe) a frame with text_id and a column per (selection, metric) of
        `measures.MEASURES`, named by `column`; NaN where a text has no value.
    """
    rows = table.layer(layer, [name for name in COLUMNS if name not in ("layer", "token")])
    rows = rows[rows["method"].astype(str) == method]
    if ids is not None:
        rows = rows[rows["text_id"].astype(str).isin(ids)]
    # A record of this layer alone; what the tokens are plays no part.
    records = from_frame(rows.assign(layer=0, token=""))
    values = {}
    for part in text_values(records):
        frame = pd.DataFrame(
            part.values[:, 0, : len(MEASURES)], columns=[column(*key) for key in MEASURES]
        )
        frame.insert(0, "text_id", list(part.text_ids))
        values[part.unit, part.universe] = frame
    return values


def has_text_values(selection: str, metric: str) -> bool:
    """Return whether the metric has a value per text; micro averages and F1 of means do not."""
    return (selection, metric) in MEASURES


def texts_behind(
    values: pd.DataFrame, selection: str, metric: str, predictions: pd.DataFrame | None
) -> pd.DataFrame:
    """Return texts with a value, worst first: text_id, label, predicted, value, and those of `CONTEXT`.

    Worst is the lowest value where higher is better, the highest where lower is; where neither is, the
    lowest comes first. Equal values keep the order of the score table.

    Args:
        values: A frame of `layer_values`.
        selection: Which units count as chosen.
        metric: Whose values.
        predictions: Rows of the model that was explained; label and predicted, text or a regression's
            numbers, are missing without.
    """
    chosen = column(selection, metric)
    frame = values.assign(value=values[chosen]).dropna(subset=["value"])
    if predictions is None:
        frame = frame.assign(label=None, predicted=None)
    else:
        names = ["text_id", "label", "predicted"]
        classes = [name for name in names if not is_numeric_dtype(predictions[name])]
        known = predictions[names].astype(dict.fromkeys(classes, str))
        frame = frame.merge(known.drop_duplicates("text_id"), on="text_id", how="left")
    ascending = METRICS[metric].higher_is_better is not False
    frame = frame.sort_values("value", ascending=ascending, kind="stable")
    context = [column(*key) for key in CONTEXT if column(*key) != chosen]
    return frame[["text_id", "label", "predicted", "value", *context]].reset_index(drop=True)


def without_value(values: pd.DataFrame, selection: str, metric: str) -> int:
    """Return how many texts of the universe have no value of this metric."""
    return int(np.isnan(values[column(selection, metric)]).sum())
