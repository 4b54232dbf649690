"""Agreement of scores with human rationales, layer by layer, from records to tidy rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.bootstrap import mean_interval
from workbench.evaluation.ranking import average_precision, selection_rates, uniform_selection
from workbench.evaluation.units import UNITS, Batch, Units, pad, scored_units
from workbench.records import TokenScores

COLUMNS = (
    "scorer", "method", "split", "layer", "unit", "universe", "selection", "metric",
    "value", "ci_low", "ci_high", "n",
)  # fmt: skip
COUNT_COLUMNS = (
    "scorer", "method", "split", "unit", "universe", "windows", "windows_dropped",
    "windows_unannotated", "windows_one_class", "texts", "texts_dropped", "texts_without_ap",
)  # fmt: skip
UNIVERSES = ("with-evidence", "all")
MEASURES = (
    ("none", "ap"),
    ("uniform", "fpr"), ("uniform", "tpr"), ("uniform", "selected"),
    ("kept", "fpr"), ("kept", "tpr"), ("kept", "selected"),
)  # fmt: skip
"""(selection, metric) of each column that is computed per window."""

_CELLS = 400_000
"""Scores per padded batch: enough to amortise numpy's calls, little enough to stay in cache."""


@dataclass(frozen=True)
class TextValues:
    """Every measure of one scorer in one unit and universe, one row per text."""

    scorer: str
    method: str
    unit: str
    universe: str
    text_ids: tuple[str, ...]
    values: np.ndarray
    """(texts, layers, len(MEASURES)) float64; a text's windows are averaged first, NaN: undefined."""
    counts: dict[str, int]
    """What the universe kept and dropped, by the names of `COUNT_COLUMNS`."""


@dataclass(frozen=True)
class Plausibility:
    """The tidy table and what it leaves out."""

    frame: pd.DataFrame
    """Columns of `COLUMNS`; `n` = texts with a value, `selection` = "none" for ap."""
    counts: pd.DataFrame
    """Columns of `COUNT_COLUMNS`, one row per scorer, method, unit and universe."""


def plausibility(
    records: Iterable[TokenScores], split: str, *, bootstrap: int = 1000, seed: int = 0
) -> Plausibility:
    """AP, FPR, TPR and share selected of every scorer against the rationales of its texts.

    Values lie in [0, 1]; ci_low and ci_high are the 95 % bootstrap interval over texts (NaN when
    `bootstrap` is 0). No records, or none with a rationale, give empty frames with all columns.
    Raises ValueError naming the text on negative or infinite scores, and on two records of one
    window. Source: AdapLeR section 5; ERASER (DeYoung et al. 2020) for AP.
    """
    values = text_values(records)
    return Plausibility(summarise(values, split, bootstrap, seed), count_frame(values, split))


def text_values(records: Iterable[TokenScores]) -> list[TextValues]:
    """One `TextValues` per scorer, method, unit and universe, in order of first appearance."""
    groups: dict[tuple[str, str], dict[tuple[str, int], TokenScores]] = {}
    for record in records:
        group = groups.setdefault((record.scorer, record.method), {})
        if (record.text_id, record.window) in group:
            raise ValueError(
                f"{record.text_id}: two records of window {record.window} from {record.scorer}"
                f" on {record.method}"
            )
        group[record.text_id, record.window] = record
    return [part for group in groups.values() for part in _of_scorer(list(group.values()))]


def _of_scorer(records: list[TokenScores]) -> list[TextValues]:
    annotated = [record for record in records if record.rationale is not None]
    # A window of special tokens alone has no unit to judge; it counts as unannotated.
    usable = [record for record in annotated if (record.word_index >= 0).any()]
    parts = []
    for unit in UNITS:
        windows = [scored_units(record, unit) for record in usable]
        values = window_values(windows)
        evidence = np.array([window.marks.any() for window in windows], dtype=bool)
        mixed = np.array([0 < window.marks.sum() < len(window.marks) for window in windows], dtype=bool)
        for universe in UNIVERSES:
            inside = evidence if universe == "with-evidence" else np.ones_like(evidence)
            parts.append(_by_text(records, usable, values, inside, mixed, unit, universe))
    return parts


