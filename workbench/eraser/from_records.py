"""From our records to predictions: word scores of whole documents, from however many windows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from workbench.core.documents import Document, runs
from workbench.core.token_scores import TokenScores
from workbench.eraser.prediction import DocumentRationale, Prediction, parts_of
from workbench.errors import InputError
from workbench.metrics.plausibility.selection import uniform_selection
from workbench.metrics.plausibility.units import unit_index, unit_scores

Selection = Literal["uniform", "kept"]


@dataclass(frozen=True)
class Words:
    """What one scorer says of a text's n words (those of the second text included)."""

    scores: np.ndarray
    """(layers, n) float64: the best sub-token of any window; NaN: dropped or not scored."""
    selected: np.ndarray
    """(layers, n) bool."""


def word_scores(records: Sequence[TokenScores], words: int, selection: Selection) -> Words:
    """Return the scores and the selection of a text's words from those of its windows.

    Args:
        records: The windows of one text from one scorer; their scores stay as they are.
        words: How many words the text has.
        selection: `uniform` (the words that reach their window's uniform level, as in the evaluator) or
            `kept` (what the model passed on; InputError where nothing is ever dropped).
    """
    layers = records[0].layers
    scores, selected = np.full((layers, words), np.nan), np.zeros((layers, words), dtype=bool)
    for record in records:
        own = np.unique(record.word_index[record.word_index >= 0])
        index = unit_index(record.word_index, "word")
        best = unit_scores(record.scores, index)
        if selection == "uniform":
            chosen = uniform_selection(best)
        elif record.kept is not None:
            chosen = unit_scores(record.kept, index) > 0
        else:
            raise InputError(f"{record.scorer} on {record.method} drops nothing: no selection 'kept'")
        scores[:, own] = np.fmax(scores[:, own], best)
        selected[:, own] |= chosen
    return Words(scores, selected)


def to_predictions(
    records: Iterable[TokenScores],
    documents: Sequence[Document],
    classes: pd.DataFrame,
    *,
    layer: int | None = None,
    selection: Selection = "uniform",
) -> Iterator[Prediction]:
    """Yield the predictions of one scorer on `documents`.

    Words without a score get 0, the lowest there is.

    Args:
        records: The scorer's records; InputError, naming the text, where a document has none.
        documents: The texts to predict for.
        classes: Columns of predictions.parquet, one row per text; InputError where one lacks.
        layer: Predict at this layer alone, None: at each that is scored; InputError for any other.
        selection: See `word_scores`.
    """
    windows: dict[str, list[TokenScores]] = {}
    for record in records:
        windows.setdefault(record.text_id, []).append(record)
    rows = {str(row["text_id"]): row for row in classes.to_dict("records")}
    layers = _layers(windows, layer)
    for document in documents:
        own, row = windows.get(document.id), rows.get(document.id)
        if own is None or row is None:
            raise InputError(f"text {document.id!r}: no {'scores' if own is None else 'prediction'}")
        words = word_scores(own, len(document.words) + len(document.second), selection)
        for at in layers:
            yield _prediction(document, own[0], row, words, at)


def _layers(windows: Mapping[str, Sequence[TokenScores]], wanted: int | None) -> list[int]:
    """The layers at which any text is scored, or only the wanted one of them."""
    scored = {
        int(at)
        for records in windows.values()
        for record in records
        for at in np.flatnonzero(~np.isnan(record.scores).all(axis=1))
    }
    if not scored:
        raise InputError("there are no scores to export")
    if wanted is not None and wanted not in scored:
        there = ", ".join(map(str, sorted(scored)))
        raise InputError(f"nothing is scored at layer {wanted}; there are: {there}")
    return sorted(scored) if wanted is None else [wanted]


def _prediction(
    document: Document, record: TokenScores, row: dict[object, object], words: Words, layer: int
) -> Prediction:
    entries = []
    for part in parts_of(document):
        own = slice(part.start, part.end)
        entries.append(
            DocumentRationale(
                docid=part.docid,
                hard=runs(words.selected[layer, own].tolist()),
                soft=np.nan_to_num(words.scores[layer, own], nan=0.0),
            )
        )
    probabilities = {
        str(key).removeprefix("prob_"): float(value)  # type: ignore[arg-type]
        for key, value in row.items()
        if str(key).startswith("prob_")
    }
    return Prediction(
        annotation_id=document.id,
        rationales=tuple(entries),
        classification=str(row["predicted"]),
        classification_scores=probabilities,
        scorer=record.scorer,
        method=record.method,
        layer=layer,
    )
