"""An explained text as JSON and as a page of its own: what `workbench explain` saves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.token_scores import TokenScores
from workbench.reporting.text.render import render
from workbench.storage.atomic import write_json, write_text


def save_explained(
    predicted: str | tuple[str, ...],
    said: str,
    probabilities: Mapping[str, float],
    records: Sequence[TokenScores],
    *,
    html: Path | None = None,
    json: Path | None = None,
) -> None:
    """Write an explained text as a page, as JSON, or both; WorkbenchError when the disk refuses.

    Args:
        predicted: The predicted class, or labels.
        said: The same in words, with its probability.
        probabilities: The probability of every class or label.
        records: Scores of the whole text, one record per scorer.
        html: File of the page; None for none.
        json: File of the JSON; a missing score is null.
    """
    if html is not None:
        write_text(html, render("explained.html.j2", title=said, records=records, shades=_shades))
    if json is not None:
        scores = [_json(record) for record in records]
        write_json(json, {"predicted": predicted, "probabilities": probabilities, "scorers": scores})


def _json(record: TokenScores) -> dict[str, Any]:
    return {
        "scorer": record.scorer,
        "method": record.method,
        "explains": record.target,
        "tokens": list(record.tokens),
        "word_index": record.word_index.tolist(),
        "scores": [_numbers(row) for row in record.scores],
        "kept": None if record.kept is None else record.kept.tolist(),
        "convergence_error": None if record.error is None else _numbers(record.error),
        "seconds": record.seconds,
        "warnings": list(record.warnings),
    }


def _numbers(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _shades(record: TokenScores) -> np.ndarray:
    """(layers, n): sizes of the scores as shares of the largest in their layer."""
    sizes = np.nan_to_num(np.abs(record.scores), nan=0.0)
    top = sizes.max(axis=1, keepdims=True)
    return np.divide(sizes, top, out=np.zeros_like(sizes), where=top > 0)