def window_values(windows: Sequence[Units]) -> np.ndarray:
    """All measures of windows of one scorer: (windows, layers, len(MEASURES)) float64."""
    if not windows:
        return np.zeros((0, 0, len(MEASURES)))
    layers = windows[0].scores.shape[0]
    values = np.empty((len(windows), layers, len(MEASURES)))
    order = sorted(range(len(windows)), key=lambda row: len(windows[row].marks))
    while order:
        size = max(1, _CELLS // (layers * len(windows[order[-1]].marks)))
        rows, order = order[-size:], order[:-size]
        values[rows] = _measure(pad([windows[row] for row in rows]))
    return values


def _measure(batch: Batch) -> np.ndarray:
    marks, valid = batch.marks[:, None, :], batch.valid[:, None, :]
    both = (batch.marks.any(axis=1) & (batch.valid & ~batch.marks).any(axis=1))[:, None]
    ap = np.where(both, average_precision(batch.scores, marks, valid), np.nan)
    uniform = selection_rates(uniform_selection(batch.scores, valid), marks, valid)
    kept = selection_rates(batch.kept, marks, valid)
    soft = [np.where(batch.speaks, column, np.nan) for column in (ap, *uniform)]
    hard = [np.where(batch.has_kept[:, None], column, np.nan) for column in kept]
    return np.stack([*soft, *hard], axis=-1)


def _by_text(
    records: list[TokenScores],
    usable: list[TokenScores],
    values: np.ndarray,
    inside: np.ndarray,
    mixed: np.ndarray,
    unit: str,
    universe: str,
) -> TextValues:
    owners = [record.text_id for record, ok in zip(usable, inside, strict=True) if ok]
    text_ids = tuple(dict.fromkeys(owners))
    position = {text_id: row for row, text_id in enumerate(text_ids)}
    per_text = _mean_by_owner(values[inside], np.array([position[o] for o in owners], dtype=np.int64))
    has_ap = {owner for owner, ok in zip(owners, mixed[inside], strict=True) if ok}
    everyone = {record.text_id for record in records}
    counts = {
        "windows": len(owners),
        "windows_dropped": len(records) - len(owners),
        "windows_unannotated": len(records) - len(usable),
        "windows_one_class": int((~mixed[inside]).sum()),
        "texts": len(text_ids),
        "texts_dropped": len(everyone) - len(text_ids),
        "texts_without_ap": len(text_ids) - len(has_ap),
    }
    first = records[0]
    return TextValues(first.scorer, first.method, unit, universe, text_ids, per_text, counts)


def _mean_by_owner(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Mean over the windows of each text that have a value: (texts, layers, measures)."""
    texts = int(owner.max()) + 1 if len(owner) else 0
    total, count = np.zeros((texts, *values.shape[1:])), np.zeros((texts, *values.shape[1:]))
    present = ~np.isnan(values)
    np.add.at(total, owner, np.where(present, values, 0.0))
    np.add.at(count, owner, present)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def summarise(
    values: Iterable[TextValues], split: str, bootstrap: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Means over texts with intervals, as tidy rows with the columns of `COLUMNS`.

    A layer or selection that no text has a value for gets no row.
    """
    rows: list[tuple[object, ...]] = []
    for part in values:
        n = (~np.isnan(part.values)).sum(axis=0)
        total = np.nansum(part.values, axis=0)
        low, high = mean_interval(part.values, bootstrap, seed)
        for layer, column in zip(*np.nonzero(n), strict=True):
            selection, metric = MEASURES[column]
            cell = (layer, column)
            rows.append(
                (part.scorer, part.method, split, int(layer), part.unit, part.universe, selection,
                 metric, total[cell] / n[cell], low[cell], high[cell], int(n[cell]))
            )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype(
        {"layer": "int64", "n": "int64", "value": float, "ci_low": float, "ci_high": float}
    )


def count_frame(values: Iterable[TextValues], split: str) -> pd.DataFrame:
    """What each universe kept and dropped, with the columns of `COUNT_COLUMNS`."""
    rows = [
        {"scorer": v.scorer, "method": v.method, "split": split, "unit": v.unit,
         "universe": v.universe, **v.counts}
        for v in values
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COUNT_COLUMNS))
