"""What a prediction file says of classes: probabilities of the text and of altered texts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.errors import InputError

Scores = Mapping[str, float]
"""Class -> probability."""
SCORE_KEYS = {
    "classification_scores": "classification_scores",
    "comprehensiveness": "comprehensiveness_classification_scores",
    "sufficiency": "sufficiency_classification_scores",
}
"""Field -> ERASER's key."""
ALTERED = ("comprehensiveness", "sufficiency")
"""Those of them that are of altered texts."""


@dataclass(frozen=True)
class Thresholded:
    """Class probabilities of the text without its highest-scored tokens, and of these alone."""

    threshold: float
    """How many of the tokens, as a share of the document."""
    comprehensiveness: Scores
    sufficiency: Scores


def class_facts(record: dict[str, Any], where: str) -> dict[str, Any]:
    """Return those fields of a `Prediction` that are about classes; InputError at `where`."""
    scores = {field: _class_scores(record, key, where) for field, key in SCORE_KEYS.items()}
    return {
        "classification": _classification(record, scores, where),
        **scores,
        "thresholded": _thresholded(record, scores["classification_scores"], where),
        "tokens_to_flip": _tokens_to_flip(record, where),
    }


def _class_scores(record: dict[str, Any], key: str, where: str) -> Scores | None:
    scores = record.get(key)
    if scores is None:
        return None
    if not isinstance(scores, dict) or not scores:
        raise InputError(f"{where}: {key} is not an object of classes and scores")
    for name, value in scores.items():
        if not is_finite(value):
            raise InputError(f"{where}: {key} of {name!r} is {value!r:.60}, not a finite number")
    return {name: float(value) for name, value in scores.items()}


def _classification(record: dict[str, Any], scores: dict[str, Scores | None], where: str) -> str | None:
    name = optional(record, "classification", str, where)
    given = {SCORE_KEYS[field]: values for field, values in scores.items() if values is not None}
    if name is None and given:
        raise InputError(f"{where}: {', '.join(given)} without a classification")
    if name is not None and "classification_scores" not in given:
        raise InputError(f"{where}: a classification without classification_scores")
    for key, values in given.items():
        if name not in values:
            raise InputError(f"{where}: {key} has no score of the class {name!r}")
        _same_classes(values, given["classification_scores"], f"{where}: {key}")
    return name


def _same_classes(altered: Scores, scores: Scores | None, where: str) -> None:
    if scores is None or altered.keys() != scores.keys():
        raise InputError(f"{where} has other classes than classification_scores")


def _thresholded(
    record: dict[str, Any], scores: Scores | None, where: str
) -> tuple[Thresholded, ...] | None:
    key = "thresholded_scores"
    given = record.get(key)
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise InputError(f"{where}: {key} is not a list of objects")
    found = {}
    for place, one in enumerate(given):
        here, threshold = f"{where}: {key}[{place}]", one.get("threshold")
        if not is_finite(threshold) or not 0 <= threshold <= 1 or threshold in found:
            raise InputError(
                f"{here}: the threshold {threshold!r:.60} is no share from 0 to 1, or twice"
            )
        altered = {field: _class_scores(one, SCORE_KEYS[field], here) or {} for field in ALTERED}
        for field, values in altered.items():
            _same_classes(values, scores, f"{here}: {SCORE_KEYS[field]}")
        found[threshold] = Thresholded(float(threshold), **altered)
    return tuple(found[threshold] for threshold in sorted(found))


def _tokens_to_flip(record: dict[str, Any], where: str) -> float | None:
    tokens = record.get("tokens_to_flip")
    if tokens is not None and (not is_finite(tokens) or tokens < 0):
        raise InputError(f"{where}: tokens_to_flip is {tokens!r:.60}, not a number of tokens")
    return tokens


def optional(record: dict[str, Any], key: str, kind: type, where: str) -> Any:
    """Return the value of a key that may be absent.

    Args:
        record, key: The line's object, and the key.
        kind: What the value must be, else InputError.
        where: File, line and id, for the error.
    """
    value = record.get(key)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise InputError(f"{where}: {key} is {type(value).__name__}, not {kind.__name__}")
    return value


def is_finite(value: Any) -> bool:
    """Return whether a value from JSON is a number that can be counted with."""
    # A whole number beyond the range of floats is as useless as an infinity.
    return type(value) in (int, float) and abs(value) <= 1e308 and math.isfinite(value)
