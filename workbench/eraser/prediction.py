"""A prediction file in ERASER's format (DeYoung et al. 2020), read and written.

Every fault is named by file, line and id.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.documents import Document, Part, Span
from workbench.errors import InputError
from workbench.storage.atomic import replacing
from workbench.storage.jsonl import json_lines, read_bytes

Scores = Mapping[str, float]
"""Class -> probability."""
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
    scorer: str | None = None
    method: str | None = None
    layer: int | None = None
    where: str = ""
    """File and line, for messages."""

    @property
    def source(self) -> tuple[str | None, str | None, int | None]:
        """Who predicts: scorer, method and layer, each None where the file does not say."""
        return self.scorer, self.method, self.layer


SCORE_KEYS = {
    "classification_scores": "classification_scores",
    "comprehensiveness": "comprehensiveness_classification_scores",
    "sufficiency": "sufficiency_classification_scores",
}
"""Field -> ERASER's key."""


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


def parts_of(document: Document) -> tuple[Part, ...]:
    """The documents to predict for: ERASER's own; else the text under its id, a second as `<id>_second`.

    A query is nobody's document and has no part.
    """
    if document.parts:
        return document.parts
    first, whole = len(document.words), len(document.words) + len(document.second)
    parts = (Part(document.id, 0, first), Part(f"{document.id}_second", first, whole))
    return parts if document.second else parts[:1]


def read_predictions(path: Path) -> list[Prediction]:
    """The predictions of a JSONL file, in its order.

    Beside ERASER's keys a line may hold `scorer`, `method` and `layer`; keys that are not known are
    passed over. Raises InputError for broken JSON, missing keys, two predictions of one instance (by
    one scorer at one layer), two entries of one document, spans that are reversed, empty, negative or
    overlap, scores that are no finite numbers, a class without scores or that its scores do not know.
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
    scores = {field: _class_scores(record, key, where) for field, key in SCORE_KEYS.items()}
    layer = _optional(record, "layer", int, where)
    if layer is not None and layer < 0:
        raise InputError(f"{where}: layer {layer} is negative")
    return Prediction(
        annotation_id=name,
        rationales=rationales,
        classification=_classification(record, scores, where),
        **scores,
        scorer=_optional(record, "scorer", str, where),
        method=_optional(record, "method", str, where),
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
        if not _is_finite(value):
            raise InputError(f"{where}: {key}[{place}] is {value!r:.60}, not a finite number")
    return np.array(values, dtype=np.float64)


def _class_scores(record: dict[str, Any], key: str, where: str) -> Scores | None:
    scores = record.get(key)
    if scores is None:
        return None
    if not isinstance(scores, dict) or not scores:
        raise InputError(f"{where}: {key} is not an object of classes and scores")
    for name, value in scores.items():
        if not _is_finite(value):
            raise InputError(f"{where}: {key} of {name!r} is {value!r:.60}, not a finite number")
    return {name: float(value) for name, value in scores.items()}


def _classification(record: dict[str, Any], scores: dict[str, Scores | None], where: str) -> str | None:
    name = _optional(record, "classification", str, where)
    given = {SCORE_KEYS[field]: values for field, values in scores.items() if values is not None}
    if name is None and given:
        raise InputError(f"{where}: {', '.join(given)} without a classification")
    if name is not None and "classification_scores" not in given:
        raise InputError(f"{where}: a classification without classification_scores")
    for key, values in given.items():
        if name not in values:
            raise InputError(f"{where}: {key} has no score of the class {name!r}")
    return name


def _optional(record: dict[str, Any], key: str, kind: type, where: str) -> Any:
    value = record.get(key)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise InputError(f"{where}: {key} is {type(value).__name__}, not {kind.__name__}")
    return value


def _is_finite(value: Any) -> bool:
    # A whole number beyond the range of floats is as useless as an infinity.
    return type(value) in (int, float) and abs(value) <= 1e308 and math.isfinite(value)
