"""ERASER's own report: its numbers, which other tables have with intervals, under its own names."""

from collections.abc import Iterator

import pandas as pd

from workbench.eraser.class_scores import ALTERED
from workbench.metrics.schemas import ERASER

_PARTS = {"p": "precision", "r": "recall", "f1": "f1"}
_FAMILIES = {
    "iou_scores.macro": "eraser_iou",
    "iou_scores.micro": "eraser_iou_micro",
    "rationale_prf.instance_macro": "eraser_exact",
    "rationale_prf.instance_micro": "eraser_exact_micro",
    "token_prf.instance_macro": "token",
    "token_prf.instance_micro": "token_micro",
}
AGREEMENT = {
    **{
        f"{theirs}.{short}": ("kept", f"{ours}_{part}")
        for theirs, ours in _FAMILIES.items()
        for short, part in _PARTS.items()
    },
    "token_soft_metrics.auprc": ("none", "auprc"),
    "token_soft_metrics.average_precision": ("none", "eraser_ap"),
    "token_soft_metrics.roc_auc_score": ("none", "roc_auc"),
}
"""ERASER's name -> selection and metric of our table `plausibility`, universe `all`.

ERASER's file nests the names; its list `iou_scores` has one entry, of the threshold 0.5.
"""
FAITHFULNESS = {
    f"classification_scores.{field}{ending}": (selection, metric)
    for field in ALTERED
    for ending, selection, metric in (
        ("", "kept", field),
        ("_entropy", "kept", f"{field}_entropy"),
        ("_kl", "kept", f"{field}_kl"),
        ("_aopc", "bins", f"aopc_{field}"),
    )
}
"""ERASER's name -> selection and metric of our table `faithfulness`."""
_OF_CLASS = {"precision": "precision", "recall": "recall", "f1-score": "f1", "support": "n"}


def eraser_report(
    plausibility: pd.DataFrame,
    faithfulness: pd.DataFrame,
    classification: pd.DataFrame,
    classes: pd.DataFrame,
) -> pd.DataFrame:
    """Return the columns of `schemas.ERASER`; what the file says nothing about has no row.

    Args:
        plausibility, faithfulness, classification, classes: The tables of one prediction file.
    """
    rows: list[tuple[object, ...]] = []
    whole = plausibility[plausibility["universe"] == "all"]
    source = ["scorer", "method", "split", "layer"]
    for key, judged in whole.groupby(source, sort=False, observed=True):
        _, method, _, _ = key
        rows += [(*key, name, value) for name, value in _named(judged, AGREEMENT)]
        same = (faithfulness[source] == list(key)).all(axis=1)
        rows += [(*key, name, value) for name, value in _faithful(faithfulness[same])]
        own = (frame[frame["method"] == method] for frame in (classification, classes))
        rows += [(*key, name, value) for name, value in _classes(*own)]
    return ERASER.frame(rows)


def _named(frame: pd.DataFrame, names: dict[str, tuple[str, str]]) -> Iterator[tuple[str, float]]:
    values = frame.set_index(["selection", "metric"])["value"].to_dict()
    for theirs, ours in names.items():
        if ours in values:
            yield theirs, values[ours]


def _faithful(frame: pd.DataFrame) -> Iterator[tuple[str, float]]:
    yield from _named(frame, FAITHFULNESS)
    for field in ALTERED:
        points = frame[(frame["metric"] == field) & frame["selection"].str.startswith("top-")]
        for selection, value in zip(points["selection"], points["value"], strict=True):
            threshold = float(selection.removeprefix("top-").removesuffix("%")) / 100
            yield f"classification_scores.{field}_aopc_points.{threshold:g}", value


def _classes(classification: pd.DataFrame, classes: pd.DataFrame) -> Iterator[tuple[str, float]]:
    accuracy = classification.loc[classification["metric"] == "accuracy", "value"]
    for name in ("accuracy", "prf.accuracy"):
        yield from ((f"classification_scores.{name}", value) for value in accuracy)
    for row in classes.to_dict("records"):
        for theirs, ours in _OF_CLASS.items():
            yield f"classification_scores.prf.{row['class']}.{theirs}", row[ours]
