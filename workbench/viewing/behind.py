"""The texts behind a point of a curve: each text's value in one layer, worst first."""

import numpy as np
import pandas as pd

from workbench.evaluation.measures import MEASURES
from workbench.evaluation.metrics import METRICS
from workbench.viewing.score_rows import column

CONTEXT = (("none", "ap"), ("uniform", "fpr"), ("uniform", "tpr"), ("uniform", "selected"))
"""Measures that stand beside the one asked for."""


def has_text_values(selection: str, metric: str) -> bool:
    """Whether the metric has a value per text; micro averages and F1 of means do not."""
    return (selection, metric) in MEASURES


def texts_behind(
    values: pd.DataFrame, selection: str, metric: str, predictions: pd.DataFrame | None
) -> pd.DataFrame:
    """Texts with a value, worst first: text_id, label, predicted, value, and the measures of `CONTEXT`.

    `values` is a frame of `score_rows.layer_values`, `predictions` the rows of the model that was
    explained, label and predicted are missing without. Worst is the lowest value where higher is better,
    the highest where lower is; where neither is, the lowest comes first. Equal values keep the order of
    the score table.
    """
    asked = column(selection, metric)
    frame = values.assign(value=values[asked]).dropna(subset=["value"])
    outcome = {"label": pd.NA, "predicted": pd.NA}
    if predictions is None:
        frame = frame.assign(**outcome)
    else:
        known = predictions[["text_id", *outcome]].astype(str).drop_duplicates("text_id")
        frame = frame.merge(known, on="text_id", how="left")
    ascending = METRICS[metric].higher_is_better is not False
    frame = frame.sort_values("value", ascending=ascending, kind="stable")
    beside = [column(*key) for key in CONTEXT if column(*key) != asked]
    return frame[["text_id", "label", "predicted", "value", *beside]].reset_index(drop=True)


def without_value(values: pd.DataFrame, selection: str, metric: str) -> int:
    """How many texts of the universe have no value of this metric."""
    return int(np.isnan(values[column(selection, metric)]).sum())
