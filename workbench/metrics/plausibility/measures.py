"""What is measured on every window or text: one column per measure."""

import numpy as np
from scipy.special import entr

from workbench.metrics.plausibility.ranking import (
    auprc,
    average_precision,
    precision_at,
    rank_units,
    roc_auc,
    share,
)
from workbench.metrics.plausibility.selection import (
    overlap,
    span_counts,
    token_scores,
    uniform_selection,
)
from workbench.metrics.plausibility.soft import SOFT_MEASURES, soft_measures
from workbench.metrics.plausibility.units import Batch

Key = tuple[str, str]
"""(selection, metric); the selection of what needs scores only is "none"."""

SELECTIONS = ("uniform", "kept")
CUTS = (1, 5, 10)
"""The k of precision at k."""
WINDOW_MEASURES: tuple[Key, ...] = (
    ("none", "ap"),
    *((selection, metric) for selection in SELECTIONS for metric in ("fpr", "tpr", "selected")),
)
"""Computed per window; a text's value is the mean over its windows."""
_RANKED = (
    "eraser_ap", "auprc", "roc_auc", *(f"precision_at_{k}" for k in CUTS), "r_precision", "complexity",
    "sparseness",
)  # fmt: skip
_SELECTED = ("token_precision", "token_recall", "token_f1", "iou_precision", "iou_recall")
TEXT_MEASURES: tuple[Key, ...] = (
    *(("none", metric) for metric in (*_RANKED, *SOFT_MEASURES)),
    *((selection, metric) for selection in SELECTIONS for metric in _SELECTED),
)
"""Computed on a text's windows joined to one document."""
MEASURES = WINDOW_MEASURES + TEXT_MEASURES
"""The columns whose mean over texts is shown."""
COUNTED = ("hits", "chosen", "marked", "span_hits", "spans_chosen", "spans_marked")
MEASURED = MEASURES + tuple((selection, count) for selection in SELECTIONS for count in COUNTED)
"""All columns: behind those shown the counts of units and spans that corpus-level metrics need."""


def measure(batch: Batch) -> np.ndarray:
    """Return all columns of `MEASURED`: (windows, layers, columns) float64, NaN where one is undefined.

    A layer without scores has NaN, and so have the selection `kept` of a record without a kept-mask and
    the soft measures of a window without shares.
    """
    uniform = uniform_selection(batch.scores, batch.valid[:, None, :])
    defined = {"none": batch.has_score, "uniform": batch.has_score, "kept": batch.has_kept[:, None]}
    columns = _ranked(batch)
    for selection, selected in (("uniform", uniform), ("kept", batch.kept)):
        columns |= {(selection, name): column for name, column in _selected(selected, batch).items()}
    values = np.full((*batch.has_score.shape, len(MEASURED)), np.nan)
    for column, key in enumerate(MEASURED):
        if key in columns:
            values[..., column] = np.where(defined[key[0]], columns[key], np.nan)
    return values


def _ranked(batch: Batch) -> dict[Key, np.ndarray]:
    marks, valid = batch.marks[:, None, :], batch.valid[:, None, :]
    ranking = rank_units(batch.scores, marks, valid)
    both = (ranking.marked > 0) & (ranking.marked < ranking.units)
    ap = np.where(both, average_precision(ranking), np.nan)
    columns = {
        "ap": ap,
        "eraser_ap": ap,
        "auprc": auprc(ranking),
        "roc_auc": roc_auc(ranking),
        "r_precision": precision_at(ranking, ranking.marked),
        "complexity": complexity(batch.scores, valid),
        "sparseness": sparseness(batch.scores, valid),
    }
    columns |= {f"precision_at_{k}": precision_at(ranking, k) for k in CUTS}
    columns |= soft_measures(batch, ranking)
    return {("none", name): column for name, column in columns.items()}


def _selected(selected: np.ndarray, batch: Batch) -> dict[str, np.ndarray]:
    marks, valid = batch.marks[:, None, :], batch.valid[:, None, :]
    hits, chosen, marked, units = overlap(selected, marks, valid)
    precision, recall, f1 = token_scores(hits, chosen, marked)
    span_hits, spans_chosen, spans_marked = span_counts(selected, marks, batch.follows[:, None, :])
    return {
        "fpr": share(chosen - hits, units - marked),
        "tpr": share(hits, marked),
        "selected": share(chosen, units),
        "token_precision": precision,
        "token_recall": recall,
        "token_f1": f1,
        "iou_precision": share(span_hits, spans_chosen),
        "iou_recall": share(span_hits, spans_marked),
        **dict(zip(COUNTED, (hits, chosen, marked, span_hits, spans_chosen, spans_marked), strict=True)),
    }


def complexity(scores: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return the entropy in nats of the scores as shares of their sum: shape (...), from 0 to ln n.

    `scores` (..., n) are not negative, else ValueError; a dropped unit (NaN) has the share 0, `valid` is
    False on padding. Scores that sum to 0 are uniform; NaN without a unit. Source: Bhatt et al. 2020.
    """
    values, total, n = _parts(scores, valid)
    shares = values / np.where(total > 0, total, 1.0)[..., None]
    entropy = np.where(total > 0, entr(shares).sum(axis=-1), np.log(np.maximum(n, 1)))
    return np.where(n > 0, entropy, np.nan)


def sparseness(scores: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Return the Gini index of the scores: shape (...), 0 for equal scores, 1 - 1/n for a single one.

    Arguments and empty cases as for `complexity`; a dropped unit counts as 0. Source: Chalasani et al.
    2020, sparseness (Hurley and Rickard 2009).
    """
    values, total, n = _parts(scores, valid)
    # Ascending, padding is among the zeros in front, so a value's rank counts from the end.
    ranked = np.sort(values, axis=-1)
    from_end = np.arange(values.shape[-1] - 1, -1, -1)
    weighted = (ranked * (n[..., None] - 1 - 2 * from_end)).sum(axis=-1)
    gini = np.divide(weighted, n * total, out=np.zeros(total.shape), where=(n > 0) & (total > 0))
    return np.where(n > 0, gini, np.nan)


def _parts(scores: np.ndarray, valid: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with 0 for what is not there, their sum, and the number of units."""
    scores = np.asarray(scores, dtype=np.float64)
    real = np.broadcast_to(True if valid is None else valid, scores.shape)
    values = np.where(real & ~np.isnan(scores), scores, 0.0)
    if (values < 0).any():
        raise ValueError("negative scores are no shares: take absolute values first")
    return values, values.sum(axis=-1), real.sum(axis=-1)
