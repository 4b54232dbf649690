"""Between our records and predictions: each document of a text is one window of words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from workbench.core.documents import Document, Part, mask, runs
from workbench.core.token_scores import TokenScores
from workbench.eraser.prediction import DocumentRationale, Prediction, parts_of
from workbench.errors import InputError
from workbench.metrics.plausibility.selection import uniform_selection
from workbench.metrics.plausibility.units import unit_index, unit_scores

Selection = Literal["uniform", "kept"]
METHOD = "external"
"""Method of predictions that do not name one."""


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


class Group(NamedTuple):
    """The records of one scorer and method at one layer."""

    layer: int
    records: list[TokenScores]
    has_soft: bool
    """Whether the records have scores; else only what is selected (their `kept`)."""
    missing: tuple[str, ...]
    """Ids of texts without a prediction."""


class Matched(NamedTuple):
    """What a prediction file and some texts have in common."""

    groups: list[Group]
    unknown: tuple[str, ...]
    """Ids of predictions without a text."""


def match(
    predictions: Sequence[Prediction],
    documents: Sequence[Document],
    name: str,
    *,
    partial: bool = False,
    absolute: bool = False,
) -> Matched:
    """Return the records of each scorer, method and layer, in order of first appearance.

    A record's tokens are the words of one document, its `kept` mask the hard predictions.

    Args:
        predictions: What the file holds; a prediction without a layer is one of layer 0.
        documents: The texts.
        name: The scorer of predictions that do not name one.
        partial: Allow texts without a prediction and predictions without a text.
        absolute: Take the sizes of negative scores.

    Raises:
        InputError: Names line and id: a document that the text does not have, scores of another number
            than its tokens or sentences, spans past its end, documents without an entry, soft scores or
            spans in some entries only, negative scores, no text in common.
    """
    by_id = {document.id: document for document in documents}
    groups: dict[tuple[str, str, int], list[Prediction]] = {}
    unknown = []
    for one in predictions:
        if one.annotation_id in by_id:
            key = (one.scorer or name, one.method or METHOD, one.layer or 0)
            groups.setdefault(key, []).append(one)
        else:
            unknown.append(one)
    if unknown and not (partial and groups):
        raise InputError(f"{unknown[0].where}: no text of that id in the split")
    result = []
    for (scorer, method, layer), members in groups.items():
        have = {one.annotation_id for one in members}
        missing = tuple(text_id for text_id in by_id if text_id not in have)
        if missing and not partial:
            raise InputError(
                f"{Path(name)}: {len(missing):,} of {len(by_id):,} texts have no prediction by {scorer}"
                f" at layer {layer} (the first is {missing[0]!r}); --partial evaluates the others"
            )
        has_soft = _same_kind(members)
        records = [
            record
            for one in members
            for record in _records(one, by_id[one.annotation_id], scorer, method, absolute)
        ]
        result.append(Group(layer, records, has_soft, missing))
    return Matched(result, tuple(dict.fromkeys(one.annotation_id for one in unknown)))


def _same_kind(members: Iterable[Prediction]) -> bool:
    """Whether all entries have soft scores; InputError where only some have, or hard ones."""
    entries = [(one, entry) for one in members for entry in one.rationales]
    kinds = [(entry.soft is not None, entry.hard is not None) for _, entry in entries]
    for (one, entry), kind in zip(entries, kinds, strict=True):
        where = f"{one.where}: document {entry.docid!r}"
        if not any(kind):
            raise InputError(f"{where}: neither soft nor hard rationale predictions")
        if kind != kinds[0]:
            raise InputError(f"{where}: soft or hard predictions in some entries of the file only")
    return bool(kinds) and kinds[0][0]


def _records(
    prediction: Prediction, document: Document, scorer: str, method: str, absolute: bool
) -> list[TokenScores]:
    parts = {part.docid: part for part in parts_of(document)}
    entries = {entry.docid: entry for entry in prediction.rationales}
    for docid in entries.keys() - parts.keys():
        raise InputError(f"{prediction.where}: the text has no document {docid!r}")
    for docid in parts.keys() - entries.keys():
        raise InputError(f"{prediction.where}: no entry for document {docid!r}")
    words = (*document.words, *document.second)
    marks = None if document.rationale is None else mask(document.rationale, len(words))
    records = []
    for window, part in enumerate(parts.values()):
        entry = entries[part.docid]
        where = f"{prediction.where}: document {part.docid!r}"
        n = part.end - part.start
        for span in entry.hard or ():
            if span.end > n:
                raise InputError(
                    f"{where}: the span [{span.start}, {span.end}] ends after its {n} tokens"
                )
        records.append(
            TokenScores(
                scorer=scorer,
                method=method,
                text_id=document.id,
                window=window,
                tokens=words[part.start : part.end],
                word_index=np.arange(part.start, part.end),
                scores=_scores(entry, part, absolute, where)[None],
                kept=None if entry.hard is None else mask(entry.hard, n)[None],
                rationale=None if marks is None else marks[part.start : part.end],
                target="as computed elsewhere",
            )
        )
    return records


def _scores(entry: DocumentRationale, part: Part, absolute: bool, where: str) -> np.ndarray:
    tokens = part.end - part.start
    given = (("token", entry.soft, tokens), ("sentence", entry.sentences, part.sentences))
    for name, values, n in given:
        if values is not None and n is not None and len(values) != n:
            raise InputError(f"{where}: {len(values)} {name} scores for {n} {name}s")
    if entry.soft is None:
        return np.full(tokens, np.nan)
    if absolute:
        return np.abs(entry.soft)
    if (entry.soft < 0).any():
        raise InputError(f"{where}: a negative score; --absolute takes the sizes of signed scores")
    return entry.soft
