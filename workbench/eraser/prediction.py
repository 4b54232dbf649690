"""A prediction file in ERASER's format (DeYoung et al. 2020), read and written.

Every fault is named by file, line and id.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.documents import Span
from workbench.eraser.class_scores import (
    ALTERED,
    SCORE_KEYS,
    Scores,
    Thresholded,
    class_facts,
    is_finite,
    optional,
)
from workbench.errors import InputError
from workbench.storage.atomic import replacing
from workbench.storage.jsonl import json_lines, read_bytes

SOURCES = ("scorer", "method", "layer")
"""Keys of ours: ERASER's scorer does not look at them, and a file without them is read as well."""


@dataclass(frozen=True)
class DocumentRationale:
    """What is predicted for one document of an instance; None where the file does not say."""

    docid: str
    hard: tuple[Span, ...] | None = None
    """Selected tokens, sorted, none in two spans."""
    soft: np.ndarray | None = None
    """(tokens,) float64, finite; higher = more important."""
    sentences: np.ndarray | None = None
    """(sentences,) float64, finite."""


@dataclass(frozen=True)
class Prediction:
    """All that is predicted for one instance by one scorer at one layer."""

    annotation_id: str
    rationales: tuple[DocumentRationale, ...]
    classification: str | None = None
    classification_scores: Scores | None = None
    comprehensiveness: Scores | None = None
    """Class probabilities of the text without the rationale."""
    sufficiency: Scores | None = None
    """Class probabilities of the rationale alone."""
    thresholded: tuple[Thresholded, ...] | None = None
    """By rising threshold."""
    tokens_to_flip: float | None = None
    """Tokens that have to go, the highest-scored first, until the class changes."""
    scorer: str | None = None
    method: str | None = None
    layer: int | None = None
    where: str = ""
    """File and line, for messages."""

    @property
    def source(self) -> tuple[str | None, str | None, int | None]:
        """Who predicts: scorer, method and layer, each None where the file does not say."""
        return self.scorer, self.method, self.layer


def as_json(prediction: Prediction) -> dict[str, Any]:
    """Return the line's object, without what is None."""
    values: dict[str, Any] = {
        "annotation_id": prediction.annotation_id,
        "rationales": [_entry_json(one) for one in prediction.rationales],
        "classification": prediction.classification,
    }
    for field, key in SCORE_KEYS.items():
        scores = getattr(prediction, field)
        values[key] = None if scores is None else {name: float(p) for name, p in scores.items()}
    if prediction.thresholded is not None:
        values["thresholded_scores"] = [
            {"threshold": one.threshold}
            | {SCORE_KEYS[field]: dict(getattr(one, field)) for field in ALTERED}
            for one in prediction.thresholded
        ]
    values["tokens_to_flip"] = prediction.tokens_to_flip
    values |= dict(zip(SOURCES, prediction.source, strict=True))
    return {key: value for key, value in values.items() if value is not None}


def _entry_json(one: DocumentRationale) -> dict[str, Any]:
    values: dict[str, Any] = {"docid": one.docid}
    if one.hard is not None:
        spans = [{"start_token": span.start, "end_token": span.end} for span in one.hard]
        values["hard_rationale_predictions"] = spans
    if one.soft is not None:
        values["soft_rationale_predictions"] = one.soft.tolist()
    if one.sentences is not None:
        values["soft_sentence_predictions"] = one.sentences.tolist()
    return values


def write_predictions(predictions: Iterable[Prediction], path: Path) -> int:
    """Write one line per prediction, all or none; returns how many.

    Raises WorkbenchError where the file cannot be written and ValueError for a number that is not
    finite.
    """
    lines = 0
    with replacing(path) as scratch, scratch.open("w", encoding="utf-8") as out:
        for prediction in predictions:
            out.write(json.dumps(as_json(prediction), ensure_ascii=False, allow_nan=False) + "\n")
            lines += 1
    return lines


def read_predictions(path: Path) -> list[Prediction]:
    """The predictions of a JSONL file, in its order.

    Beside ERASER's keys a line may hold `scorer`, `method` and `layer`; keys that are not known are
    passed over. Raises InputError for broken JSON, missing keys, two predictions of one instance (by
    one scorer at one layer), two entries of one document, spans that are reversed, empty, negative or
    overlap, scores that are no finite numbers, a class without scores or that its scores do not know,
    altered texts with other classes than the text itself.
    """
    predictions = []
    seen: dict[tuple[Any, ...], str] = {}
    for line, record in json_lines(read_bytes(path), str(path)):
        prediction = _prediction(record, f"{path}:{line}")
        first = seen.setdefault((*prediction.source, prediction.annotation_id), f"{path}:{line}")
        if first != f"{path}:{line}":
            raise InputError(f"{prediction.where}: a second prediction, the first is at {first}")
        predictions.append(prediction)
    return predictions


def _prediction(record: dict[str, Any], where: str) -> Prediction:
    name = record.get("annotation_id")
    if not isinstance(name, str) or not name:
        raise InputError(f"{where}: no annotation_id")
    where = f"{where}: {name}"
    entries = record.get("rationales")
    if not isinstance(entries, list):
        raise InputError(f"{where}: rationales is not a list")
    rationales = tuple(_rationale(entry, where) for entry in entries)
    docids = [one.docid for one in rationales]
    for docid in set(docids):
        if docids.count(docid) > 1:
            raise InputError(f"{where}: document {docid!r} twice in rationales")
    layer = optional(record, "layer", int, where)
    if layer is not None and layer < 0:
        raise InputError(f"{where}: layer {layer} is negative")
    return Prediction(
        annotation_id=name,
        rationales=rationales,
        **class_facts(record, where),
        scorer=optional(record, "scorer", str, where),
        method=optional(record, "method", str, where),
        layer=layer,
        where=where,
    )


def _rationale(entry: Any, where: str) -> DocumentRationale:
    docid = entry.get("docid") if isinstance(entry, dict) else None
    if not isinstance(docid, str) or not docid:
        raise InputError(f"{where}: an entry of rationales without docid")
    where = f"{where}: document {docid!r}"
    return DocumentRationale(
        docid=docid,
        hard=_spans(entry.get("hard_rationale_predictions"), where),
        soft=_numbers(entry, "soft_rationale_predictions", where),
        sentences=_numbers(entry, "soft_sentence_predictions", where),
    )


def _spans(values: Any, where: str) -> tuple[Span, ...] | None:
    if values is None:
        return None
    if not isinstance(values, list):
        raise InputError(f"{where}: hard_rationale_predictions is not a list")
    spans = []
    for value in values:
        edges = value if isinstance(value, dict) else {}
        start, end = edges.get("start_token"), edges.get("end_token")
        if type(start) is not int or type(end) is not int:
            raise InputError(f"{where}: a span without whole start_token and end_token: {value!r:.60}")
        if start < 0 or end <= start:
            raise InputError(f"{where}: the span [{start}, {end}] is negative, empty or reversed")
        spans.append((start, end))
    for (start, end), (other, last) in pairwise(sorted(spans)):
        if other < end:
            raise InputError(f"{where}: the spans [{start}, {end}] and [{other}, {last}] overlap")
    return tuple(Span(start, end) for start, end in sorted(spans))


def _numbers(entry: dict[str, Any], key: str, where: str) -> np.ndarray | None:
    values = entry.get(key)
    if values is None:
        return None
    if not isinstance(values, list):
        raise InputError(f"{where}: {key} is not a list")
    for place, value in enumerate(values):
        if not is_finite(value):
            raise InputError(f"{where}: {key}[{place}] is {value!r:.60}, not a finite number")
    return np.array(values, dtype=np.float64)
