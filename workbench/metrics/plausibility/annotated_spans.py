"""ERASER's IoU against spans as they were annotated, where `iou_*` takes runs of marked units."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.core.documents import Document, Span, mask, run_bounds, runs
from workbench.core.merge_windows import join_windows
from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.measures import MEASURED, SELECTIONS
from workbench.metrics.plausibility.selection import listed_span_counts, uniform_selection
from workbench.metrics.plausibility.table import corpus_rows
from workbench.metrics.plausibility.text_values import TextValues
from workbench.metrics.plausibility.units import scored_units

PREFIX = "eraser_"
"""`eraser_iou_f1` is `iou_f1` with spans as annotated, and so are the micro averages."""
_WHERE = ("word", "all")
"""Unit and universe of ERASER's scorer."""
_COUNTS = ("span_hits", "spans_chosen", "spans_marked")


def annotated_iou(
    values: Iterable[TextValues],
    records: Iterable[TokenScores],
    documents: Iterable[Document],
    split: str,
    bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the rows of `registry.ANNOTATED`, columns of `schemas.PLAUSIBILITY`.

    Whole texts by words. A selected span is a longest run of selected words. The two ways to count part
    only where annotated spans touch or overlap, so only those texts are counted again. Source: ERASER
    section 4.1.

    Args:
        values, records: Of any number of scorers.
        documents: Have the spans as annotated.
        split: Name for the column.
        bootstrap, seed: As of `mean_interval`.
    """
    # Spans that are the runs of what they mark are counted already.
    spans = {
        d.id: d.rationale
        for d in documents
        if d.rationale and runs(mask(d.rationale, max(s.end for s in d.rationale))) != d.rationale
    }
    windows: dict[tuple[str, str, str], list[TokenScores]] = {}
    for record in records:
        if record.text_id in spans:
            windows.setdefault((record.scorer, record.method, record.text_id), []).append(record)
    chosen = [
        _counted_again(part, windows, spans) for part in values if (part.unit, part.window_set) == _WHERE
    ]
    rows = corpus_rows(chosen, split, bootstrap, seed)
    rows = rows[rows["metric"].str.startswith("iou_")]
    return rows.assign(metric=PREFIX + rows["metric"])


def _counted_again(
    part: TextValues,
    windows: Mapping[tuple[str, str, str], Sequence[TokenScores]],
    spans: Mapping[str, tuple[Span, ...]],
) -> TextValues:
    values = part.values.copy()
    for row, text_id in enumerate(part.text_ids):
        text = windows.get((part.scorer, part.method, text_id))
        if text is None:
            continue
        joined = join_windows(text)
        words = np.unique(joined.word_index[joined.word_index >= 0])
        units = scored_units(joined, "word")
        true = [(span.start, span.end) for span in spans[text_id]]
        for selection in SELECTIONS:
            selected = uniform_selection(units.scores) if selection == "uniform" else units.kept
            if selected is not None:
                counts = []
                for layer in selected:
                    starts, ends = run_bounds(layer, units.follows)
                    picked = zip(words[starts].tolist(), (words[ends - 1] + 1).tolist(), strict=True)
                    counts.append(listed_span_counts(picked, true))
                _put(values[row], selection, np.array(counts))
    return replace(part, values=values)


def _put(values: np.ndarray, selection: str, counts: np.ndarray) -> None:
    """Write (layers, 3) counts, and the precision and recall they give, where the layer has values."""
    hits, chosen, marked = counts.T.astype(np.float64)
    columns = dict(zip(_COUNTS, (hits, chosen, marked), strict=True)) | {
        "iou_precision": np.divide(hits, chosen, out=np.full_like(hits, np.nan), where=chosen > 0),
        "iou_recall": hits / marked,
    }
    defined = ~np.isnan(values[:, MEASURED.index((selection, "chosen"))])
    for name, column in columns.items():
        values[defined, MEASURED.index((selection, name))] = column[defined]
