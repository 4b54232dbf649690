"""Every measure per text: records grouped by scorer, their windows by text, in units and universes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.merge_windows import join_windows
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.metrics.plausibility.measures import MEASURED, WINDOW_MEASURES, measure
from workbench.metrics.plausibility.units import UNITS, Batch, Units, pad, scored_units
from workbench.metrics.stats.text_means import ByText

WINDOW_SETS = ("with-evidence", "all")

_CELLS = 400_000
"""Scores per padded batch: enough to amortise numpy's calls, little enough to stay in cache."""


@dataclass(frozen=True)
class TextValues:
    """Every measure of one scorer in one unit and window set, one row per text."""

    scorer: str
    method: str
    unit: str
    window_set: str
    text_ids: tuple[str, ...]
    values: np.ndarray
    """(texts, layers, len(MEASURED)) float64, NaN: undefined. Measures of windows are averaged over a
    text's windows, the others are of its windows joined to one document."""
    counts: dict[str, int]
    """What the universe kept and dropped, by the names of `schemas.PLAUSIBILITY_COUNTS`."""
    owners: tuple[str, ...] = ()
    """Whom each text belongs to: texts of one owner are drawn together. Empty: each by itself."""


Measure = Callable[[Batch], np.ndarray]
"""A padded batch -> (windows, layers, len(MEASURED))."""


def text_values(records: Iterable[TokenScores], measure: Measure = measure) -> list[TextValues]:
    """Return one `TextValues` per scorer, method, unit and window set, in order of first appearance."""
    groups: dict[tuple[str, str], dict[tuple[str, int], TokenScores]] = {}
    for record in records:
        group = groups.setdefault((record.scorer, record.method), {})
        if (record.text_id, record.window) in group:
            raise InputError(
                f"{record.text_id}: two records of window {record.window} from {record.scorer}"
                f" on {record.method}"
            )
        group[record.text_id, record.window] = record
    return [part for group in groups.values() for part in _of_scorer(list(group.values()), measure)]


def _of_scorer(records: list[TokenScores], measure: Measure) -> list[TextValues]:
    annotated = [record for record in records if record.rationale is not None]
    # A window of special tokens alone has no unit to judge; it counts as unannotated.
    usable = [record for record in annotated if (record.word_index >= 0).any()]
    parts = []
    for unit in UNITS:
        windows = [scored_units(record, unit) for record in usable]
        values = window_values(windows, measure)
        marked = np.array([window.marks.sum() for window in windows], dtype=np.int64)
        units = np.array([len(window.marks) for window in windows], dtype=np.int64)
        for window_set in WINDOW_SETS:
            inside = marked > 0 if window_set == "with-evidence" else np.ones(len(marked), dtype=bool)
            chosen = [record for record, ok in zip(usable, inside, strict=True) if ok]
            texts = ByText(record.text_id for record in chosen)
            per_text = texts.mean(values[inside])
            _join(per_text, texts, chosen, unit, measure)
            counts = {
                "windows": len(chosen),
                "windows_dropped": len(records) - len(chosen),
                "windows_unannotated": len(records) - len(usable),
                "texts": len(texts.text_ids),
                "texts_dropped": len({r.text_id for r in records}) - len(texts.text_ids),
                **one_class_counts(texts, marked[inside], units[inside]),
            }
            key = (records[0].scorer, records[0].method, unit, window_set)
            parts.append(TextValues(*key, texts.text_ids, per_text, counts))
    return parts


def _join(
    per_text: np.ndarray, texts: ByText, records: list[TokenScores], unit: str, measure: Measure
) -> None:
    """Put the measures of joined windows in their columns, for texts of several windows."""
    joined: dict[int, list[TokenScores]] = {}
    many = np.bincount(texts.rows, minlength=len(texts.text_ids)) > 1
    for row, record in zip(texts.rows.tolist(), records, strict=True):
        if many[row]:
            joined.setdefault(row, []).append(record)
    if joined:
        documents = [scored_units(join_windows(windows), unit) for windows in joined.values()]
        values = window_values(documents, measure)
        per_text[list(joined), :, len(WINDOW_MEASURES) :] = values[..., len(WINDOW_MEASURES) :]


def one_class_counts(texts: ByText, marked: np.ndarray, units: np.ndarray) -> dict[str, int]:
    """Return how many windows and texts have nothing, or everything, marked.

    Args:
        texts: The texts of the windows.
        marked, units: (windows,) int: marked units, all units.
    """
    mixed = (marked > 0) & (marked < units)
    text_marked = texts.total(marked)
    return {
        "windows_one_class": int((~mixed).sum()),
        "texts_without_ap": int((texts.total(mixed.astype(np.int64)) == 0).sum()),
        "texts_unmarked": int((text_marked == 0).sum()),
        "texts_all_marked": int((text_marked == texts.total(units)).sum()),
    }


def window_values(windows: Sequence[Units], measure: Measure = measure) -> np.ndarray:
    """Return all columns of windows of one scorer: (windows, layers, len(MEASURED)) float64."""
    if not windows:
        return np.zeros((0, 0, len(MEASURED)))
    layers = windows[0].scores.shape[0]
    values = np.empty((len(windows), layers, len(MEASURED)))
    order = sorted(range(len(windows)), key=lambda row: len(windows[row].marks))
    while order:
        size = max(1, _CELLS // (layers * len(windows[order[-1]].marks)))
        rows, order = order[-size:], order[:-size]
        values[rows] = measure(pad([windows[row] for row in rows]))
    return values
