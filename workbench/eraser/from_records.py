"""From our records to predictions: word scores of whole documents, from however many windows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def _word_scores(
    records: Sequence[TokenScores], words: int, selection: Selection
) -> tuple[np.ndarray, np.ndarray]:
    """The scores, those of the best sub-token of any window, and the selection of a text's words.

    Both (layers, words); scores are NaN where dropped or not scored.
    """
    layers = records[0].layers
    scores, selected = np.full((layers, words), np.nan), np.zeros((layers, words), dtype=bool)
    for record in records:
        columns = np.unique(record.word_index[record.word_index >= 0])
        index = unit_index(record.word_index, "word")
        best = unit_scores(record.scores, index)
        if selection == "uniform":
            chosen = uniform_selection(best)
        elif record.kept is not None:
            chosen = unit_scores(record.kept, index) > 0
        else:
            raise InputError(f"{record.scorer} on {record.method} drops nothing: no selection 'kept'")
        scores[:, columns] = np.fmax(scores[:, columns], best)
        selected[:, columns] |= chosen
    return scores, selected


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
        selection: `uniform` (the words that reach their window's uniform level, as in the evaluator) or
            `kept` (what the model passed on; InputError where nothing is ever dropped).
    """
    windows: dict[str, list[TokenScores]] = {}
    for record in records:
        windows.setdefault(record.text_id, []).append(record)
    rows = {str(row["text_id"]): row for row in classes.to_dict("records")}
    layers = _layers(windows, layer)
    for document in documents:
        scored, row = windows.get(document.id), rows.get(document.id)
        if scored is None or row is None:
            raise InputError(f"text {document.id!r}: no {'scores' if scored is None else 'prediction'}")
        scores, selected = _word_scores(scored, len(document.words + document.second), selection)
        for at in layers:
            entries = tuple(
                DocumentRationale(
                    docid=part.docid,
                    hard=runs(selected[at, part.start : part.end]),
                    soft=np.nan_to_num(scores[at, part.start : part.end], nan=0.0),
                )
                for part in parts_of(document)
            )
            yield Prediction(
                annotation_id=document.id,
                rationales=entries,
                classification=str(row["predicted"]),
                classification_scores={
                    str(key).removeprefix("prob_"): float(value)
                    for key, value in row.items()
                    if str(key).startswith("prob_")
                },
                scorer=scored[0].scorer,
                method=scored[0].method,
                layer=at,
            )


def _layers(windows: Mapping[str, Sequence[TokenScores]], layer: int | None) -> list[int]:
    """The layers at which any text is scored, or, for a layer, that one."""
    scored = {
        int(at)
        for records in windows.values()
        for record in records
        for at in np.flatnonzero(~np.isnan(record.scores).all(axis=1))
    }
    if not scored:
        raise InputError("there are no scores to export")
    if layer is not None and layer not in scored:
        layers = ", ".join(map(str, sorted(scored)))
        raise InputError(f"nothing is scored at layer {layer}; there are: {layers}")
    return sorted(scored) if layer is None else [layer]
