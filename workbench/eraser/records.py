"""From our records to predictions: a text's windows joined, its words scored and selected."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from workbench.core.documents import Document, runs
from workbench.core.merge_windows import join_windows
from workbench.core.token_scores import TokenScores
from workbench.eraser.pairs import parts_of
from workbench.eraser.prediction import DocumentRationale, Prediction
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
    joined = join_windows(records)
    index = unit_index(joined.word_index, "word")
    best = unit_scores(joined.scores, index)
    if selection == "uniform":
        chosen = uniform_selection(best)
    elif joined.kept is not None:
        chosen = unit_scores(joined.kept, index) > 0
    else:
        raise InputError(f"{joined.scorer} on {joined.method} drops nothing: no selection 'kept'")
    columns = np.unique(joined.word_index[joined.word_index >= 0])
    scores, selected = np.full((len(best), words), np.nan), np.zeros((len(best), words), dtype=bool)
    scores[:, columns], selected[:, columns] = best, chosen
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
        selection: `uniform` (the words that reach the uniform level of the whole text, its windows
            joined: the rule of a run's own `token_*` and `iou_*`) or `kept` (what the model passed on;
            InputError where nothing is ever dropped).
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
