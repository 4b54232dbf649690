"""ERASER's span metrics, on spans as annotated and predicted, where `iou_*` takes runs of units."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.core.documents import Document, Span, mask, run_bounds, runs
from workbench.core.merge_windows import join_windows
from workbench.core.token_scores import TokenScores
from workbench.metrics.plausibility.measures import MEASURED, SELECTIONS
from workbench.metrics.plausibility.selection import (
    listed_span_counts,
    token_scores,
    uniform_selection,
)
from workbench.metrics.plausibility.table import span_rows, summarise
from workbench.metrics.plausibility.text_values import TextValues
from workbench.metrics.plausibility.units import scored_units
from workbench.metrics.stats.shares import share

PREFIX = "eraser_"
"""`eraser_iou_f1` is `iou_f1` with spans as annotated, and so are the others."""
_WHERE = ("word", "all")
"""Unit and universe of ERASER's scorer."""
_COUNTS = ("span_hits", "spans_chosen", "spans_marked")
Listed = Mapping[str, Sequence[Span]]
"""Text id -> the spans that a file predicts, as they are."""


def annotated_iou(
    values: Iterable[TextValues],
    records: Iterable[TokenScores],
    documents: Iterable[Document],
    split: str,
    bootstrap: int = 1000,
    seed: int = 0,
    *,
    listed: Listed | None = None,
) -> pd.DataFrame:
    """Return the rows of `registry.ANNOTATED`, columns of `schemas.PLAUSIBILITY`.

    Whole texts by words. A selected span is a longest run of selected words, unless a file lists its
    spans. The two ways to count part only where annotated spans touch, overlap or are empty, so where
    nothing is listed only those texts are counted again. Source: ERASER section 4.1.

    Args:
        values, records: Of any number of scorers.
        documents: Have the spans as annotated.
        split: Name for the column.
        bootstrap, seed: As of `mean_interval`.
        listed: The selection `kept` as spans; all `records` are of one scorer and layer then.
    """
    spans = {
        document.id: document.rationale
        for document in documents
        if document.rationale is not None and (listed is not None or not _are_runs(document.rationale))
    }
    windows: dict[tuple[str, str, str], list[TokenScores]] = {}
    for record in records:
        if record.text_id in spans:
            windows.setdefault((record.scorer, record.method, record.text_id), []).append(record)
    chosen = [_counted_again(part, windows, spans, listed or {}) for part in _whole_texts(values)]
    rows = span_rows(chosen, split, bootstrap, seed)
    return rows.assign(metric=PREFIX + rows["metric"])


def exact_spans(
    values: Iterable[TextValues],
    documents: Iterable[Document],
    listed: Listed,
    split: str,
    bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the rows of `registry.LISTED`: how many predicted spans are annotated ones, to the word.

    Counted as tokens are, with spans in their place. Source: ERASER's scorer, `rationale_prf`.

    Args:
        values: Of one scorer and layer.
        documents: Have the spans as annotated.
        listed: The selection `kept` as spans.
        split, bootstrap, seed: As of `annotated_iou`.
    """
    true = {document.id: set(document.rationale or ()) for document in documents}
    counted = []
    for part in _whole_texts(values):
        pairs = [(set(listed.get(text, ())), true[text]) for text in part.text_ids]
        counts = np.array([(len(p & t), len(p), len(t)) for p, t in pairs]).reshape(-1, 3)
        hits, chosen, marked = counts.T
        scores = zip(("precision", "recall", "f1"), token_scores(hits, chosen, marked), strict=True)
        columns = {"hits": hits, "chosen": chosen, "marked": marked}
        columns |= {f"token_{name}": column for name, column in scores}
        changed = np.full_like(part.values, np.nan)
        for name, column in columns.items():
            changed[:, 0, MEASURED.index(("kept", name))] = column
        counted.append(replace(part, values=changed))
    rows = summarise(counted, split, bootstrap, seed)
    rows = rows[rows["metric"].str.startswith("token_")]
    return rows.assign(metric=rows["metric"].str.replace("token", f"{PREFIX}exact", n=1))


def _whole_texts(values: Iterable[TextValues]) -> list[TextValues]:
    return [part for part in values if (part.unit, part.window_set) == _WHERE]


def _are_runs(spans: tuple[Span, ...]) -> bool:
    """Whether the spans are what `iou_*` takes for spans: the runs of what they mark."""
    return not spans or runs(mask(spans, max(span.end for span in spans))) == spans


def _counted_again(
    part: TextValues,
    windows: Mapping[tuple[str, str, str], Sequence[TokenScores]],
    spans: Mapping[str, tuple[Span, ...]],
    listed: Listed,
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
            if selected is None:
                continue
            if selection == "kept" and text_id in listed:
                picked = [[(span.start, span.end) for span in listed[text_id]]]
            else:
                picked = [_runs_of_words(layer, units.follows, words) for layer in selected]
            counts = [listed_span_counts(one, true) for one in picked]
            _put(values[row], selection, np.array(counts))
    return replace(part, values=values)


def _runs_of_words(
    selected: np.ndarray, follows: np.ndarray, words: np.ndarray
) -> list[tuple[int, int]]:
    """The runs of selected units as spans of the text's words, which `words` numbers."""
    starts, ends = run_bounds(selected, follows)
    return list(zip(words[starts].tolist(), (words[ends - 1] + 1).tolist(), strict=True))


def _put(values: np.ndarray, selection: str, counts: np.ndarray) -> None:
    """Write (layers, 3) counts, and the precision and recall they give, where the layer has values."""
    hits, chosen, marked = counts.T.astype(np.float64)
    columns = dict(zip(_COUNTS, (hits, chosen, marked), strict=True)) | {
        "iou_precision": share(hits, chosen),
        "iou_recall": share(hits, marked),
    }
    defined = ~np.isnan(values[:, MEASURED.index((selection, "chosen"))])
    for name, column in columns.items():
        values[defined, MEASURED.index((selection, name))] = column[defined]
