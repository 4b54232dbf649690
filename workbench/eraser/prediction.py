"""What a line of a prediction file in ERASER's format (DeYoung et al. 2020) says."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.documents import Document, Part, Span
from workbench.storage.atomic import replacing

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
        "rationales": [_rationale(one) for one in prediction.rationales],
        "classification": prediction.classification,
    }
    for field, key in SCORE_KEYS.items():
        scores = getattr(prediction, field)
        values[key] = None if scores is None else {name: float(p) for name, p in scores.items()}
    values |= dict(zip(SOURCES, prediction.source, strict=True))
    return {key: value for key, value in values.items() if value is not None}


def _rationale(one: DocumentRationale) -> dict[str, Any]:
    values: dict[str, Any] = {"docid": one.docid}
    if one.hard is not None:
        values["hard_rationale_predictions"] = [
            {"start_token": span.start, "end_token": span.end} for span in one.hard
        ]
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
