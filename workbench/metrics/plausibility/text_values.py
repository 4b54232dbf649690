"""Every measure per text: records grouped by scorer, their windows by text, in units and universes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from workbench.core.merge_windows import join_windows
from workbench.core.token_scores import TokenScores
from workbench.errors import InputError
from workbench.metrics.plausibility.measures import MEASURED, WINDOW_MEASURES, measure
from workbench.metrics.plausibility.score_rows import ScoreRows, flat_units
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
    return [
        part for key, group in groups.items() for part in _of_scorer(key, list(group.values()), measure)
    ]


def layer_text_values(rows: ScoreRows, method: str, units: Sequence[str] = UNITS) -> list[TextValues]:
    """Return what `text_values` does of the records of one layer, without making them.

    Args:
        rows: Of one scorer on one model in one layer.
        method: That model's.
        units: Of `UNITS`.
    """
    scorer = str(rows.frame["scorer"].iloc[0]) if len(rows.frame) else ""
    text_ids = list(compress(rows.text_ids, rows.usable))
    usable = np.flatnonzero(rows.usable)
    parts: list[TextValues] = []
    for unit in units:
        flat = flat_units(rows, unit)
        values = np.empty((len(usable), 1, len(MEASURED)))
        for batch in batches_by_length(flat.lengths, 1):
            values[batch] = measure(flat.pad(batch))
        marked = np.diff(np.concatenate([[0], np.cumsum(flat.marks)])[flat.starts])
        windows = _Windows(
            rows.text_ids,
            text_ids,
            values,
            marked,
            flat.lengths,
            lambda some: rows.records(usable[some].tolist()),
        )
        parts += _by_window_set(windows, (scorer, method, unit), measure)
    return parts


def _of_scorer(key: tuple[str, str], records: list[TokenScores], measure: Measure) -> list[TextValues]:
    annotated = [record for record in records if record.rationale is not None]
    # A window of special tokens alone has no unit to judge; it counts as unannotated.
    usable = [record for record in annotated if (record.word_index >= 0).any()]
    every, text_ids = ([record.text_id for record in some] for some in (records, usable))
    parts: list[TextValues] = []
    for unit in UNITS:
        units = [scored_units(record, unit) for record in usable]
        windows = _Windows(
            every,
            text_ids,
            values=window_values(units, measure),
            marked=np.array([window.marks.sum() for window in units], dtype=np.int64),
            units=np.array([len(window.marks) for window in units], dtype=np.int64),
            records=lambda some: [usable[one] for one in some],
        )
        parts += _by_window_set(windows, (*key, unit), measure)
    return parts


@dataclass(frozen=True)
class _Windows:
    """The usable windows of one scorer in one unit: V of them."""

    every: Sequence[str]
    """The text of each window, unannotated ones too."""
    text_ids: Sequence[str]
    """(V,): the text of each usable window."""
    values: np.ndarray
    """(V, layers, len(MEASURED)) float64."""
    marked: np.ndarray
    """(V,) int: marked units."""
    units: np.ndarray
    """(V,) int: units."""
    records: Callable[[Sequence[int]], list[TokenScores]]
    """Makes the records of some of the V."""


def _by_window_set(
    windows: _Windows, key: tuple[str, str, str], measure: Measure
) -> Iterator[TextValues]:
    for window_set in WINDOW_SETS:
        inside = (
            windows.marked > 0 if window_set == "with-evidence" else np.full(len(windows.units), True)
        )
        chosen = np.flatnonzero(inside)
        texts = ByText(compress(windows.text_ids, inside))
        per_text = texts.mean(windows.values[inside])
        _join(per_text, texts, windows, chosen, key[-1], measure)
        counts = {
            "windows": len(chosen),
            "windows_dropped": len(windows.every) - len(chosen),
            "windows_unannotated": len(windows.every) - len(windows.units),
            "texts": len(texts.text_ids),
            "texts_dropped": len(set(windows.every)) - len(texts.text_ids),
            **one_class_counts(texts, windows.marked[inside], windows.units[inside]),
        }
        yield TextValues(*key, window_set, texts.text_ids, per_text, counts)


def _join(
    per_text: np.ndarray,
    texts: ByText,
    windows: _Windows,
    chosen: np.ndarray,
    unit: str,
    measure: Measure,
) -> None:
    """Put the measures of joined windows in their columns, for texts of several windows.

    `chosen` (windows,) int says which of `windows` those of the texts are.
    """
    many = np.bincount(texts.rows, minlength=len(texts.text_ids)) > 1
    places = np.flatnonzero(many[texts.rows])
    if not len(places):
        return
    joined: dict[int, list[TokenScores]] = {}
    records = windows.records(chosen[places].tolist())
    for row, record in zip(texts.rows[places].tolist(), records, strict=True):
        joined.setdefault(row, []).append(record)
    documents = [scored_units(join_windows(parts), unit) for parts in joined.values()]
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
    lengths = np.array([len(window.marks) for window in windows])
    for rows in batches_by_length(lengths, layers):
        values[rows] = measure(pad([windows[row] for row in rows]))
    return values


def batches_by_length(lengths: np.ndarray, layers: int) -> Iterator[np.ndarray]:
    """Yield rows of windows of similar length that together hold no more scores than fit into cache.

    Args:
        lengths: (windows,) int: units of each.
        layers: Of all.
    """
    order = np.argsort(lengths, kind="stable")
    while len(order):
        size = max(1, _CELLS // (layers * int(lengths[order[-1]])))
        rows, order = order[-size:], order[:-size]
        yield rows
